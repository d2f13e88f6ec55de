//===- Images.h - Kernel images for the runtime's tests --------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernels of Kernels.c with their signatures and plans.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"

#include <cassert>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace flex::test {

inline DimExpr e(const char *text) {
  return *DimExpr::parse(text);
}

inline std::vector<uint8_t> readBytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::vector<uint8_t> kernelPayload() {
  std::vector<uint8_t> bytes = readBytes(FLEX_TEST_KERNELS);
  assert(!bytes.empty() && "the test kernels are built beside the tests");
  return bytes;
}

#if defined(__x86_64__)
inline const char *kHostFormat = "elf-x86_64";
#else
inline const char *kHostFormat = "elf-aarch64";
#endif

inline ImageProgram hostProgram(const std::vector<uint8_t> &payload) {
  ImageProgram p;
  p.target = "cpu:native";
  p.format = kHostFormat;
  p.payload = payload;
  return p;
}

/// twice(x: f32[N]) -> f32[N]
inline ImageKernel twiceKernel(const std::vector<uint8_t> &payload) {
  ImageKernel k;
  k.name = "twice";
  k.doc = "Twice the input.";
  k.dims = {"N"};
  k.params = {{"x", "f32", {e("N")}}};
  k.results = {{"y", "f32", {e("N")}}};
  ImageProgram p = hostProgram(payload);
  p.buffers = {{ImageBuffer::Kind::Param, 0, e("4*N"), 0}, {ImageBuffer::Kind::Result, 0, e("4*N"), 0}};
  p.launches = {{"twice", {0, 1}, {"N"}, e("N"), 0, 1, 0, e("N"), e("8*N")}};
  k.programs = {p};
  return k;
}

/// row_sum2(x: f32[M, N]) -> f32[M]: adds the constants 0, 1, 2 … to each row of at most 16, doubles it (a
/// temporary each), and sums it through workspaces: every kind of buffer, three launches.
inline ImageKernel pipelineKernel(const std::vector<uint8_t> &payload) {
  ImageKernel k;
  k.name = "pipeline";
  k.dims = {"M", "N"};
  k.constraints = {{ImageConstraint::Kind::LessEqual, e("N"), 16, "N <= 16"}};
  k.params = {{"x", "f32", {e("M"), e("N")}}};
  k.results = {{"y", "f32", {e("M")}}};
  k.constants.resize(64 + 64);
  for (int i = 0; i < 16; ++i) {
    float value = static_cast<float>(i);
    std::memcpy(&k.constants[64 + 4 * static_cast<size_t>(i)], &value, 4);
  }
  ImageProgram p = hostProgram(payload);
  p.buffers = {{ImageBuffer::Kind::Param, 0, e("4*M*N"), 0},
               {ImageBuffer::Kind::Result, 0, e("4*M"), 0},
               {ImageBuffer::Kind::Constant, 64, 64, 0},
               {ImageBuffer::Kind::Temp, 0, e("4*M*N"), 0},
               {ImageBuffer::Kind::Temp, 0, e("4*M*N"), e("64*ceildiv(M*N, 16)")}};
  p.launches = {{"add_row", {0, 2, 3}, {"M", "N"}, e("M"), 0, 1, 0, e("M*N"), e("8*M*N")},
                {"twice", {3, 4}, {}, e("M*N"), 0, 1, 0, e("M*N"), e("8*M*N")},
                {"row_sum", {4, 1}, {"M", "N"}, e("M"), e("4*N"), 1, 0, e("M*N"), e("4*M*N")}};
  p.arenaBytes = e("128*ceildiv(M*N, 16)");
  k.programs = {p};
  return k;
}

inline std::vector<uint8_t> imageOf(std::vector<ImageKernel> kernels) {
  Image image;
  image.producer = "test";
  image.kernels = std::move(kernels);
  return writeImage(image);
}

} // namespace flex::test
