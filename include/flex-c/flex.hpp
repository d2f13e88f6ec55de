//===- flex.hpp - The C ABI with C++ handles -------------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Header only, over flex.h: handles that destroy themselves, tensors over the
// caller's memory, and a Result that carries the message of a failure. Throws
// nothing. Needs C++17.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex-c/flex.h"

#include <cassert>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace flexc {

/// Success, or a code with its message.
class [[nodiscard]] Result {
public:
  Result() = default;
  Result(flex_status status, const flex_context *context)
      : status(status), text(status == FLEX_OK ? "" : flex_last_error(context)) {}
  explicit operator bool() const { return status == FLEX_OK; }
  flex_status code() const { return status; }
  const std::string &message() const { return text; }

private:
  flex_status status = FLEX_OK;
  std::string text;
};

/// DLPack's description of an element type of C++.
template <typename T> struct ElementType;
#define FLEX_ELEMENT_TYPE(Type, Code, Bits)                                                                            \
  template <> struct ElementType<Type> {                                                                               \
    static constexpr DLDataType value{Code, Bits, 1};                                                                  \
  }
FLEX_ELEMENT_TYPE(bool, FLEX_DL_BOOL, 8);
FLEX_ELEMENT_TYPE(int8_t, kDLInt, 8);
FLEX_ELEMENT_TYPE(int16_t, kDLInt, 16);
FLEX_ELEMENT_TYPE(int32_t, kDLInt, 32);
FLEX_ELEMENT_TYPE(int64_t, kDLInt, 64);
FLEX_ELEMENT_TYPE(uint8_t, kDLUInt, 8);
FLEX_ELEMENT_TYPE(uint16_t, kDLUInt, 16);
FLEX_ELEMENT_TYPE(uint32_t, kDLUInt, 32);
FLEX_ELEMENT_TYPE(uint64_t, kDLUInt, 64);
FLEX_ELEMENT_TYPE(float, kDLFloat, 32);
FLEX_ELEMENT_TYPE(double, kDLFloat, 64);
#undef FLEX_ELEMENT_TYPE

/// A dense tensor over the caller's memory, which must outlive it.
class Tensor {
public:
  template <typename T>
  Tensor(T *data, std::initializer_list<int64_t> dims)
      : Tensor(const_cast<std::remove_const_t<T> *>(data), ElementType<std::remove_const_t<T>>::value, dims) {}
  Tensor(void *data, DLDataType type, std::vector<int64_t> dims) : dims(std::move(dims)) {
    tensor.data = data;
    tensor.device = {kDLCPU, 0};
    tensor.dtype = type;
  }
  /// For a call; valid while this object is.
  DLTensor *get() const {
    tensor.ndim = static_cast<int32_t>(dims.size());
    tensor.shape = dims.data();
    return &tensor;
  }

private:
  mutable std::vector<int64_t> dims;
  mutable DLTensor tensor{};
};

namespace detail {
struct Destroy {
  void operator()(flex_context *handle) const { flex_context_destroy(handle); }
  void operator()(flex_module *handle) const { flex_module_destroy(handle); }
  void operator()(flex_kernel *handle) const { flex_kernel_destroy(handle); }
};
} // namespace detail

class Kernel {
public:
  Kernel() = default;
  explicit operator bool() const { return handle != nullptr; }
  flex_kernel *get() const { return handle.get(); }

  /// Results are preallocated.
  Result operator()(std::initializer_list<Tensor> args, std::initializer_list<Tensor> results,
                    const flex_launch_options *options = nullptr) const {
    std::vector<DLTensor *> in, out;
    for (const Tensor &tensor : args)
      in.push_back(tensor.get());
    for (const Tensor &tensor : results)
      out.push_back(tensor.get());
    return {flex_launch(handle.get(), in.data(), in.size(), out.data(), out.size(), options), context};
  }

  /// flex_kernel_bind: `out` is the kernel of the remaining parameters. The tensors' memory must outlive it, unchanged.
  Result bind(std::initializer_list<std::pair<const char *, Tensor>> tensors, Kernel &out) const {
    std::vector<const char *> names;
    std::vector<DLTensor *> in;
    for (const auto &[name, tensor] : tensors) {
      names.push_back(name);
      in.push_back(tensor.get());
    }
    flex_kernel *raw = nullptr;
    flex_status status = flex_kernel_bind(handle.get(), names.data(), in.data(), in.size(), &raw);
    out.handle.reset(raw);
    out.context = context;
    return {status, context};
  }

  /// flex_kernel_tune. info may be null.
  Result tune(std::initializer_list<Tensor> args, double seconds, flex_tune_info *info = nullptr,
              const flex_tune_options *options = nullptr) const {
    std::vector<DLTensor *> in;
    for (const Tensor &tensor : args)
      in.push_back(tensor.get());
    return {flex_kernel_tune(handle.get(), in.data(), in.size(), seconds, options, info), context};
  }

private:
  friend class Module;
  std::unique_ptr<flex_kernel, detail::Destroy> handle;
  flex_context *context = nullptr;
};

class Module {
public:
  Module() = default;
  explicit operator bool() const { return handle != nullptr; }
  flex_module *get() const { return handle.get(); }
  /// Without a name: the only one.
  Result kernel(const char *name, Kernel &out) const {
    flex_kernel *raw = nullptr;
    flex_status status = flex_kernel_get(handle.get(), name, &raw);
    out.handle.reset(raw);
    out.context = context;
    return {status, context};
  }

private:
  friend class Context;
  std::unique_ptr<flex_module, detail::Destroy> handle;
  flex_context *context = nullptr;
};

class Context {
public:
  Context() = default;
  /// options may be null.
  Result open(const flex_context_options *options = nullptr) {
    flex_context *raw = nullptr;
    flex_status status = flex_context_create(options, &raw);
    handle.reset(raw);
    return {status, nullptr};
  }
  explicit operator bool() const { return handle != nullptr; }
  flex_context *get() const { return handle.get(); }

  Result loadSource(const std::string &source, const char *fileName, Module &out) const {
    return load(out, [&](flex_module **raw) {
      return flex_module_load_source(handle.get(), source.data(), source.size(), fileName, raw);
    });
  }
  /// An image or a source.
  Result loadFile(const std::string &path, Module &out) const {
    return load(out, [&](flex_module **raw) { return flex_module_load_file(handle.get(), path.c_str(), raw); });
  }
  std::string explainLastLaunch() const { return flex_explain_last_launch(handle.get()); }

private:
  template <typename Load> Result load(Module &out, Load call) const {
    flex_module *raw = nullptr;
    flex_status status = call(&raw);
    out.handle.reset(raw);
    out.context = handle.get();
    return {status, handle.get()};
  }
  std::unique_ptr<flex_context, detail::Destroy> handle;
};

} // namespace flexc
