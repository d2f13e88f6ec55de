//===- main.cpp - A kernel run from C++ -----------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads a kernel file, asks the kernel for its signature and for the shape of
// its result, launches without waiting, and checks the result.
//
//===----------------------------------------------------------------------===//
#include <flex-c/flex.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <vector>

namespace {

struct Destroy {
  void operator()(flex_context *context) const { flex_context_destroy(context); }
  void operator()(flex_module *module) const { flex_module_destroy(module); }
  void operator()(flex_kernel *kernel) const { flex_kernel_destroy(kernel); }
};
template <typename T> using Handle = std::unique_ptr<T, Destroy>;

/// A dense f32 tensor with its own memory.
struct Tensor {
  explicit Tensor(std::vector<int64_t> sizes) : shape(std::move(sizes)) {
    size_t count = 1;
    for (int64_t size : shape)
      count *= static_cast<size_t>(size);
    values.resize(count);
    view.data = values.data();
    view.device.device_type = kDLCPU;
    view.ndim = static_cast<int>(shape.size());
    view.dtype = {kDLFloat, 32, 1};
    view.shape = shape.data();
  }
  Tensor(const Tensor &) = delete;

  std::vector<int64_t> shape;
  std::vector<float> values;
  DLTensor view = {};
};

bool failed(flex_context *context, flex_status status, const char *what) {
  if (status != FLEX_OK)
    std::cerr << what << ": " << flex_status_name(status) << ": " << flex_last_error(context) << "\n";
  return status != FLEX_OK;
}

void printSignature(const flex_kernel *kernel) {
  std::cout << flex_kernel_name(kernel) << ":";
  for (size_t i = 0; i < flex_kernel_param_count(kernel); ++i) {
    flex_tensor_info info = {};
    info.struct_size = sizeof info;
    flex_kernel_param(kernel, i, &info);
    std::cout << " " << info.name << " is " << info.dtype << "[";
    for (int axis = 0; axis < info.rank; ++axis)
      std::cout << (axis ? ", " : "") << info.shape[axis];
    std::cout << "]";
  }
  std::cout << "\n";
}

/// How many rows do not sum up to one.
int wrongRows(const Tensor &probabilities) {
  int wrong = 0;
  auto rows = static_cast<size_t>(probabilities.shape[0]), columns = static_cast<size_t>(probabilities.shape[1]);
  for (size_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (size_t j = 0; j < columns; ++j)
      sum += probabilities.values[i * columns + j];
    wrong += std::fabs(sum - 1) > 1e-5;
  }
  return wrong;
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::cerr << "usage: " << argv[0] << " KERNELS.flex\n";
    return 1;
  }
  flex_context *rawContext = nullptr;
  if (failed(nullptr, flex_context_create(nullptr, &rawContext), "context"))
    return 1;
  Handle<flex_context> context(rawContext);
  flex_module *rawModule = nullptr;
  if (failed(context.get(), flex_module_load_file(context.get(), argv[1], &rawModule), argv[1]))
    return 1;
  Handle<flex_module> module(rawModule);
  flex_kernel *rawKernel = nullptr;
  if (failed(context.get(), flex_kernel_get(module.get(), "softmax", &rawKernel), "softmax"))
    return 1;
  Handle<flex_kernel> kernel(rawKernel);
  printSignature(kernel.get());

  Tensor x({30, 100});
  for (size_t i = 0; i < x.values.size(); ++i)
    x.values[i] = static_cast<float>(i % 17) - 8;
  // The runtime says how large the result is; its memory is the program's.
  DLTensor *args[] = {&x.view};
  int64_t inferredShape[2];
  DLTensor inferred = {};
  inferred.shape = inferredShape;
  DLTensor *inferredResults[] = {&inferred};
  if (failed(context.get(), flex_kernel_infer(kernel.get(), args, 1, inferredResults, 1), "infer"))
    return 1;
  Tensor y({inferredShape[0], inferredShape[1]});
  DLTensor *results[] = {&y.view};

  flex_event *event = nullptr;
  flex_launch_options options = FLEX_LAUNCH_OPTIONS_INIT;
  options.event = &event;
  if (failed(context.get(), flex_launch(kernel.get(), args, 1, results, 1, &options), "launch") ||
      failed(context.get(), flex_wait(event), "wait"))
    return 1;
  int wrong = wrongRows(y);
  std::cout << "softmax of " << y.shape[0] << " rows: " << wrong << " wrong\n";
  return wrong != 0;
}
