/*===- flex.h - The C ABI of the Flex runtime --------------------*- C -*-===*\
|*
|* Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* The one interface for applications: open a context, load a kernel file or
|* image, get a kernel, launch it on DLPack tensors. Python and every foreign
|* language use only this. The ABI only grows: structs start with their size,
|* functions and codes are never changed or removed.
|*
|* Conventions. A function that can fail returns a flex_status; the message is
|* flex_last_error(context), valid on the calling thread until its next failing
|* call. Handles are reference counted by their parents: a module may be
|* destroyed while its kernels are in use, a context not before its modules and
|* kernels. Every function may be called from any thread at any time, except
|* that nothing may use a handle that another thread is destroying. Returned
|* strings live as long as the handle they were asked from.
|*
\*===----------------------------------------------------------------------===*/
#ifndef FLEX_C_FLEX_H
#define FLEX_C_FLEX_H

#include <dlpack/dlpack.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FLEX_API __attribute__((visibility("default")))
#else
#define FLEX_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* DLPack's code of bool, which headers before 0.8 lack. A byte, 0 or 1. */
#define FLEX_DL_BOOL 6
/* DLPack's codes of the eight-bit floats, which headers before 1.1 lack. i4 and u4 are kDLInt and kDLUInt of 4 bits,
   one lane: two a byte, the first in the low half, dense in row-major order. */
#define FLEX_DL_FLOAT8_E4M3FN 10
#define FLEX_DL_FLOAT8_E5M2 12

typedef enum flex_status {
  FLEX_OK = 0,
  FLEX_INVALID_ARGUMENT = 1, /* the message says what was expected and what was found */
  FLEX_NOT_FOUND = 2,
  FLEX_UNAVAILABLE = 3, /* a driver, library or device is missing here */
  FLEX_UNIMPLEMENTED = 4,
  FLEX_DATA_LOSS = 5, /* stored bytes are damaged */
  FLEX_RESOURCE_EXHAUSTED = 6,
  FLEX_PERMISSION_DENIED = 7,
  FLEX_COMPILE_ERROR = 8, /* the message holds the compiler's diagnostics */
  FLEX_DEVICE_ERROR = 9,
  FLEX_INTERNAL = 10
} flex_status;

typedef enum flex_log_level {
  FLEX_LOG_DEBUG = 0,
  FLEX_LOG_INFO = 1,
  FLEX_LOG_WARNING = 2,
  FLEX_LOG_ERROR = 3
} flex_log_level;

/* May be called from any thread. */
typedef void (*flex_log_fn)(void *user, flex_log_level level, const char *message);

/* Must call task(task_data, i) once for each i in [0, count), on any threads,
   and return when all are done. Replaces the runtime's thread pool. */
typedef void (*flex_parallel_for_fn)(void *user, int64_t count, void (*task)(void *task_data, int64_t index),
                                     void *task_data);

typedef struct flex_context flex_context;
typedef struct flex_module flex_module;
typedef struct flex_kernel flex_kernel;
typedef struct flex_event flex_event;

typedef struct flex_key_value {
  const char *key;
  const char *value;
} flex_key_value;

/* Zero means the default everywhere. Start with FLEX_CONTEXT_OPTIONS_INIT. */
typedef struct flex_context_options {
  size_t struct_size;
  const char *device;    /* pins all launches, e.g. "host"; else FLEX_DEVICE, else the scheduler chooses */
  const char *cache_dir; /* else FLEX_CACHE_DIR, $XDG_CACHE_HOME/flex, ~/.cache/flex; "" turns the disk cache off */
  uint64_t cache_max_bytes;
  int threads; /* else FLEX_NUM_THREADS, else all processors of the process */
  int pin_threads;
  flex_parallel_for_fn parallel_for;
  void *parallel_for_user;
  flex_log_fn log; /* else nothing is printed */
  void *log_user;
  const char *compiler_path;       /* libflexc.so; else FLEX_COMPILER_LIB, else beside libflexrt.so */
  const char *const *import_paths; /* for `import` in sources, after the source's own folder */
  size_t import_path_count;
  const flex_key_value *compile_options; /* for every compilation, e.g. numerics = strict */
  size_t compile_option_count;
} flex_context_options;

#define FLEX_CONTEXT_OPTIONS_INIT {sizeof(flex_context_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* "0.1.0" */
FLEX_API const char *flex_version(void);
FLEX_API const char *flex_status_name(flex_status status);

/* options may be null. On failure *context is null and the message is flex_last_error(NULL). */
FLEX_API flex_status flex_context_create(const flex_context_options *options, flex_context **context);
FLEX_API void flex_context_destroy(flex_context *context);
FLEX_API const char *flex_last_error(const flex_context *context);

