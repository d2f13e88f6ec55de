#!/usr/bin/env python3
"""Derives every polynomial of lib/ScheduledLoops/Math/MathCoefficients.h and prints that header.

Each is the weighted minimax approximation (Remez exchange, 60 digits) of a smooth function; its coefficients are
rounded to the type one at a time, lowest degree first, the others absorbing what the rounding took away.
Needs mpmath.  Run:  python3 scripts/math/coefficients.py > lib/ScheduledLoops/Math/MathCoefficients.h
"""
import struct
import sys

from mpmath import asin, atan, cos, erf, erfc, expm1, fabs, log, log1p, lu_solve, matrix, mp, mpf, nint, pi, sqrt

mp.dps = 60
LN2 = log(mpf(2))


def to_f64(x):
    return mpf(float(x))  # mpmath rounds to nearest even


def to_f32(x):
    # A double in between would round twice; cut to 24 bits in mpmath instead.
    if x == 0:
        return mpf(0)
    with mp.workprec(24):
        return +mpf(x)


def cheb_points(a, b, n):
    return [(a + b) / 2 - (b - a) / 2 * cos(pi * i / (n - 1)) for i in range(n)]


def remez(f, w, a, b, powers):
    """Coefficients c of min max |w(x) (f(x) - sum c_j x^powers_j)| on [a, b], and that maximum."""
    n = len(powers)
    grid = cheb_points(a, b, 40 * (n + 2))
    fx, wx = [f(x) for x in grid], [w(x) for x in grid]
    px = [[x ** p for p in powers] for x in grid]
    ref = [round(i * (len(grid) - 1) / n) for i in range(n + 1)]
    for _ in range(30):
        m, rhs = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for r, g in enumerate(ref):
            for j in range(n):
                m[r, j] = px[g][j]
            m[r, n] = (-1) ** r / wx[g]
            rhs[r] = fx[g]
        c = list(lu_solve(m, rhs))
        level, c = fabs(c[n]), c[:n]
        err = [wx[i] * (fx[i] - sum(cj * pj for cj, pj in zip(c, px[i]))) for i in range(len(grid))]
        # One extremum per run of equal sign; then keep n + 1 neighbours with the largest errors.
        runs, start = [], 0
        for i in range(1, len(grid) + 1):
            if i == len(grid) or (err[i] > 0) != (err[start] > 0):
                runs.append(max(range(start, i), key=lambda k: fabs(err[k])))
                start = i
        while len(runs) > n + 1:
            runs.pop(0 if fabs(err[runs[0]]) < fabs(err[runs[-1]]) else -1)
        worst = max(fabs(e) for e in err)
        if len(runs) < n + 1 or worst <= level * mpf("1.0001"):
            break
        ref = runs
    return c, worst


def absorb(delta, power, weight, a, b, powers):
    """The d_j for which sum d_j x^powers_j is closest to delta x^power, by weighted least squares."""
    grid = cheb_points(a, b, 8 * (len(powers) + 2))
    wx = [weight(x) for x in grid]
    rows = matrix([[w * x ** p for p in powers] for x, w in zip(grid, wx)])
    rhs = matrix([w * delta * x ** power for x, w in zip(grid, wx)])
    return list(lu_solve(rows.T * rows, rows.T * rhs))


def fit(name, f, a, b, degree, to_type, weight=lambda x: mpf(1)):
    """The rounded coefficients, constant first, and log2 of the error they leave."""
    a, b = mpf(a), mpf(b)
    c, _ = remez(f, weight, a, b, list(range(degree + 1)))
    for j in range(degree + 1):
        exact, c[j] = c[j], to_type(c[j])
        if j < degree:
            rest = list(range(j + 1, degree + 1))
            for k, d in zip(rest, absorb(exact - c[j], j, weight, a, b, rest)):
                c[k] += d
    final = max(fabs(weight(x) * (f(x) - sum(v * x ** j for j, v in enumerate(c)))) for x in cheb_points(a, b, 501))
    bits = float(log(final) / LN2)
    print(f"{name}: weighted error 2^{bits:.1f}", file=sys.stderr)
    return c, bits


def near_zero(f, terms):
    """f, but its Taylor polynomial within 1e-12 of 0, where the closed form cancels."""
    def g(x):
        if fabs(x) < mpf("1e-12"):
            return sum(c * x ** i for i, c in enumerate(terms))
        with mp.workdps(100):
            return f(mpf(x))
    return g


def hexfloat(x):
    text = float(x).hex()
    mantissa, exponent = text.split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{exponent}"


