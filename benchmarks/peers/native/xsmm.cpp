//===- xsmm.cpp - libxsmm as a peer of the benchmark ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libxsmm generates small products; larger ones are made of blocks of 64, as its
// users do. It is column-major: C = A B is computed as C^T = B^T A^T.
//
//===----------------------------------------------------------------------===//
#include "adapter.h"

#include <libxsmm.h>

#include <algorithm>

namespace {

enum { Block = 64 };

libxsmm_smmfunction kernelOf(libxsmm_blasint columns, libxsmm_blasint rows, libxsmm_blasint depth,
                             const bench::Row &row, float beta) {
  libxsmm_blasint n = row.dim('N'), k = row.dim('K');
  float alpha = 1;
  int flags = LIBXSMM_GEMM_FLAG_NONE, prefetch = LIBXSMM_PREFETCH_NONE;
  return libxsmm_smmdispatch(columns, rows, depth, &n, &k, &n, &alpha, &beta, &flags, &prefetch);
}

/// Rows [begin, end) of a product, block by block.
void blocked(const bench::Row &row, const float *a, const float *b, float *c, long begin, long end) {
  long n = row.dim('N'), k = row.dim('K');
  for (long j = 0; j < n; j += Block)
    for (long i = begin; i < end; i += Block)
      for (long p = 0; p < k; p += Block) {
        libxsmm_smmfunction kernel = kernelOf(std::min<long>(Block, n - j), std::min<long>(Block, end - i),
                                              std::min<long>(Block, k - p), row, p ? 1 : 0);
        kernel(b + p * n + j, a + i * k + p, c + i * n + j);
      }
}

} // namespace

std::string bench::version() {
  return std::string(LIBXSMM_VERSION) + " (" + libxsmm_get_target_arch() + ")";
}

bench::Function bench::make(const Row &row, std::string &chosen) {
  bool batched = row.kernel == "gemm_batched";
  if (row.kernel != "gemm" && !batched)
    return {};
  long m = row.dim('M'), n = row.dim('N'), k = row.dim('K'), count = batched ? row.dim('B') : 1;
  long *dims = new long[26]; // lives as long as the process, as all contenders do
  std::copy(row.dims, row.dims + 26, dims);
  Row kept = row;
  kept.dims = dims;
  const float *a = row.in(0), *b = row.in(1);
  float *c = row.out();
  if (libxsmm_smmfunction whole = std::max({m, n, k}) <= 2 * Block ? kernelOf(n, m, k, kept, 0) : nullptr) {
    chosen = "one kernel";
    return [=] {
#pragma omp parallel for if (count > 1)
      for (long i = 0; i < count; ++i)
        whole(b + i * k * n, a + i * m * k, c + i * m * n);
    };
  }
  if (!kernelOf(std::min<long>(Block, n), std::min<long>(Block, m), std::min<long>(Block, k), kept, 0))
    return {};
  chosen = "blocks of 64";
  return [=] {
    for (long i = 0; i < count; ++i) {
      long step = (m / kept.threads + Block) / Block * Block;
#pragma omp parallel for
      for (long begin = 0; begin < m; begin += step)
        blocked(kept, a + i * m * k, b + i * k * n, c + i * m * n, begin, std::min(m, begin + step));
    }
  };
}
