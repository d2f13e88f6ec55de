//===- CompilerLibrary.cpp - libflexc, for the commands that need it ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opened once and never closed: LLVM does not survive being loaded twice.
//
//===----------------------------------------------------------------------===//
#include "CompilerLibrary.h"
#include "flex-c/flex.h"
#include "flex/Support/ModulePath.h"

#include <cstdlib>
#include <dlfcn.h>

namespace flex::tool {

std::string compilerPath() {
  if (const char *path = std::getenv("FLEX_COMPILER_LIB"); path && *path)
    return path;
  Dl_info info;
  std::string runtime = dladdr(reinterpret_cast<void *>(&flex_version), &info) && info.dli_fname ? info.dli_fname : "";
  size_t slash = runtime.rfind('/');
  return (slash == std::string::npos ? "" : runtime.substr(0, slash + 1)) + "libflexc.so";
}

namespace {

StatusOr<const FlexCompilerApi *> load() {
  static const FlexCompilerApi *api = nullptr;
  if (api)
    return api;
  std::string path = compilerPath();
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    return Status(StatusCode::Unavailable, std::string("the compiler cannot be loaded: ") + (why ? why : path) +
                                               "; FLEX_COMPILER_LIB names another");
  }
  auto entry = reinterpret_cast<FlexCompilerEntry>(dlsym(library, FLEX_COMPILER_ENTRY));
  const FlexCompilerApi *found = entry ? entry(FLEX_COMPILER_ABI_VERSION) : nullptr;
  if (!found)
    return Status(StatusCode::Unavailable, "'" + path + "' is a compiler of another version of Flex");
  api = found;
  return api;
}

FlexCompilerString view(const std::string &text) {
  return {text.data(), text.size()};
}
std::string copy(FlexCompilerString text) {
  return text.size ? std::string(text.data, text.size) : "";
}

std::vector<FlexCompilerTensor> viewTensors(const std::vector<ToolTensor> &tensors) {
  std::vector<FlexCompilerTensor> out;
  for (const ToolTensor &tensor : tensors)
    out.push_back({view(tensor.dtype), tensor.shape.data(), static_cast<int64_t>(tensor.shape.size()), tensor.data});
  return out;
}

std::vector<FlexCompilerString> viewAll(const std::vector<std::string> &texts) {
  std::vector<FlexCompilerString> out;
  for (const std::string &text : texts)
    out.push_back(view(text));
  return out;
}

} // namespace

StatusOr<CompilerAnswer> askCompiler(const CompilerRequest &from) {
  auto api = load();
  if (!api)
    return api.status();
  std::vector<std::string> importPaths = modulePath(from.importPaths);
  auto targets = viewAll(from.targets), imports = viewAll(importPaths);
  std::vector<FlexCompilerDim> dims;
  for (const auto &[name, value] : from.dims)
    dims.push_back({view(name), value});
  std::vector<FlexCompilerPair> types, options;
  for (const auto &[name, type] : from.types)
    types.push_back({view(name), view(type)});
  for (const auto &[key, value] : from.options)
    options.push_back({view(key), view(value)});
  auto args = viewTensors(from.args), results = viewTensors(from.results), bounds = viewTensors(from.bounds);

  FlexCompilerRequest request = {};
  request.structSize = sizeof request;
  request.kind = from.kind;
  request.source = view(from.source);
  request.fileName = view(from.fileName);
  request.kernel = view(from.kernel);
  request.targets = targets.data(), request.targetCount = targets.size();
  request.dims = dims.data(), request.dimCount = dims.size();
  request.types = types.data(), request.typeCount = types.size();
  request.options = options.data(), request.optionCount = options.size();
  request.importPaths = imports.data(), request.importPathCount = imports.size();
  request.args = args.data(), request.argCount = args.size();
  request.results = results.data(), request.resultCount = results.size();
  request.bounds = bounds.data(), request.boundCount = bounds.size();

  FlexCompilerResult result = {};
  result.structSize = sizeof result;
  int32_t code = (*api)->compile(&request, &result);
  CompilerAnswer answer;
  answer.code = code >= 0 && code <= static_cast<int32_t>(StatusCode::Internal) ? static_cast<StatusCode>(code)
                                                                                : StatusCode::Internal;
  if (result.image)
    answer.bytes.assign(reinterpret_cast<const char *>(result.image), result.imageSize);
  answer.diagnostics = copy(result.diagnostics);
  answer.diagnosticsJson = copy(result.diagnosticsJson);
  answer.timing = copy(result.timing);
  (*api)->freeResult(&result);
  return answer;
}

} // namespace flex::tool