def emit(name, what, values, bits):
    print(f"/// {what}; error 2^{bits:.1f}.")
    body = ", ".join(hexfloat(v) for v in values)
    line = f"inline constexpr double {name}[] = {{{body}}};"
    print(wrap(line))
    print()


def wrap(line):
    out, rest = [], line
    while len(rest) > 118:
        cut = rest.rfind(", ", 0, 118) + 1
        out.append(rest[:cut])
        rest = "    " + rest[cut:].strip()
    out.append(rest)
    return "\n".join(out)


def split(value, to_type, parts):
    out = []
    for _ in range(parts):
        out.append(to_type(value))
        value -= out[-1]
    return out


def constants(name, what, values):
    print(f"/// {what}.")
    print(wrap(f"inline constexpr double {name}[] = {{{', '.join(hexfloat(v) for v in values)}}};"))
    print()


def polynomials():
    half = mpf("0.5")
    exp2q = near_zero(lambda r: expm1(r * log(mpf(2))) / r, [LN2 ** (i + 1) / mp.factorial(i + 1) for i in range(6)])
    expm1q = near_zero(lambda r: (expm1(r) - r) / r ** 2, [1 / mp.factorial(i + 2) for i in range(6)])
    logp = near_zero(lambda f: (log1p(f) - f + f * f / 2) / f ** 3, [mpf((-1) ** i) / (i + 3) for i in range(6)])
    log2q = near_zero(lambda f: log1p(f) / f / log(mpf(2)), [mpf((-1) ** i) / (i + 1) / LN2 for i in range(6)])
    lo, hi = sqrt(half) - 1, sqrt(mpf(2)) - 1
    zmax = (hi / (2 + hi)) ** 2 * mpf("1.0001")
    quarter = (pi / 4 + mpf("0.01")) ** 2  # the reduction of f32 may overshoot by 2^-8 of a quadrant

    def atanhz(z):  # (atanh(s)/s - 1)/z, s = sqrt(z)
        return sum(z ** i / (2 * i + 3) for i in range(60))

    def atanhz2(z):  # (atanhz - 1/3)/z
        return sum(z ** i / (2 * i + 5) for i in range(60))

    def sinz(z):  # (sin(r)/r - 1)/z
        return sum((-1) ** (i + 1) * z ** i / mp.factorial(2 * i + 3) for i in range(30))

    def cosz(z):  # (cos(r) - 1 + z/2)/z^2
        return sum((-1) ** i * z ** i / mp.factorial(2 * i + 4) for i in range(30))

    def erfz(z):  # erf(x)/x - 1
        if z == 0:
            return 2 / sqrt(pi) - 1
        return erf(sqrt(z)) / sqrt(z) - 1

    def erfclog(t):
        return log(erfc(t))

    def atanz(z):  # (atan(x)/x - 1)/z
        if z < mpf("1e-4"):
            return sum((-1) ** (i + 1) * z ** i / mpf(2 * i + 3) for i in range(20))
        return (atan(sqrt(z)) / sqrt(z) - 1) / z

    def asinz(z):  # (asin(x)/x - 1)/z
        if z < mpf("1e-4"):
            return sum(mp.binomial(2 * i + 2, i + 1) / mpf(4) ** (i + 1) * z ** i / (2 * i + 3) for i in range(20))
        return (asin(sqrt(z)) / sqrt(z) - 1) / z

    r = LN2 / 2 * mpf("1.001")
    rexp = mpf("0.5005")
    tail = lambda t: erfc(t) / erf(t)
    for f32 in (True, False):
        t, tag = (to_f32, "32") if f32 else (to_f64, "64")
        put = lambda name, what, f, a, b, d, w=lambda x: mpf(1): emit(
            name + tag, what, *fit(name + tag, f, a, b, d, t, w))
        put("exp2Q", "(2^r - 1) / r on |r| <= 1/2", exp2q, -rexp, rexp, 5 if f32 else 10,
            lambda x: (fabs(x) + mpf("0.05")) / 2 ** x)
        put("expm1Q", "(e^r - 1 - r) / r^2 on |r| <= ln2 / 2", expm1q, -r, r, 4 if f32 else 9,
            lambda x: fabs(x) + mpf("0.02"))
        if f32:
            put("logP", "(log(1 + f) - f + f^2/2) / f^3 on 1/sqrt2 <= 1 + f <= sqrt2", logp, lo * mpf("1.0001"),
                hi * mpf("1.0001"), 8, lambda x: x ** 2 + mpf("0.002"))
        else:
            put("logR", "(log((1+s)/(1-s)) / (2s) - 1) / s^2 by z = s^2", atanhz, 0, zmax, 7,
                lambda z: z + mpf("0.001"))
        put("sinS", "(sin(r)/r - 1) / z by z = r^2 on |r| <= pi/4", sinz, 0, quarter, 2 if f32 else 5,
            lambda z: z + mpf("0.01"))
        put("cosC", "(cos(r) - 1 + z/2) / z^2 by z = r^2 on |r| <= pi/4", cosz, 0, quarter, 2 if f32 else 5,
            lambda z: z * z + mpf("0.005"))
        put("erfP", "erf(x)/x - 1 by z = x^2 on |x| <= 0.93", erfz, 0, mpf("0.93") ** 2, 5 if f32 else 11)
        put("erfG", "log(erfc(t)) on 0.925 <= t <= " + ("4" if f32 else "6"), erfclog, mpf("0.925"),
            4 if f32 else 6, 7 if f32 else 17, tail)
        put("atanP", "(atan(x)/x - 1) / z by z = x^2 on |x| <= 0.5463", atanz, 0, mpf("0.5465") ** 2,
            5 if f32 else 13, lambda z: z + mpf("0.003"))
        put("asinP", "(asin(x)/x - 1) / z by z = x^2 on |x| <= 1/2", asinz, 0, mpf("0.2501"), 4 if f32 else 12,
            lambda z: z + mpf("0.003"))
    emit("powLog2Q32", "log2(1 + f) / f on 1/sqrt2 <= 1 + f <= sqrt2, for f32 pow in f64 arithmetic",
         *fit("powLog2Q32", log2q, lo * mpf("1.0001"), hi * mpf("1.0001"), 13, to_f64, lambda x: 1 / log2q(x)))
    emit("powExp2Q32", "(2^r - 1) / r on |r| <= 1/2, for f32 pow in f64 arithmetic",
         *fit("powExp2Q32", exp2q, -rexp, rexp, 6, to_f64, lambda x: (fabs(x) + mpf("0.05")) / 2 ** x))
    emit("powQ64", "(atanh(s)/s - 1 - z/3) / z^2 by z = s^2",
         *fit("powQ64", atanhz2, 0, zmax, 7, to_f64))