/* Devices. Opens every driver. Unusable ones are listed with a reason. */
typedef struct flex_device_info {
  size_t struct_size;
  const char *id;
  const char *name;
  const char *kind;
  const char *target;      /* what `flexc --target` compiles for to run here */
  const char *unavailable; /* why it cannot be used; null if it can */
  double gflops, memory_gbs, transfer_gbs, transfer_latency_us;
  int64_t memory_bytes, compute_units;
} flex_device_info;
FLEX_API size_t flex_device_count(flex_context *context);
/* info->struct_size must be set by the caller. Strings live as long as the context. */
FLEX_API flex_status flex_device_get(flex_context *context, size_t index, flex_device_info *info);

/* Modules. A source is described by the compiler (or the cache) at once, and
   compiled per launch; errors in it are FLEX_COMPILE_ERROR with diagnostics.
   file_name may be null; it is used in messages and for relative imports. */
FLEX_API flex_status flex_module_load_source(flex_context *context, const char *source, size_t size,
                                             const char *file_name, flex_module **module);
/* A .fxk image, else a source. */
FLEX_API flex_status flex_module_load_file(flex_context *context, const char *path, flex_module **module);
FLEX_API flex_status flex_module_load_image(flex_context *context, const void *data, size_t size, flex_module **module);
FLEX_API void flex_module_destroy(flex_module *module);
FLEX_API size_t flex_module_kernel_count(const flex_module *module);
FLEX_API const char *flex_module_kernel_name(const flex_module *module, size_t index);

/* Kernels. name may be null if the module has exactly one. */
FLEX_API flex_status flex_kernel_get(flex_module *module, const char *name, flex_kernel **kernel);
FLEX_API void flex_kernel_destroy(flex_kernel *kernel);

/* The signature. Tensors: the parameters, then the results. */
typedef struct flex_tensor_info {
  size_t struct_size;
  const char *name;
  const char *dtype; /* "f32", …, or a type parameter's name */
  int rank;
  const char *const *shape;  /* rank expressions over the kernel's dims, e.g. "H - R + 1" */
  const char *default_value; /* of a scalar parameter that may be left out, as a decimal number; else null */
  int64_t alias;             /* of a result that is stored over a parameter (inout), which one; else -1 */
} flex_tensor_info;
FLEX_API const char *flex_kernel_name(const flex_kernel *kernel);
FLEX_API const char *flex_kernel_doc(const flex_kernel *kernel);
FLEX_API size_t flex_kernel_param_count(const flex_kernel *kernel);
FLEX_API size_t flex_kernel_result_count(const flex_kernel *kernel);
FLEX_API flex_status flex_kernel_param(const flex_kernel *kernel, size_t index, flex_tensor_info *info);
FLEX_API flex_status flex_kernel_result(const flex_kernel *kernel, size_t index, flex_tensor_info *info);
FLEX_API size_t flex_kernel_dim_count(const flex_kernel *kernel);
FLEX_API const char *flex_kernel_dim(const flex_kernel *kernel, size_t index);
/* Type parameters, each as "T: f16 | bf16 | f32". */
FLEX_API size_t flex_kernel_type_param_count(const flex_kernel *kernel);
FLEX_API const char *flex_kernel_type_param(const flex_kernel *kernel, size_t index);

/* Fixes dimensions (decimal value) and type parameters (dtype) by name, and
   compiles at once, so that a wrong one fails here. */
FLEX_API flex_status flex_kernel_specialize(flex_kernel *kernel, const flex_key_value *bindings, size_t count,
                                            flex_kernel **specialized);

/* Binds arguments: gives a kernel of the remaining parameters that holds these tensors, by the parameters' names. What
   follows from bound arguments (and from shapes) alone is done once, at the first launch of a shape, and kept with the
   bound kernel: weights in the layout that the code reads, a narrow type widened, a transposed copy, on a device with
   memory of its own the transfer. Dimensions that follow from the tensors are fixed. Results are those of the unbound
   kernel: the same bits where its numerics are strict, within the same bounds otherwise.
   The data is not copied: it must stay as it is, and where it is, until the bound kernel is destroyed and its launches
   are over. (A tensor with strides, or at an odd address, is copied now.) For other data bind again, and destroy the
   old kernel, which frees what it kept. Kernels may be bound again for further parameters; one kernel may be bound many
   times. Launches of a bound kernel may run at the same time on several threads.
   FLEX_INVALID_ARGUMENT: no such parameter, one that is bound or that a result is stored over, a tensor whose type or
   shape does not fit. flex_kernel_param and its like speak of the remaining parameters. flex_kernel_tune is for the
   kernel that was bound; the bound one takes the schedule. */
FLEX_API flex_status flex_kernel_bind(flex_kernel *kernel, const char *const *names, DLTensor *const *tensors,
                                      size_t count, flex_kernel **bound);

/* The results' shapes and dtypes that a launch on these arguments gives, so
   that the caller can allocate. Arguments may be left out as in flex_launch. Of each args[i] everything but data is
   read; each results[i] gets ndim and dtype, and its shape is written to results[i]->shape, which must have room for
   rank entries. */
FLEX_API flex_status flex_kernel_infer(flex_kernel *kernel, DLTensor *const *args, size_t arg_count,
                                       DLTensor *const *results, size_t result_count);

