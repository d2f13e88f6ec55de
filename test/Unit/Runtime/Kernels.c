/*===- Kernels.c - Entry points for the runtime's tests ----------*- C -*-===*\
|*
|* Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* What an elf-* payload holds, in C: the ABI of flex/Binary/Image.h.
|*
\*===----------------------------------------------------------------------===*/
#include <stdint.h>

#define ENTRY(name) void name(void *const *buffers, const int64_t *dims, int64_t begin, int64_t end, void *workspace)

/* y[i] = 2 * x[i]; an item is an element. */
ENTRY(twice) {
  const float *x = buffers[0];
  float *y = buffers[1];
  for (int64_t i = begin; i < end; ++i)
    y[i] = x[i] + x[i];
}

/* The same, much slower: what a schedule can be better than. */
ENTRY(slow) {
  const float *x = buffers[0];
  float *y = buffers[1];
  for (int64_t i = begin; i < end; ++i) {
    volatile float value = 0;
    for (int turn = 0; turn < 40; ++turn)
      value = x[i];
    y[i] = value + value;
  }
}

/* y[i, j] = x[i, j] + table[j] over rows; dims M, N. */
ENTRY(add_row) {
  const float *x = buffers[0], *table = buffers[1];
  float *y = buffers[2];
  int64_t n = dims[1];
  for (int64_t i = begin; i < end; ++i)
    for (int64_t j = 0; j < n; ++j)
      y[i * n + j] = x[i * n + j] + table[j];
}

/* Sum of each row through the thread's workspace; dims M, N. */
ENTRY(row_sum) {
  const float *x = buffers[0];
  float *y = buffers[1], *scratch = workspace;
  int64_t n = dims[1];
  for (int64_t i = begin; i < end; ++i) {
    float sum = 0;
    for (int64_t j = 0; j < n; ++j)
      scratch[j] = x[i * n + j];
    for (int64_t j = 0; j < n; ++j)
      sum += scratch[j];
    y[i] = sum;
  }
}

/* y[i] = the number of items in the call that ran item i: shows how items were cut. */
ENTRY(chunk) {
  int64_t *y = buffers[0];
  for (int64_t i = begin; i < end; ++i)
    y[i] = end - begin;
}

ENTRY(nothing) {}