def splits():
    for f32 in (True, False):
        t, tag, keep = (to_f32, "32", 16) if f32 else (to_f64, "64", 42)
        constants("log2e" + tag, "log2(e), two parts", split(1 / LN2, t, 2))
        constants("log10e" + tag, "log10(e), two parts", split(1 / log(mpf(10)), t, 2))
        high = nint(LN2 * 2 ** keep) / mpf(2) ** keep
        constants("ln2" + tag, "ln(2), the first part so short that n * ln2[0] is exact", [high, t(LN2 - high)])
        log10 = LN2 / log(mpf(10))
        high = nint(log10 * 2 ** keep) / mpf(2) ** keep
        constants("log10of2" + tag, "log10(2), likewise", [high, t(log10 - high)])
        high = nint(pi / 4 * 2 ** (22 if f32 else 51)) / mpf(2) ** (22 if f32 else 51)
        constants("quarterPi" + tag, "pi/4, the first part so short that up to 4 times it is exact", [high, t(pi / 4 - high)])
    constants("third64", "1/3, two parts", split(mpf(1) / 3, to_f64, 2))
    constants("twoOverPi64", "2/pi", [to_f64(2 / pi)])
    constants("piOver2", "pi/2, three parts", split(pi / 2, to_f64, 3))
    print("/// For f32 arguments: 2/pi with the multiples of 4 taken out that an |x| of this size (below 2^44, 2^65,")
    print("/// 2^86, 2^107, 2^128) cannot tell from zero, in two parts of which the first times x is exact below the point.")
    rows = []
    for shift in (0, 21, 42, 63, 84):
        c = 2 / pi * mpf(2) ** shift
        c = c - 4 * nint(c / 4)
        first = mpf(int(c * 2 ** 51)) / 2 ** 51  # towards zero: the rest keeps the sign, so sin(-0) is -0
        rows.append([first / 2 ** shift, to_f64((c - first)) / 2 ** shift])
    print("inline constexpr double twoOverPi[5][2] = {")
    for row in rows:
        print("    {" + ", ".join(hexfloat(v) for v in row) + "},")
    print("};\n")


HEADER = """//===- MathCoefficients.h - Polynomials of the expansions ------*- C++ -*-===//
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
"""

if __name__ == "__main__":
    print(HEADER)
    polynomials()
    splits()
    print("} // namespace flex::tile::mathcoef")
