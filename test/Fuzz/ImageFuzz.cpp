//===- ImageFuzz.cpp - Any bytes as a kernel image ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bytes are read as they are, and again with the size and checksum put
// right: otherwise nothing behind the checksum would ever be reached. What was
// read is written and read again.
//
//===----------------------------------------------------------------------===//
#include "Fuzz.h"
#include "flex/Binary/Hash.h"
#include "flex/Binary/Image.h"

#include <cstring>

using namespace flex;

static void readAndRewrite(const uint8_t *data, size_t size) {
  auto image = readImage(data, size);
  if (!image) {
    FUZZ_CHECK(!image.status().message().empty(), "a refusal without a reason");
    return;
  }
  std::vector<uint8_t> written = writeImage(*image);
  auto again = readImage(written.data(), written.size());
  FUZZ_CHECK(again.isOk(), again.status().message());
  FUZZ_CHECK(writeImage(*again) == written, "writing is not deterministic");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  readAndRewrite(data, size);
  constexpr size_t kSizeAt = 16, kHeader = 24, kChecksum = sizeof(ContentDigest);
  if (size < kHeader + kChecksum)
    return 0;
  std::vector<uint8_t> bytes(data, data + size);
  uint64_t stated = size;
  std::memcpy(bytes.data() + kSizeAt, &stated, sizeof stated); // little endian, as every machine with a fuzzer
  ContentDigest digest = contentDigest(bytes.data(), size - kChecksum);
  std::memcpy(bytes.data() + size - kChecksum, digest.data(), kChecksum);
  readAndRewrite(bytes.data(), size);
  return 0;
}
