//===- calls.c - Calls whose arguments are put together once ---*- C -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Python needs half a microsecond to hand over a dozen arguments, which a C
// program does not: contenders with a C interface are called through a block
// that holds them, by one pointer.
//
//===----------------------------------------------------------------------===//
#include <stddef.h>

/// flex_launch (include/flex-c/flex.h).
struct Launch {
  int (*function)(void *kernel, void *arguments, size_t argumentCount, void *results, size_t resultCount,
                  void *options);
  void *kernel, *arguments, *results, *options;
  size_t argumentCount, resultCount;
};

int bench_launch(struct Launch *l) {
  return l->function(l->kernel, l->arguments, l->argumentCount, l->results, l->resultCount, l->options);
}

/// `count` products of CBLAS, row-major, C = A B; the operands of the next lie `stepA`, `stepB`, `stepC` bytes further.
struct Product {
  void *function;
  char *a, *b, *c;
  long stepA, stepB, stepC;
  int turnA, turnB, m, n, k, count, isDouble;
};

typedef void (*Single)(int, int, int, int, int, int, float, void *, int, void *, int, float, void *, int);
typedef void (*Double)(int, int, int, int, int, int, double, void *, int, void *, int, double, void *, int);

void bench_product(struct Product *p) {
  enum { RowMajor = 101, Plain = 111, Turned = 112 };
  int turnA = p->turnA ? Turned : Plain, turnB = p->turnB ? Turned : Plain;
  int lda = p->turnA ? p->m : p->k, ldb = p->turnB ? p->k : p->n;
  for (int i = 0; i < p->count; ++i) {
    char *a = p->a + i * p->stepA, *b = p->b + i * p->stepB, *c = p->c + i * p->stepC;
    if (p->isDouble)
      ((Double)p->function)(RowMajor, turnA, turnB, p->m, p->n, p->k, 1, a, lda, b, ldb, 0, c, p->n);
    else
      ((Single)p->function)(RowMajor, turnA, turnB, p->m, p->n, p->k, 1, a, lda, b, ldb, 0, c, p->n);
  }
}
