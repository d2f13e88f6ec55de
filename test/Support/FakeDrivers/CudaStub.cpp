//===- CudaStub.cpp - The libcuda.so.1 that a toolkit has for linking ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// It has every function, and every function returns CUDA_ERROR_STUB_LIBRARY,
// cuGetErrorName included: as CUDA 13.0's does.
//
//===----------------------------------------------------------------------===//
#include "Drivers/CUDA/Api.h"

using namespace flex::rt::cuda;

#define FLEX_CUDA(function, parameters)                                                                                \
  extern "C" Result function parameters;                                                                               \
  Result function parameters {                                                                                         \
    return kStubLibrary;                                                                                               \
  }
#include "Drivers/CUDA/Symbols.def"
