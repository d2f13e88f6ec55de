//===- Compiler.h - libflexc, opened when it is needed ---------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The runtime's side of flex/Runtime/CompilerInterface.h. A program whose
// kernels are all cached never opens the library: its identity for cache keys
// is that of the file. Thread-safe.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/CompilerInterface.h"
#include "flex/Runtime/Context.h"

#include <mutex>

namespace flex::rt {

/// Dense, row-major, in host memory.
struct CompileTensor {
  std::string dtype;
  std::vector<int64_t> shape;
  void *data;
};

struct CompileRequest {
  FlexCompilerRequestKind kind = FLEX_COMPILER_DESCRIBE;
  std::string source, fileName, kernel;
  std::string target; ///< empty when describing
  Bindings bindings;
  KeyValues options;
  std::vector<std::string> importPaths;
  std::vector<CompileTensor> args = {}, results = {}; ///< FLEX_COMPILER_INTERPRET
  std::vector<CompileTensor> bounds = {};             ///< the same: none, or one of f64 per result
};

struct CompileOutput {
  std::vector<uint8_t> image; ///< or the artefact of FLEX_COMPILER_EMIT
  std::string diagnostics;
  KeyValues dependencies; ///< path -> content hash
};

class Compiler {
public:
  /// `path` empty: FLEX_COMPILER_LIB, else libflexc.so beside this library.
  explicit Compiler(const std::string &path);

  const std::string &path() const { return libraryPath; }
  /// Path, size and time of the library: changes when the compiler does. Does not open it.
  std::string identity() const;
  bool isLoaded();

  /// CompileError with the diagnostics as message if the source has errors;
  /// Unavailable if there is no compiler.
  StatusOr<CompileOutput> run(const CompileRequest &request);

private:
  StatusOr<const FlexCompilerApi *> load();
  std::string libraryPath;
  std::mutex mutex; // guards api
  const FlexCompilerApi *api = nullptr;
};

} // namespace flex::rt
