//===- Main.c - Launches kernels of images through the C ABI --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A server on standard input and output for test/EndToEnd/cross.py, which has the
// format of both sides. It runs under an emulator, where Python and the compiler
// do not; all that it knows of kernels is in the image and in the requests.
//
//===----------------------------------------------------------------------===//
#include "flex-c/flex.h"

#include <dlpack/dlpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kMaxTensors = 32, kMaxRank = 16 };

/// A tensor inside of a larger block, which is given back as it is after the launch.
struct Block {
  DLTensor tensor;
  int64_t shape[kMaxRank];
  char *memory;
  uint64_t size;
};

static void readBytes(void *to, size_t size) {
  if (size && fread(to, 1, size, stdin) != size)
    exit(0); // the other side is done
}

static uint64_t readNumber(void) {
  uint64_t value;
  readBytes(&value, sizeof value);
  return value;
}

static void writeNumber(uint64_t value) {
  fwrite(&value, sizeof value, 1, stdout);
}

/// Its size, then that many bytes, with a 0 behind them.
static char *readBlock(uint64_t *size) {
  *size = readNumber();
  char *memory = aligned_alloc(64, (*size / 64 + 1) * 64);
  if (!memory)
    exit(2);
  readBytes(memory, *size);
  memory[*size] = 0;
  return memory;
}

static void readTensor(struct Block *block) {
  block->tensor.device.device_type = kDLCPU;
  block->tensor.device.device_id = 0;
  block->tensor.dtype.code = (uint8_t)readNumber();
  block->tensor.dtype.bits = (uint8_t)readNumber();
  block->tensor.dtype.lanes = 1;
  block->tensor.ndim = (int32_t)readNumber();
  if (block->tensor.ndim > kMaxRank)
    exit(2);
  for (int i = 0; i < block->tensor.ndim; ++i)
    block->shape[i] = (int64_t)readNumber();
  block->tensor.shape = block->shape;
  block->tensor.strides = NULL;
  block->tensor.byte_offset = 0;
  uint64_t offset = readNumber();
  block->memory = readBlock(&block->size);
  block->tensor.data = block->memory + offset;
}

static size_t readTensors(struct Block *blocks, DLTensor **tensors) {
  size_t count = readNumber();
  if (count > kMaxTensors)
    exit(2);
  for (size_t i = 0; i < count; ++i) {
    readTensor(&blocks[i]);
    tensors[i] = &blocks[i].tensor;
  }
  return count;
}

static flex_status launch(flex_module *module, const char *name, DLTensor **args, size_t argCount, DLTensor **results,
                          size_t resultCount) {
  flex_kernel *kernel = NULL;
  flex_status status = flex_kernel_get(module, name, &kernel);
  if (status == FLEX_OK)
    status = flex_launch(kernel, args, argCount, results, resultCount, NULL);
  flex_kernel_destroy(kernel);
  return status;
}

/// One request: an image, a kernel, arguments and results.
static void serve(flex_context *context) {
  static struct Block args[kMaxTensors], results[kMaxTensors];
  DLTensor *argTensors[kMaxTensors], *resultTensors[kMaxTensors];
  uint64_t size, nameSize;
  char *image = readBlock(&size), *name = readBlock(&nameSize);
  size_t argCount = readTensors(args, argTensors), resultCount = readTensors(results, resultTensors);
  flex_module *module = NULL;
  flex_status status = flex_module_load_image(context, image, size, &module);
  if (status == FLEX_OK)
    status = launch(module, name, argTensors, argCount, resultTensors, resultCount);
  flex_module_destroy(module);
  writeNumber(status);
  if (status != FLEX_OK) {
    const char *message = flex_last_error(context);
    writeNumber(strlen(message));
    fwrite(message, 1, strlen(message), stdout);
  }
  for (size_t i = 0; i < argCount + resultCount; ++i) {
    struct Block *block = i < argCount ? &args[i] : &results[i - argCount];
    fwrite(block->memory, 1, status == FLEX_OK ? block->size : 0, stdout);
    free(block->memory);
  }
  fflush(stdout);
  free(image);
  free(name);
}

int main(int argc, char **argv) {
  flex_context_options options = FLEX_CONTEXT_OPTIONS_INIT;
  options.device = "host";
  options.cache_dir = "";
  options.threads = argc > 1 ? atoi(argv[1]) : 1;
  flex_context *context;
  if (flex_context_create(&options, &context) != FLEX_OK) {
    fprintf(stderr, "%s\n", flex_last_error(NULL));
    return 1;
  }
  for (;;)
    serve(context);
}
