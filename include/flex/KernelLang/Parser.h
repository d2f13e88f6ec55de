//===- Parser.h - Tokens to AST ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Second step of the chain. Recursive descent with recovery: a broken statement
// costs that statement, a broken item that item. Never recurses deeper than
// ast::kMaxNesting brackets.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/AST.h"
#include "flex/KernelLang/Diagnostics.h"

namespace flex::lang {

/// Lexes and parses one file. Always gives a module; it is incomplete where
/// errors were reported.
ast::Module parse(const SourceFile &file, DiagnosticEngine &diagnostics);

} // namespace flex::lang
