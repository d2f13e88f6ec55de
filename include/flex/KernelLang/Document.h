//===- Document.h - The reference of a module ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `flexc doc` writes: a module's functions and kernels with their doc comments, as Markdown
// or as one HTML page. Reads the program, changes nothing; free of LLVM.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Frontend.h"

#include <string>
#include <string_view>
#include <vector>

namespace flex::lang {

/// A function or kernel. Overloads of one name stand together in one entry.
struct EntryDoc {
  std::string name;
  bool isKernel = false;
  std::vector<std::string> signatures; ///< as written, on one line each
  std::vector<std::string> docs;       ///< Markdown, one for each signature; may be empty
  std::vector<std::string> required;   ///< conditions on the dimensions that analysis found beside the written ones
};

struct SectionDoc {
  std::string title; ///< of a comment that stands alone, as `// Activations`; empty before the first
  std::vector<EntryDoc> entries;
};

struct ModuleDoc {
  std::string name;
  std::string intro; ///< the comments at the file's top, or the doc comment before its first import
  std::vector<SectionDoc> sections;
};

/// The main file of a program.
ModuleDoc documentModule(const Program &program, std::string name);

std::string toMarkdown(const ModuleDoc &module);
/// A whole page with its style; needs no other file.
std::string toHtml(const ModuleDoc &module);

/// The fenced `flex` examples of a doc comment. In the library's modules they stand without their import.
std::vector<std::string> examplesOf(std::string_view doc);

/// The text of a module of the standard library; empty if there is none.
std::string_view standardModuleText(std::string_view name);

} // namespace flex::lang
