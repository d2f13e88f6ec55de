//===- NpyFuzz.cpp - Any bytes as a NumPy file ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// As an array, or as an archive of them. What was read is written and read again.
//
//===----------------------------------------------------------------------===//
#include "Fuzz.h"
#include "flexc/Npy.h"
#include "flexc/Zip.h"

using namespace flex;
using namespace flex::tool;

static void readArray(std::string_view bytes) {
  auto array = parseNpy(bytes, "fuzz.npy");
  if (!array) {
    FUZZ_CHECK(!array.status().message().empty(), "a refusal without a reason");
    return;
  }
  auto again = parseNpy(formatNpy(*array), "again.npy");
  FUZZ_CHECK(again.isOk(), again.status().message());
  FUZZ_CHECK(formatNpy(*again) == formatNpy(*array), "a round trip changes the array");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char *>(data), size);
  if (!isZip(bytes)) {
    readArray(bytes);
    return 0;
  }
  auto members = listZip(bytes, "fuzz.npz");
  if (!members)
    return 0;
  for (const ZipMember &member : *members) {
    if (member.size > 1 << 20) // bombs are stopped by the stated size
      continue;
    if (auto inner = extractZip(bytes, member, "fuzz.npz"))
      readArray(*inner);
  }
  return 0;
}
