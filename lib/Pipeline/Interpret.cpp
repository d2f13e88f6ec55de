//===- Interpret.cpp - A kernel run by the reference interpreter ----------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `flexc run --device reference` does: the tensor IR as the front end made
// it, no pass in between, so that it can be wrong in no way a pass is.
//
//===----------------------------------------------------------------------===//
#include "Compilation.h"
#include "flex/TensorIR/Interpreter.h"

#include <cstring>

using namespace flex;

namespace {

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string out;
  for (int64_t dim : shape)
    out += (out.empty() ? "" : ", ") + std::to_string(dim);
  return "[" + out + "]";
}

} // namespace

bool Compilation::interpret(const std::vector<HostTensor> &args, const std::vector<HostTensor> &results,
                            const std::vector<HostTensor> &bounds) {
  if (!load() || !module || !selectKernel() || !bindTensorIR())
    return false;
  if (reached > Stage::Groups)
    return fail({StatusCode::InvalidArgument, "the reference interpreter runs tensor IR; this input is past it"});
  auto found = module->getOps<ir::KernelOp>();
  if (!llvm::hasSingleElement(found))
    return fail({StatusCode::InvalidArgument, "this input has several kernels; name one"});
  std::vector<ir::TensorView> views;
  for (const HostTensor &arg : args)
    views.push_back({arg.dtype, arg.shape, arg.data});
  auto begin = std::chrono::steady_clock::now();
  auto computed = ir::interpret(*found.begin(), views);
  result.times.push_back({"interpret", "reference", options.kernel, "", secondsSince(begin)});
  if (!computed)
    return fail(computed.status());
  if (computed->size() != results.size())
    return fail({StatusCode::InvalidArgument, "the kernel has " + std::to_string(computed->size()) + " results; " +
                                                  std::to_string(results.size()) + " were given"});
  if (!bounds.empty() && bounds.size() != results.size())
    return fail({StatusCode::InvalidArgument, "bounds are given for " + std::to_string(bounds.size()) + " of " +
                                                  std::to_string(results.size()) + " results"});
  for (auto [from, to] : llvm::zip(*computed, bounds)) {
    if (to.dtype != "f64" || to.shape != from.shape)
      return fail({StatusCode::InvalidArgument, "the bounds of result '" + from.name + "' are f64" +
                                                    shapeText(from.shape) + ", but memory for " + to.dtype +
                                                    shapeText(to.shape) + " was given"});
    llvm::copy(from.bounds, static_cast<double *>(to.data));
  }
  for (auto [from, to] : llvm::zip(*computed, results)) {
    if (from.dtype != to.dtype || from.shape != to.shape)
      return fail({StatusCode::InvalidArgument, "result '" + from.name + "' is " + from.dtype + shapeText(from.shape) +
                                                    ", but memory for " + to.dtype + shapeText(to.shape) +
                                                    " was given"});
    if (!from.bytes.empty())
      std::memcpy(to.data, from.bytes.data(), from.bytes.size());
  }
  return true;
}
