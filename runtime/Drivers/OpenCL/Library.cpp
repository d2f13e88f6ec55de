//===- Library.cpp - libOpenCL, opened at run time -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Look-up by the symbol table, and error codes as Status.
//
//===----------------------------------------------------------------------===//
#include "Library.h"

#include <dlfcn.h>

namespace flex::rt::opencl {

StatusOr<std::shared_ptr<const Library>> Library::open() {
  constexpr const char *kName = "libOpenCL.so.1";
  void *handle = dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    return Status(StatusCode::Unavailable,
                  std::string(kName) + " cannot be opened: " + (reason ? reason : "no reason"));
  }
  auto library = std::make_shared<Library>();
  std::string missing;
  auto find = [&](const char *name) {
    void *symbol = dlsym(handle, name);
    if (!symbol && missing.empty())
      missing = name;
    return symbol;
  };
#define FLEX_CL(function) library->function = reinterpret_cast<decltype(library->function)>(find(#function));
#include "Symbols.def"
  if (!missing.empty()) {
    dlclose(handle);
    return Status(StatusCode::Unavailable, std::string(kName) + " has no " + missing + " (OpenCL 2.1 is needed)");
  }
  return std::shared_ptr<const Library>(std::move(library));
}

namespace {

template <typename Query> std::string queryText(Query query) {
  size_t size = 0;
  if (query(0, nullptr, &size) != CL_SUCCESS || size == 0)
    return {};
  std::string text(size, '\0');
  if (query(size, text.data(), nullptr) != CL_SUCCESS)
    return {};
  text.resize(text.find('\0') == std::string::npos ? size : text.find('\0'));
  return text;
}

} // namespace

std::string Library::deviceText(cl_device_id device, cl_device_info what) const {
  return queryText(
      [&](size_t size, void *to, size_t *needed) { return clGetDeviceInfo(device, what, size, to, needed); });
}

std::string Library::platformText(cl_platform_id platform, cl_platform_info what) const {
  return queryText(
      [&](size_t size, void *to, size_t *needed) { return clGetPlatformInfo(platform, what, size, to, needed); });
}

Status toStatus(cl_int code, const std::string &what) {
  switch (code) {
  case CL_SUCCESS: return Status::ok();
  case CL_MEM_OBJECT_ALLOCATION_FAILURE:
  case CL_OUT_OF_RESOURCES:
  case CL_OUT_OF_HOST_MEMORY:
    return {StatusCode::ResourceExhausted,
            what + " ran out of memory or resources (OpenCL error " + std::to_string(code) + ")"};
  default: return {StatusCode::DeviceError, what + " failed with OpenCL error " + std::to_string(code)};
  }
}

} // namespace flex::rt::opencl
