/*===- main.c - A kernel run from C ---------------------------------------===*\
|*
|* Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* Loads a kernel file, launches `axpy` on arrays of the program's own memory,
|* and checks the result; then binds x and y, as a program would its weights, and
|* launches what is left. Everything goes through flex-c/flex.h.
|*
\*===----------------------------------------------------------------------===*/
#include <flex-c/flex.h>

#include <math.h>
#include <stdio.h>

enum { N = 1000 };

/* A tensor over memory that the program owns; `shape` must live as long. */
static DLTensor tensor(void *data, int rank, int64_t *shape) {
  DLTensor t = {0};
  t.data = data;
  t.device.device_type = kDLCPU;
  t.ndim = rank;
  t.dtype.code = kDLFloat;
  t.dtype.bits = 32;
  t.dtype.lanes = 1;
  t.shape = shape;
  return t;
}

static int check(flex_context *context, flex_status status, const char *what) {
  if (status == FLEX_OK)
    return 1;
  fprintf(stderr, "%s: %s: %s\n", what, flex_status_name(status), flex_last_error(context));
  return 0;
}

static int run(flex_context *context, const char *path) {
  flex_module *module = NULL;
  flex_kernel *kernel = NULL;
  static float x[N], y[N], result[N];
  float a = 2.0f;
  int64_t shape[1] = {N};
  int wrong = 0;

  if (!check(context, flex_module_load_file(context, path, &module), path))
    return 1;
  if (!check(context, flex_kernel_get(module, "axpy", &kernel), "axpy")) {
    flex_module_destroy(module);
    return 1;
  }
  for (int i = 0; i < N; ++i) {
    x[i] = (float)i;
    y[i] = 1.0f;
  }
  DLTensor ta = tensor(&a, 0, NULL), tx = tensor(x, 1, shape), ty = tensor(y, 1, shape), tr = tensor(result, 1, shape);
  DLTensor *args[] = {&ta, &tx, &ty}, *results[] = {&tr};
  if (!check(context, flex_launch(kernel, args, 3, results, 1, NULL), "launch")) {
    wrong = N;
  } else {
    flex_launch_info info = {0};
    info.struct_size = sizeof info;
    for (int i = 0; i < N; ++i)
      wrong += fabsf(result[i] - (2.0f * (float)i + 1.0f)) > 1e-3f;
    flex_last_launch_info(context, &info);
    printf("axpy of %d elements on %s: %d wrong\n", N, info.device, wrong);
  }
  /* x and y stay as they are from here on: what follows from them alone is done once. */
  flex_kernel *bound = NULL;
  const char *names[] = {"x", "y"};
  DLTensor *weights[] = {&tx, &ty};
  if (check(context, flex_kernel_bind(kernel, names, weights, 2, &bound), "bind")) {
    a = 3.0f;
    if (!check(context, flex_launch(bound, args, 1, results, 1, NULL), "launch with x and y bound"))
      wrong = N;
    for (int i = 0; i < N; ++i)
      wrong += fabsf(result[i] - (3.0f * (float)i + 1.0f)) > 1e-3f;
    printf("the same with x and y bound: %d arguments left, %d wrong\n", (int)flex_kernel_param_count(bound), wrong);
  }
  wrong += bound == NULL;
  flex_kernel_destroy(bound);
  flex_kernel_destroy(kernel);
  flex_module_destroy(module);
  return wrong != 0;
}

int main(int argc, char **argv) {
  flex_context *context = NULL;
  if (argc != 2) {
    fprintf(stderr, "usage: %s KERNELS.flex\n", argv[0]);
    return 1;
  }
  if (!check(NULL, flex_context_create(NULL, &context), "context"))
    return 1;
  int code = run(context, argv[1]);
  flex_context_destroy(context);
  return code;
}