typedef enum flex_specialize {
  FLEX_SPECIALIZE_STATIC = 0,  /* compile for the shapes of the call: fastest, one compilation per shape */
  FLEX_SPECIALIZE_DYNAMIC = 1, /* compile once with open dimensions */
  FLEX_SPECIALIZE_HOT = 2      /* as DYNAMIC; shapes that much time is spent on are compiled for themselves, beside the
                                  launches, which take that code once it is there. Results may then change within what
                                  the kernel's numerics policy allows. */
} flex_specialize;

typedef struct flex_launch_options {
  size_t struct_size;
  const char *device; /* pins this launch */
  flex_specialize specialize;
  flex_event **event; /* not null: return at once, wait with flex_wait; tensors must live until then */
} flex_launch_options;

#define FLEX_LAUNCH_OPTIONS_INIT {sizeof(flex_launch_options), 0, FLEX_SPECIALIZE_STATIC, 0}

/* Tensors lie in host memory (kDLCPU), with any strides. Results are
   preallocated by the caller and may overlap the arguments. options may be null.
   A scalar with a default may be left out: a null pointer in args, or fewer args where all the last ones have
   defaults. A result that is stored over a parameter (flex_tensor_info.alias) may be left out in the same way: then
   the argument's memory is overwritten. */
FLEX_API flex_status flex_launch(flex_kernel *kernel, DLTensor *const *args, size_t arg_count, DLTensor *const *results,
                                 size_t result_count, const flex_launch_options *options);
/* Waits, gives the launch's status, and destroys the event. */
FLEX_API flex_status flex_wait(flex_event *event);
/* 1 if flex_wait would not block. */
FLEX_API int flex_event_done(const flex_event *event);

typedef enum flex_code_origin {
  FLEX_FROM_MEMORY = 0, /* already loaded in this process */
  FLEX_FROM_DISK = 1,   /* the disk cache */
  FLEX_FROM_COMPILER = 2,
  FLEX_FROM_IMAGE = 3 /* the image that was loaded */
} flex_code_origin;

typedef struct flex_launch_info {
  size_t struct_size;
  const char *device; /* valid until this thread's next launch */
  flex_code_origin origin;
  double prepare_seconds;   /* finding, compiling and loading the code */
  double run_seconds;       /* transfers and execution */
  double predicted_seconds; /* of run_seconds; 0 if nothing was predicted */
} flex_launch_info;
/* Of the calling thread's last flex_launch or flex_wait of this context that succeeded. */
FLEX_API flex_status flex_last_launch_info(const flex_context *context, flex_launch_info *info);
/* Why that launch ran where it did: predicted cost per device, what was measured. Valid until the thread's next call.
 */
FLEX_API const char *flex_explain_last_launch(const flex_context *context);

/* Tuning. What is done next, in words: called on the thread that tunes. Must not tune itself. */
typedef void (*flex_tune_progress_fn)(void *user, const char *text);

typedef struct flex_tune_options {
  size_t struct_size;
  const char *device; /* else the context's, else the host; only the host's processors can be tuned */
  flex_tune_progress_fn progress;
  void *progress_user;
} flex_tune_options;

#define FLEX_TUNE_OPTIONS_INIT {sizeof(flex_tune_options), 0, 0, 0}

typedef struct flex_tune_info {
  size_t struct_size;
  double model_seconds;        /* a launch by the cost model's choice */
  double best_seconds;         /* by the best schedule found, which may be that choice */
  double gain;                 /* model_seconds / best_seconds - 1 */
  const char *schedule;        /* "gemm_0 {rows 6, vectors 4}"; "" if the choice stays. Valid until this thread's next
                                  flex_kernel_tune. */
  int64_t tried, unfit, wrong; /* candidates; of them, those that do not compile, and those that computed something
                                  else: left out, and a fault of Flex */
  int is_recorded;             /* 1: the record is in the file of tuning records */
} flex_tune_info;

/* Looks for a schedule of the kernel that is faster for arguments of these shapes than the cost model's choice. Blocks
   until the budget of `seconds` is spent or nothing is left to try; what has begun then is finished, which is the
   compilation of one candidate and a few launches. From its return on, launches in this context on such shapes use what
   was found, and so does every later process of the user, by a record in the file FLEX_TUNING names. Nothing is
   recorded where that is "off", if writing fails (a log message says why), or if no candidate was tried in so short a
   time.
   Arguments are those of flex_launch; they are not written to, results lie in memory of the search's own. Candidates
   run in this process. Launches of other threads spoil the measurements; other searches wait for this one.
   options and info may be null; info->struct_size must be set by the caller. FLEX_INVALID_ARGUMENT: the budget is not
   above 0, the arguments leave a dimension open, the kernel is of an image. FLEX_UNIMPLEMENTED: a device other than the
   host, a kernel without schedules. */
FLEX_API flex_status flex_kernel_tune(flex_kernel *kernel, DLTensor *const *args, size_t arg_count, double seconds,
                                      const flex_tune_options *options, flex_tune_info *info);

#ifdef __cplusplus
}
#endif
#endif
