//===- Support.h - Tensors and folders for the tests ------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DLPack tensors over vectors, and folders that remove themselves.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Images.h"

#include <dlpack/dlpack.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace flex::test {

/// A DLPack tensor over memory of the test. Strides are in elements; none: dense.
struct Tensor {
  Tensor(void *data, DLDataType type, std::vector<int64_t> dims, std::vector<int64_t> steps = {})
      : dims(std::move(dims)), steps(std::move(steps)) {
    tensor.data = data;
    tensor.device = {kDLCPU, 0};
    tensor.dtype = type;
  }
  Tensor(std::vector<float> &data, std::vector<int64_t> dims, std::vector<int64_t> steps = {})
      : Tensor(data.data(), {kDLFloat, 32, 1}, std::move(dims), std::move(steps)) {}
  DLTensor *get() {
    tensor.ndim = static_cast<int32_t>(dims.size());
    tensor.shape = dims.data();
    tensor.strides = steps.empty() ? nullptr : steps.data();
    return &tensor;
  }
  std::vector<int64_t> dims, steps;
  DLTensor tensor{};
};

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "flex-test-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(folder); }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  const std::string &path() const { return folder; }
  std::string operator/(const std::string &name) const { return folder + "/" + name; }

private:
  std::string folder;
};

} // namespace flex::test
