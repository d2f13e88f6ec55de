//===- Stages.h - The stages of the chain, by name -------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One list of the compiler's stages with a description each: help texts, dump
// files, timings and `--emit` are made from it. Here and not in Pipeline,
// because `flexc` prints it without the compiler being loaded.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace flex {

/// In the order of the chain. Each names the artefact it ends with.
enum class Stage { Ast, Tensor, Groups, Loops, Module, Asm, Binary };

struct StageInfo {
  Stage stage;
  std::string_view name;      ///< as in `--emit=NAME`
  std::string_view extension; ///< of its artefact, by which it is recognised as an input
  bool perTarget;             ///< needs one target to be chosen
  std::string_view description;
};

inline constexpr std::array<StageInfo, 7> kStages = {{
    {Stage::Ast, "ast", ".ast.txt", false, "the syntax tree of kernel text, one node a line"},
    {Stage::Tensor, "tensor", ".tensor.mlir", false, "tensor IR: statements in index form, names and types resolved"},
    {Stage::Groups, "groups", ".groups.mlir", true, "tensor IR after fusion, with a schedule for each group"},
    {Stage::Loops, "loops", ".loops.mlir", true, "scheduled loops: one tile.kernel for each launch, and the plan"},
    {Stage::Module, "module", ".module.mlir", true, "the target's own module, ready for its code generator"},
    {Stage::Asm, "asm", ".s", true, "the assembly of the target, for people"},
    {Stage::Binary, "binary", ".fxk", false, "the kernel image: everything a runtime needs"},
}};

constexpr const StageInfo &stageInfo(Stage stage) {
  return kStages[static_cast<size_t>(stage)];
}

constexpr std::optional<Stage> stageByName(std::string_view name) {
  for (const StageInfo &info : kStages)
    if (info.name == name)
      return info.stage;
  return std::nullopt;
}

} // namespace flex
