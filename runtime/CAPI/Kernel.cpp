//===- Kernel.cpp - Modules, kernels and signatures in C -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signature queries never compile anything.
//
//===----------------------------------------------------------------------===//
#include "Handles.h"

#include "../Launch/Tensor.h"

#include <algorithm>
#include <charconv>

using namespace flex;
using namespace flex::rt;

namespace {

Status nullArgument(const char *what) {
  return {StatusCode::InvalidArgument, std::string(what) + " is a null pointer"};
}

flex_status finish(flex_context *context, StatusOr<Module> module, flex_module **out) {
  if (!module)
    return capi::report(context, module.status());
  std::vector<std::string> names = module->kernelNames();
  *out = new flex_module{context, std::move(*module), std::move(names)};
  return FLEX_OK;
}

Status parseBinding(const ImageKernel &signature, const flex_key_value &binding, Bindings &out) {
  if (!binding.key || !binding.value)
    return nullArgument("a binding's name or value");
  bool isType = std::any_of(signature.typeParams.begin(), signature.typeParams.end(),
                            [&](const ImageTypeParam &param) { return param.name == binding.key; });
  if (isType) {
    out.types[binding.key] = binding.value;
    return Status::ok();
  }
  int64_t value = 0;
  const char *end = binding.value + std::strlen(binding.value);
  auto parsed = std::from_chars(binding.value, end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return {StatusCode::InvalidArgument,
            std::string("dimension ") + binding.key + ": expected a number, found '" + binding.value + "'"};
  out.dims[binding.key] = value;
  return Status::ok();
}

/// `first`: where the list's tensors begin in flex_kernel::shapes.
flex_status tensorInfo(const flex_kernel *kernel, const std::vector<ImageTensor> &list, size_t first, size_t index,
                       flex_tensor_info *info) {
  if (index >= list.size())
    return capi::report(kernel->context, {StatusCode::InvalidArgument,
                                          "tensor " + std::to_string(index) + " of " + std::to_string(list.size())});
  flex_tensor_info out{};
  out.name = list[index].name.c_str();
  out.dtype = list[index].dtype.c_str();
  out.rank = static_cast<int>(list[index].shape.size());
  out.shape = kernel->shapes[first + index].data();
  out.default_value = list[index].defaultValue.empty() ? nullptr : list[index].defaultValue.c_str();
  out.alias = list[index].alias;
  if (!capi::writeStruct(out, info))
    return capi::report(kernel->context, capi::badStruct("flex_tensor_info"));
  return FLEX_OK;
}

} // namespace

flex_kernel::flex_kernel(flex_context *context, Kernel given) : context(context), kernel(std::move(given)) {
  const ImageKernel &signature = kernel.signature();
  for (const std::vector<ImageTensor> *list : {&signature.params, &signature.results})
    for (const ImageTensor &tensor : *list) {
      shapeTexts.emplace_back();
      for (const DimExpr &dim : tensor.shape)
        shapeTexts.back().push_back(dim.str());
    }
  for (const std::vector<std::string> &texts : shapeTexts) {
    shapes.emplace_back();
    for (const std::string &text : texts)
      shapes.back().push_back(text.c_str());
  }
  for (const ImageTypeParam &param : signature.typeParams) {
    std::string text;
    for (const std::string &dtype : param.allowed)
      text += (text.empty() ? "" : " | ") + dtype;
    typeParams.push_back(param.name + ": " + text);
  }
}

flex_status flex_module_load_source(flex_context *context, const char *source, size_t size, const char *file_name,
                                    flex_module **module) {
  if (!context || !module || (!source && size))
    return capi::report(context, nullArgument(!context ? "the context" : !module ? "the module" : "the source"));
  *module = nullptr;
  return finish(
      context,
      context->context.loadSource(std::string(source ? source : "", size), file_name ? file_name : "<source>.flex"),
      module);
}

flex_status flex_module_load_file(flex_context *context, const char *path, flex_module **module) {
  if (!context || !module || !path)
    return capi::report(context, nullArgument(!context ? "the context" : !module ? "the module" : "the path"));
  *module = nullptr;
  return finish(context, context->context.loadFile(path), module);
}

flex_status flex_module_load_image(flex_context *context, const void *data, size_t size, flex_module **module) {
  if (!context || !module || !data)
    return capi::report(context, nullArgument(!context ? "the context" : !module ? "the module" : "the image"));
  *module = nullptr;
  return finish(context, context->context.loadImage(static_cast<const uint8_t *>(data), size), module);
}

void flex_module_destroy(flex_module *module) {
  delete module;
}

size_t flex_module_kernel_count(const flex_module *module) {
  return module ? module->names.size() : 0;
}

const char *flex_module_kernel_name(const flex_module *module, size_t index) {
  return module && index < module->names.size() ? module->names[index].c_str() : nullptr;
}

flex_status flex_kernel_get(flex_module *module, const char *name, flex_kernel **out) {
  if (!module || !out)
    return capi::report(module ? module->context : nullptr, nullArgument(module ? "the kernel" : "the module"));
  *out = nullptr;
  auto kernel = module->module.kernel(name ? name : "");
  if (!kernel)
    return capi::report(module->context, kernel.status());
  *out = new flex_kernel(module->context, std::move(*kernel));
  return FLEX_OK;
}

void flex_kernel_destroy(flex_kernel *kernel) {
  delete kernel;
}

const char *flex_kernel_name(const flex_kernel *kernel) {
  return kernel->kernel.signature().name.c_str();
}
const char *flex_kernel_doc(const flex_kernel *kernel) {
  return kernel->kernel.signature().doc.c_str();
}
size_t flex_kernel_param_count(const flex_kernel *kernel) {
  return kernel->kernel.signature().params.size();
}
size_t flex_kernel_result_count(const flex_kernel *kernel) {
  return kernel->kernel.signature().results.size();
}

flex_status flex_kernel_param(const flex_kernel *kernel, size_t index, flex_tensor_info *info) {
  return tensorInfo(kernel, kernel->kernel.signature().params, 0, index, info);
}

flex_status flex_kernel_result(const flex_kernel *kernel, size_t index, flex_tensor_info *info) {
  const ImageKernel &signature = kernel->kernel.signature();
  return tensorInfo(kernel, signature.results, signature.params.size(), index, info);
}

size_t flex_kernel_dim_count(const flex_kernel *kernel) {
  return kernel->kernel.signature().dims.size();
}

const char *flex_kernel_dim(const flex_kernel *kernel, size_t index) {
  const std::vector<std::string> &dims = kernel->kernel.signature().dims;
  return index < dims.size() ? dims[index].c_str() : nullptr;
}

size_t flex_kernel_type_param_count(const flex_kernel *kernel) {
  return kernel->typeParams.size();
}

const char *flex_kernel_type_param(const flex_kernel *kernel, size_t index) {
  return index < kernel->typeParams.size() ? kernel->typeParams[index].c_str() : nullptr;
}

flex_status flex_kernel_specialize(flex_kernel *kernel, const flex_key_value *bindings, size_t count,
                                   flex_kernel **out) {
  if (!kernel || !out || (!bindings && count))
    return capi::report(kernel ? kernel->context : nullptr, nullArgument("an argument of flex_kernel_specialize"));
  *out = nullptr;
  Bindings parsed;
  for (size_t i = 0; i < count; ++i)
    if (Status status = parseBinding(kernel->kernel.signature(), bindings[i], parsed); !status.isOk())
      return capi::report(kernel->context, status);
  auto specialized = kernel->kernel.specialize(parsed);
  if (!specialized)
    return capi::report(kernel->context, specialized.status());
  *out = new flex_kernel(kernel->context, std::move(*specialized));
  return FLEX_OK;
}

flex_status flex_kernel_bind(flex_kernel *kernel, const char *const *names, DLTensor *const *tensors, size_t count,
                             flex_kernel **out) {
  if (!kernel || !out || ((!names || !tensors) && count))
    return capi::report(kernel ? kernel->context : nullptr, nullArgument("an argument of flex_kernel_bind"));
  *out = nullptr;
  std::vector<std::string> wanted;
  for (size_t i = 0; i < count; ++i) {
    if (!names[i])
      return capi::report(kernel->context, nullArgument("a name in flex_kernel_bind"));
    wanted.emplace_back(names[i]);
  }
  static const DLTensor *const kNone[1] = {nullptr};
  auto bound = kernel->kernel.bind(wanted, count ? tensors : kNone);
  if (!bound)
    return capi::report(kernel->context, bound.status());
  *out = new flex_kernel(kernel->context, std::move(*bound));
  return FLEX_OK;
}

flex_status flex_kernel_infer(flex_kernel *kernel, DLTensor *const *args, size_t arg_count, DLTensor *const *results,
                              size_t result_count) {
  if (!kernel || (!args && arg_count) || (!results && result_count))
    return capi::report(kernel ? kernel->context : nullptr, nullArgument("an argument of flex_kernel_infer"));
  auto types = kernel->kernel.infer(std::vector<const DLTensor *>(args, args + arg_count));
  if (!types)
    return capi::report(kernel->context, types.status());
  if (types->size() != result_count)
    return capi::report(kernel->context,
                        {StatusCode::InvalidArgument, "kernel '" + kernel->kernel.signature().name + "' has " +
                                                          std::to_string(types->size()) + " results, but " +
                                                          std::to_string(result_count) + " were given"});
  for (size_t i = 0; i < result_count; ++i) {
    const TensorType &type = (*types)[i];
    results[i]->ndim = static_cast<int32_t>(type.shape.size());
    results[i]->dtype = dlpackType(type.dtype).value_or(DLDataType{});
    std::copy(type.shape.begin(), type.shape.end(), results[i]->shape);
  }
  return FLEX_OK;
}
