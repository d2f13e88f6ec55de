//===- CompilerLibrary.h - libflexc, for the commands that need i*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// check, build, help targets and run --device reference open the compiler; every
// other command, and run with a warm cache, never does.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/CompilerInterface.h"
#include "flex/Support/Status.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace flex::tool {

struct ToolTensor {
  std::string dtype;
  std::vector<int64_t> shape;
  void *data;
};

struct CompilerRequest {
  FlexCompilerRequestKind kind = FLEX_COMPILER_DESCRIBE;
  std::string source, fileName, kernel;
  std::vector<std::string> targets, importPaths;
  std::map<std::string, int64_t> dims;
  std::map<std::string, std::string> types;
  std::vector<std::pair<std::string, std::string>> options;
  std::vector<ToolTensor> args, results; ///< FLEX_COMPILER_INTERPRET
  std::vector<ToolTensor> bounds;        ///< the same: none, or one of f64 per result
};

struct CompilerAnswer {
  StatusCode code = StatusCode::Ok;
  std::string bytes; ///< image or artefact
  std::string diagnostics, diagnosticsJson, timing;
};

/// Where libflexc is: FLEX_COMPILER_LIB, else beside libflexrt.
std::string compilerPath();

/// Unavailable if there is no usable compiler; otherwise its answer, whose code may be an error.
StatusOr<CompilerAnswer> askCompiler(const CompilerRequest &request);

} // namespace flex::tool
