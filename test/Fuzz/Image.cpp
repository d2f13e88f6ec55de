//===- Image.cpp - Any bytes to the image reader -===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An image that is read must be written again, and read again to the same.
//
//===----------------------------------------------------------------------===//
#include "flex/Binary/Image.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  flex::StatusOr<flex::Image> image = flex::readImage(data, size);
  if (!image.isOk())
    return 0;
  std::vector<uint8_t> bytes = flex::writeImage(*image);
  flex::StatusOr<flex::Image> again = flex::readImage(bytes.data(), bytes.size());
  if (!again.isOk() || flex::writeImage(*again) != bytes)
    abort();
  return 0;
}
