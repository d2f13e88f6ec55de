//===- MathCoefficients.h - Polynomials of the expansions ------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Printed by scripts/math/coefficients.py: change it there. Constant term
// first; the names end in the type whose arithmetic they are rounded for. The
// error is the weighted maximum that the script reports, of the whole result
// relative to itself.
//
//===----------------------------------------------------------------------===//
#pragma once

// clang-format off
namespace flex::tile::mathcoef {

/// (2^r - 1) / r on |r| <= 1/2; error 2^-27.9.
inline constexpr double exp2Q32[] = {0x1.62e43p-1, 0x1.ebfbdap-3, 0x1.c6af7ap-5, 0x1.3b2f4ap-7, 0x1.5f099p-10,
    0x1.407d6ep-13};

/// (e^r - 1 - r) / r^2 on |r| <= ln2 / 2; error 2^-26.0.
inline constexpr double expm1Q32[] = {0x1p-1, 0x1.5554b2p-3, 0x1.5554ep-5, 0x1.12268ap-7, 0x1.6d56e6p-10};

/// (log(1 + f) - f + f^2/2) / f^3 on 1/sqrt2 <= 1 + f <= sqrt2; error 2^-30.2.
inline constexpr double logP32[] = {0x1.555548p-2, -0x1.ffffeep-3, 0x1.99a46ap-3, -0x1.55626cp-3, 0x1.23414p-3,
    -0x1.fb5ff4p-4, 0x1.e5acb2p-4, -0x1.e2177ep-4, 0x1.1ba22p-4};

/// (sin(r)/r - 1) / z by z = r^2 on |r| <= pi/4; error 2^-27.7.
inline constexpr double sinS32[] = {-0x1.555546p-3, 0x1.110758p-7, -0x1.99424p-13};

/// (cos(r) - 1 + z/2) / z^2 by z = r^2 on |r| <= pi/4; error 2^-32.8.
inline constexpr double cosC32[] = {0x1.55554ap-5, -0x1.6c0c16p-10, 0x1.99def2p-16};

/// erf(x)/x - 1 by z = x^2 on |x| <= 0.93; error 2^-25.8.
inline constexpr double erfP32[] = {0x1.06eba6p-3, -0x1.8126e8p-2, 0x1.ce1a88p-4, -0x1.b689b6p-6, 0x1.4723dep-8,
    -0x1.398912p-11};

/// log(erfc(t)) on 0.925 <= t <= 4; error 2^-34.3.
inline constexpr double erfG32[] = {0x1.712382p-13, -0x1.21285p+0, -0x1.444456p-1, -0x1.bb92f8p-4, 0x1.9bb576p-6,
    -0x1.1195dcp-8, 0x1.c85368p-12, -0x1.62f604p-16};

/// (atan(x)/x - 1) / z by z = x^2 on |x| <= 0.5463; error 2^-30.2.
inline constexpr double atanP32[] = {-0x1.55554cp-2, 0x1.999464p-3, -0x1.2418a4p-3, 0x1.bcdae2p-4, -0x1.3ab99p-4,
    0x1.1b5fdap-5};

/// (asin(x)/x - 1) / z by z = x^2 on |x| <= 1/2; error 2^-27.5.
inline constexpr double asinP32[] = {0x1.5555bep-3, 0x1.330468p-4, 0x1.744abep-5, 0x1.8dda5ep-6, 0x1.5829dcp-5};

/// (2^r - 1) / r on |r| <= 1/2; error 2^-57.0.
inline constexpr double exp2Q64[] = {0x1.62e42fefa39efp-1, 0x1.ebfbdff82c5a2p-3, 0x1.c6b08d704a13p-5,
    0x1.3b2ab6fba05e6p-7, 0x1.5d87fe789e6cdp-10, 0x1.4309130e07d7fp-13, 0x1.ffcbfc6478b0cp-17, 0x1.62bfc9672f395p-20,
    0x1.b5252bb6de168p-24, 0x1.e61893686588bp-28, 0x1.e960298a03093p-32};

/// (e^r - 1 - r) / r^2 on |r| <= ln2 / 2; error 2^-55.4.
inline constexpr double expm1Q64[] = {0x1.0000000000004p-1, 0x1.555555555555cp-3, 0x1.555555555262fp-5,
    0x1.111111110e7bcp-7, 0x1.6c16c17e2e4b7p-10, 0x1.a01a01b5a05a9p-13, 0x1.a019a9139ef6fp-16, 0x1.71ddea5896e75p-19,
    0x1.28a083dc52986p-22, 0x1.af765f373bff1p-26};

/// (log((1+s)/(1-s)) / (2s) - 1) / s^2 by z = s^2; error 2^-65.6.
inline constexpr double logR64[] = {0x1.5555555555555p-2, 0x1.9999999999cfcp-3, 0x1.249249243b9cap-3,
    0x1.c71c7248ca1cap-4, 0x1.745ce29774346p-4, 0x1.3b20026586088p-4, 0x1.0f6a2466a8a64p-4, 0x1.0ef4dfd3e477dp-4};

/// (sin(r)/r - 1) / z by z = r^2 on |r| <= pi/4; error 2^-57.6.
inline constexpr double sinS64[] = {-0x1.555555555554ap-3, 0x1.111111110f8dfp-7, -0x1.a01a019c03457p-13,
    0x1.71de355b2f6b6p-19, -0x1.ae5e468208fd8p-26, 0x1.5d87ae2f39e93p-33};

/// (cos(r) - 1 + z/2) / z^2 by z = r^2 on |r| <= pi/4; error 2^-62.9.
inline constexpr double cosC64[] = {0x1.5555555555552p-5, -0x1.6c16c16c15ccap-10, 0x1.a01a019d9d1edp-16,
    -0x1.27e4f898f948fp-22, 0x1.1eea3e191ebbdp-29, -0x1.8fd2a511cae61p-37};

/// erf(x)/x - 1 by z = x^2 on |x| <= 0.93; error 2^-56.2.
inline constexpr double erfP64[] = {0x1.06eba8214db69p-3, -0x1.812746b0379f8p-2, 0x1.ce2f21a0430d3p-4,
    -0x1.b82ce3128c541p-6, 0x1.565bcd0ccb4b4p-8, -0x1.c02db35e5f6b2p-11, 0x1.f9a30acd7116cp-14,
    -0x1.f4cf7acb5aa4bp-17, 0x1.b9b700bb88345p-20, -0x1.5d751f00bab27p-23, 0x1.e1d77b81c0d03p-27,
    -0x1.ce8c96e0a507ep-31};

/// log(erfc(t)) on 0.925 <= t <= 6; error 2^-56.0.
inline constexpr double erfG64[] = {-0x1.3c5bb53eac49fp-22, -0x1.20dd4104488a3p+0, -0x1.45f5029410a52p-1,
    -0x1.a4c53b4c975adp-4, 0x1.37dd3cc205058p-6, 0x1.6e74ece343b1ap-12, -0x1.e58dd95c603fap-10,
    0x1.791950c47bc76p-11, -0x1.ae2e63e538a63p-14, -0x1.31d05968bd29ap-15, 0x1.e99210eb858c2p-16,
    -0x1.647aa83c206f3p-17, 0x1.5d33b897a70fap-19, -0x1.eb278001e2e52p-22, 0x1.ee3391c35ce52p-25,
    -0x1.53e33d6c4754dp-28, 0x1.1f38efc39cce2p-32, -0x1.c2995985efab1p-38};

/// (atan(x)/x - 1) / z by z = x^2 on |x| <= 0.5463; error 2^-62.6.
inline constexpr double atanP64[] = {-0x1.5555555555555p-2, 0x1.99999999997ap-3, -0x1.2492492480096p-3,
    0x1.c71c71bdde075p-4, -0x1.745d15f6c775ep-4, 0x1.3b1393697ed24p-4, -0x1.110f4878dbeb5p-4, 0x1.e1bba955c9b6p-5,
    -0x1.ae02ee1092ed5p-5, 0x1.7fb595d0f3317p-5, -0x1.4a4d5367252f7p-5, 0x1.f7acba92cb1e1p-6, -0x1.204923c5a630bp-6,
    0x1.5f60740a3463p-8};

/// (asin(x)/x - 1) / z by z = x^2 on |x| <= 1/2; error 2^-59.6.
inline constexpr double asinP64[] = {0x1.5555555555563p-3, 0x1.3333333330346p-4, 0x1.6db6db70ba90cp-5,
    0x1.f1c71b059ecbap-6, 0x1.6e8bd3cc498bbp-6, 0x1.1c4aa4e7191f9p-6, 0x1.ca10082e2b834p-7, 0x1.75fb2de8c7c15p-7,
    0x1.5ed520a30a363p-7, 0x1.04091eb5c66d8p-8, 0x1.59d0f13094b73p-6, -0x1.4ad837e42cb61p-6, 0x1.075cf0fa82a8cp-5};

/// log2(1 + f) / f on 1/sqrt2 <= 1 + f <= sqrt2, for f32 pow in f64 arithmetic; error 2^-38.5.
inline constexpr double powLog2Q32[] = {0x1.71547652b58e5p+0, -0x1.71547651b6ac2p-1, 0x1.ec709de34736p-2,
    -0x1.71547888ddafcp-2, 0x1.2776b6c8ffd28p-2, -0x1.ec6f2dab3a832p-3, 0x1.a61b7eb81d228p-3, -0x1.7188dca2c7862p-3,
    0x1.481fa5e874ff7p-3, -0x1.23d5d70b25bfap-3, 0x1.0acdb61f241f3p-3, -0x1.13bac89243d9bp-3, 0x1.0f653cf1552p-3,
    -0x1.1da62f6fc2e78p-4};

/// (2^r - 1) / r on |r| <= 1/2, for f32 pow in f64 arithmetic; error 2^-34.1.
inline constexpr double powExp2Q32[] = {0x1.62e42ff0b4ccfp-1, 0x1.ebfbe06fcb8f7p-3, 0x1.c6b08ae857d32p-5,
    0x1.3b29f9286439cp-7, 0x1.5d8a757fc0ae1p-10, 0x1.4458debb6b319p-13, 0x1.fde9a243ff238p-17};

/// (atanh(s)/s - 1 - z/3) / z^2 by z = s^2; error 2^-56.3.
inline constexpr double powQ64[] = {0x1.999999999999ap-3, 0x1.24924924922fep-3, 0x1.c71c71c74c77ep-4,
    0x1.745d173ce405ep-4, 0x1.3b13a9cba4fdcp-4, 0x1.11155120be53ap-4, 0x1.e0196dd78b173p-5, 0x1.daa5919106c38p-5};

/// log2(e), two parts.
inline constexpr double log2e32[] = {0x1.715476p+0, 0x1.4ae0cp-26};

/// log10(e), two parts.
inline constexpr double log10e32[] = {0x1.bcb7b2p-2, -0x1.5b235ep-27};

/// ln(2), the first part so short that n * ln2[0] is exact.
inline constexpr double ln232[] = {0x1.62e4p-1, 0x1.7f7d1cp-20};

/// log10(2), likewise.
inline constexpr double log10of232[] = {0x1.344p-2, 0x1.3509f8p-18};

/// pi/4, the first part so short that up to 4 times it is exact.
inline constexpr double quarterPi32[] = {0x1.921fb8p-1, -0x1.5dde98p-24};

/// log2(e), two parts.
inline constexpr double log2e64[] = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};

