//===- Compiler.cpp - libflexc, opened when it is needed -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The library is never closed: LLVM does not survive being loaded twice.
//
//===----------------------------------------------------------------------===//
#include "Compiler.h"

#include <cstdlib>
#include <dlfcn.h>
#include <sys/stat.h>

namespace flex::rt {
namespace {

std::string defaultPath() {
  if (const char *path = std::getenv("FLEX_COMPILER_LIB"); path && *path)
    return path;
  Dl_info info;
  std::string own = dladdr(reinterpret_cast<void *>(&defaultPath), &info) && info.dli_fname ? info.dli_fname : "";
  size_t slash = own.rfind('/');
  return (slash == std::string::npos ? "" : own.substr(0, slash + 1)) + "libflexc.so";
}

FlexCompilerString view(const std::string &text) {
  return {text.data(), text.size()};
}

std::string copy(const FlexCompilerString &text) {
  return text.size ? std::string(text.data, text.size) : "";
}

std::vector<FlexCompilerTensor> viewAll(const std::vector<CompileTensor> &tensors) {
  std::vector<FlexCompilerTensor> out;
  for (const CompileTensor &tensor : tensors)
    out.push_back({view(tensor.dtype), tensor.shape.data(), std::ssize(tensor.shape), tensor.data});
  return out;
}

/// The C request over the memory of a CompileRequest.
struct RequestView {
  explicit RequestView(const CompileRequest &from)
      : target(view(from.target)), args(viewAll(from.args)), results(viewAll(from.results)),
        bounds(viewAll(from.bounds)) {
    for (const auto &[name, value] : from.bindings.dims)
      dims.push_back({view(name), value});
    for (const auto &[name, dtype] : from.bindings.types)
      types.push_back({view(name), view(dtype)});
    for (const auto &[key, value] : from.options)
      options.push_back({view(key), view(value)});
    for (const std::string &path : from.importPaths)
      imports.push_back(view(path));
    request.structSize = sizeof request;
    request.kind = from.kind;
    request.source = view(from.source);
    request.fileName = view(from.fileName);
    request.kernel = view(from.kernel);
    request.targets = &target;
    request.targetCount = from.target.empty() ? 0 : 1;
    request.dims = dims.data();
    request.dimCount = dims.size();
    request.types = types.data();
    request.typeCount = types.size();
    request.options = options.data();
    request.optionCount = options.size();
    request.importPaths = imports.data();
    request.importPathCount = imports.size();
    request.args = args.data();
    request.argCount = args.size();
    request.results = results.data();
    request.resultCount = results.size();
    request.bounds = bounds.data();
    request.boundCount = bounds.size();
  }
  FlexCompilerString target;
  std::vector<FlexCompilerDim> dims;
  std::vector<FlexCompilerPair> types, options;
  std::vector<FlexCompilerString> imports;
  std::vector<FlexCompilerTensor> args, results, bounds;
  FlexCompilerRequest request{};
};

} // namespace

Compiler::Compiler(const std::string &path) : libraryPath(path.empty() ? defaultPath() : path) {}

std::string Compiler::identity() const {
  struct stat st;
  if (::stat(libraryPath.c_str(), &st) != 0)
    return "none";
  return libraryPath + " " + std::to_string(st.st_size) + " " + std::to_string(st.st_mtim.tv_sec) + "." +
         std::to_string(st.st_mtim.tv_nsec);
}

bool Compiler::isLoaded() {
  std::lock_guard lock(mutex);
  return api != nullptr;
}

StatusOr<const FlexCompilerApi *> Compiler::load() {
  std::lock_guard lock(mutex);
  if (api)
    return api;
  void *library = dlopen(libraryPath.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    return Status(StatusCode::Unavailable, std::string("the compiler is not usable: ") + (why ? why : libraryPath) +
                                               "; FLEX_COMPILER_LIB names another");
  }
  auto entry = reinterpret_cast<FlexCompilerEntry>(dlsym(library, FLEX_COMPILER_ENTRY));
  const FlexCompilerApi *found = entry ? entry(FLEX_COMPILER_ABI_VERSION) : nullptr;
  if (!found || found->abiVersion != FLEX_COMPILER_ABI_VERSION || found->structSize < sizeof(FlexCompilerApi))
    return Status(StatusCode::Unavailable, "'" + libraryPath + "' does not offer version " +
                                               std::to_string(FLEX_COMPILER_ABI_VERSION) +
                                               " of the compiler interface; it is of another build");
  api = found;
  return api;
}

StatusOr<CompileOutput> Compiler::run(const CompileRequest &request) {
  auto loaded = load();
  if (!loaded)
    return loaded.status();
  RequestView viewed(request);
  FlexCompilerResult result{};
  result.structSize = sizeof result;
  int32_t code = (*loaded)->compile(&viewed.request, &result);
  CompileOutput output;
  output.diagnostics = copy(result.diagnostics);
  if (code == 0 && result.image)
    output.image.assign(result.image, result.image + result.imageSize);
  for (size_t i = 0; i < result.dependencyCount; ++i)
    output.dependencies.emplace_back(copy(result.dependencies[i].path), copy(result.dependencies[i].hash));
  bool hasImage = result.image != nullptr || request.kind == FLEX_COMPILER_INTERPRET;
  (*loaded)->freeResult(&result);
  if (code == 0 && hasImage)
    return output;
  bool known = code > 0 && code <= static_cast<int32_t>(StatusCode::Internal);
  return Status(known ? static_cast<StatusCode>(code) : StatusCode::Internal,
                output.diagnostics.empty() ? "the compiler failed without a message" : output.diagnostics);
}

} // namespace flex::rt
