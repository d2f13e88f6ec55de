/*===- CompilerInterface.h - How libflexrt calls libflexc --------*- C -*-===*\
|*
|* Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* The runtime opens libflexc.so on a cache miss and calls one function table.
|* C, versioned, and free of types of either side, so that a runtime and a
|* compiler of different builds refuse each other instead of crashing. libflexc
|* exports exactly one symbol, flexCompilerApi. All functions are thread-safe.
|*
\*===----------------------------------------------------------------------===*/
#ifndef FLEX_RUNTIME_COMPILERINTERFACE_H
#define FLEX_RUNTIME_COMPILERINTERFACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes with every incompatible change of this header. */
#define FLEX_COMPILER_ABI_VERSION 1u
#define FLEX_COMPILER_ENTRY "flexCompilerApi"

/* Bytes, not terminated. Never null where size > 0. */
typedef struct FlexCompilerString {
  const char *data;
  size_t size;
} FlexCompilerString;

typedef enum FlexCompilerRequestKind {
  /* An image with the signature of every kernel of the source and no programs.
     Dimensions stay open. A generic kernel lists its type parameters
     (ImageKernel::typeParams) and its tensors name them as their dtype. */
  FLEX_COMPILER_DESCRIBE = 0,
  /* An image with one kernel (or all, if `kernel` is empty), its dimensions and
     types bound as given, with a program for each target. A dimension without a
     binding stays open: the program works for every value of it. */
  FLEX_COMPILER_COMPILE = 1,
  /* The artefact of the stage named by option "emit" (flex/Support/Stages.h), as bytes in `image`. */
  FLEX_COMPILER_EMIT = 2,
  /* Runs the reference interpreter on `args` into `results`. No image. */
  FLEX_COMPILER_INTERPRET = 3,
  /* What this compiler is (version, targets, options), as JSON in `image`. No source. */
  FLEX_COMPILER_ABOUT = 4
} FlexCompilerRequestKind;

typedef struct FlexCompilerDim {
  FlexCompilerString name;
  int64_t value;
} FlexCompilerDim;

/* key and value: a type parameter and its dtype, an option and its value. */
typedef struct FlexCompilerPair {
  FlexCompilerString key, value;
} FlexCompilerPair;

/* A dense, row-major tensor in host memory. */
typedef struct FlexCompilerTensor {
  FlexCompilerString dtype;
  const int64_t *shape;
  int64_t rank;
  void *data;
} FlexCompilerTensor;

typedef struct FlexCompilerRequest {
  uint32_t structSize;               /* sizeof(FlexCompilerRequest) of the caller */
  uint32_t kind;                     /* FlexCompilerRequestKind */
  FlexCompilerString source;         /* text of a .flex file, or any other input flexc takes */
  FlexCompilerString fileName;       /* for diagnostics, the input's kind (by extension) and relative imports */
  FlexCompilerString kernel;         /* empty: all */
  const FlexCompilerString *targets; /* as `flexc --target` spells them, e.g. "cpu:native" */
  size_t targetCount;
  const FlexCompilerDim *dims;
  size_t dimCount;
  const FlexCompilerPair *types; /* type parameter -> dtype */
  size_t typeCount;
  const FlexCompilerPair *options; /* e.g. "numerics" -> "strict"; an unknown key is an error */
  size_t optionCount;
  const FlexCompilerString *importPaths;
  size_t importPathCount;
  const FlexCompilerTensor *args; /* FLEX_COMPILER_INTERPRET only, and from here on absent in older callers */
  size_t argCount;
  const FlexCompilerTensor *results; /* preallocated */
  size_t resultCount;
  /* None, or one f64 tensor per result: how far a correct device may be from it, per element
     (ir::TensorResult::bounds). Absent in older callers. */
  const FlexCompilerTensor *bounds;
  size_t boundCount;
} FlexCompilerRequest;

/* A file that the result depends on beside the source: an import. `hash` is
   flex::contentHash (flex/Binary/Hash.h) of its bytes; empty for a path that
   was looked at and is not there, because a file put there would be taken
   instead. Files inside the compiler are not listed. */
typedef struct FlexCompilerDependency {
  FlexCompilerString path; /* absolute */
  FlexCompilerString hash;
} FlexCompilerDependency;

typedef struct FlexCompilerResult {
  uint32_t structSize;  /* sizeof(FlexCompilerResult) of the caller */
  int32_t status;       /* flex::StatusCode: 0 ok, 8 the source has errors */
  const uint8_t *image; /* bytes of a .fxk; null unless status is 0 */
  size_t imageSize;
  FlexCompilerString diagnostics;             /* text with carets; warnings also when status is 0 */
  FlexCompilerString diagnosticsJson;         /* the same as JSON, may be empty */
  const FlexCompilerDependency *dependencies; /* also on failure */
  size_t dependencyCount;
  void *owner;               /* the compiler's; freeResult releases everything here */
  FlexCompilerString timing; /* per stage, as JSON; absent in older callers */
} FlexCompilerResult;

typedef struct FlexCompilerApi {
  uint32_t abiVersion; /* FLEX_COMPILER_ABI_VERSION of the compiler */
  uint32_t structSize; /* sizeof(FlexCompilerApi) of the compiler */
  const char *buildId; /* for people; the runtime's cache keys use the file's identity */
  /* Fills every field of *result (structSize is set by the caller) and returns result->status. */
  int32_t (*compile)(const FlexCompilerRequest *request, FlexCompilerResult *result);
  void (*freeResult)(FlexCompilerResult *result);
} FlexCompilerApi;

/* Null if this compiler cannot serve that version. */
typedef const FlexCompilerApi *(*FlexCompilerEntry)(uint32_t abiVersion);

/* What libflexc defines (visibility default). */
const FlexCompilerApi *flexCompilerApi(uint32_t abiVersion);

#ifdef __cplusplus
}
#endif
#endif