/// log10(e), two parts.
inline constexpr double log10e64[] = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};

/// ln(2), the first part so short that n * ln2[0] is exact.
inline constexpr double ln264[] = {0x1.62e42fefa38p-1, 0x1.ef35793c7673p-45};

/// log10(2), likewise.
inline constexpr double log10of264[] = {0x1.34413509f8p-2, -0x1.80433b83b532ap-44};

/// pi/4, the first part so short that up to 4 times it is exact.
inline constexpr double quarterPi64[] = {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55};

/// 1/3, two parts.
inline constexpr double third64[] = {0x1.5555555555555p-2, 0x1.5555555555555p-56};

/// 2/pi.
inline constexpr double twoOverPi64[] = {0x1.45f306dc9c883p-1};

/// pi/2, three parts.
inline constexpr double piOver2[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110};

/// For f32 arguments: 2/pi with the multiples of 4 taken out that an |x| of this size (below 2^44, 2^65,
/// 2^86, 2^107, 2^128) cannot tell from zero, in two parts of which the first times x is exact below the point.
inline constexpr double twoOverPi[5][2] = {
    {0x1.45f306dc9c88p-1, 0x1.529fc2757d1f5p-52},
    {0x1.b727220a94fep-23, 0x1.3abe8fa9a6eep-75},
    {0x1.1054a7f09d5f4p-42, 0x1.f534ddc0db629p-96},
    {0x1.fc2757d1f534cp-64, 0x1.dc0db6295993cp-116},
    {0x1.7d1f534ddc0dap-84, 0x1.6295993c43904p-136},
};

} // namespace flex::tile::mathcoef
