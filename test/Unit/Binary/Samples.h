//===- Samples.h - Images for the tests of the image format ----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One image that uses every field of include/flex/Binary/Image.h, so that a
// field the writer forgets is a failing round trip.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Binary/Image.h"

namespace flex::test {

inline DimExpr parseExpr(const char *text) {
  return *DimExpr::parse(text);
}

inline ImageKernel sampleKernel() {
  ImageKernel k;
  k.name = "dense";
  k.doc = "Dense layer, with \"quotes\" and ünïcode.";
  k.dims = {"B", "K", "N"};
  k.constraints = {{ImageConstraint::Kind::LessEqual, DimExpr::symbol("B"), 4096, "B <= 4096"},
                   {ImageConstraint::Kind::Divisible, DimExpr::symbol("K"), 8, "K % 8 == 0"},
                   {ImageConstraint::Kind::Equal, DimExpr::symbol("N"), parseExpr("2*K"), "N == 2*K"}};
  k.params = {{"x", "bf16", {DimExpr::symbol("B"), DimExpr::symbol("K")}}, {"s", "f32", {}, "1e-05"}};
  k.results = {{"", "f64", {parseExpr("B + 1"), 3}},
               {"x", "bf16", {DimExpr::symbol("B"), DimExpr::symbol("K")}, "", 0}};
  k.strict = true;
  k.constants.assign(128, 7);
  ImageProgram p;
  p.target = "cpu:native";
  p.format = "elf-x86_64";
  p.requires_ = {"avx2", "avx512f"};
  p.payload = {0x7f, 'E', 'L', 'F', 0, 255};
  p.buffers = {{ImageBuffer::Kind::Param, 0, parseExpr("2*B*K"), 0},
               {ImageBuffer::Kind::Result, 0, parseExpr("24*B + 24"), 0},
               {ImageBuffer::Kind::Temp, 0, parseExpr("4*B"), parseExpr("64*ceildiv(B, 16)")},
               {ImageBuffer::Kind::Constant, 64, 64, 0}};
  p.launches = {{"dense_0",
                 {0, 2, 3},
                 {"B", "K"},
                 parseExpr("ceildiv(B, 64)"),
                 4096,
                 1,
                 0,
                 parseExpr("2*B*K*N"),
                 parseExpr("B*K")},
                {"dense_1", {2, 1}, {}, 1, 0, 128, 1024, 0, 0}};
  p.launches[1].maps = {{0, 2, 16, {parseExpr("K"), parseExpr("B + 1")}, {parseExpr("2*K")}, {64, 128}, 128},
                        {0, 1, 0, {7}, {}, {16}, 0}};
  p.arenaBytes = parseExpr("64*ceildiv(B, 16) + 4*B");
  p.inPlace = {1};
  k.programs = {p, p};
  k.programs[1].format = "spirv";
  k.programs[1].payload.clear();
  return k;
}

inline Image sampleImage() {
  Image image;
  image.producer = "flexc 0.1.0 (build test)";
  image.provenance = {{"source", "dense.flex"}, {"options", ""}};
  image.kernels = {sampleKernel()};
  ImageKernel generic;
  generic.name = "add";
  generic.dims = {"N"};
  generic.typeParams = {{"T", {"f16", "f32"}}};
  generic.params = {{"x", "T", {DimExpr::symbol("N")}}};
  generic.results = {{"y", "T", {DimExpr::symbol("N")}}};
  image.kernels.push_back(generic);
  image.tensorIR = {'M', 'L', 0xef, 'R'};
  return image;
}

} // namespace flex::test
