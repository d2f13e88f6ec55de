"""The C ABI (include/flex-c/flex.h) as ctypes: structs, functions, the search for libflexrt. No meaning is added here."""

import ctypes
import os
from ctypes import POINTER, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint64, c_void_p
from pathlib import Path

MAX_RANK = 16


class FlexError(RuntimeError):
    """A call of the C ABI failed. `status` is flex_status_name's word, e.g. "compile error"."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


class DLTensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
                ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)), ("offset", c_uint64)]


class KeyValue(ctypes.Structure):
    _fields_ = [("key", c_char_p), ("value", c_char_p)]


class ContextOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p), ("cache_dir", c_char_p), ("cache_max_bytes", c_uint64),
                ("threads", c_int), ("pin_threads", c_int), ("parallel_for", c_void_p), ("parallel_for_user", c_void_p),
                ("log", c_void_p), ("log_user", c_void_p), ("compiler_path", c_char_p), ("import_paths", POINTER(c_char_p)),
                ("import_path_count", c_size_t), ("compile_options", POINTER(KeyValue)), ("compile_option_count", c_size_t)]


class DeviceInfo(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("id", c_char_p), ("name", c_char_p), ("kind", c_char_p), ("target", c_char_p),
                ("unavailable", c_char_p), ("gflops", c_double), ("memory_gbs", c_double), ("transfer_gbs", c_double),
                ("transfer_latency_us", c_double), ("memory_bytes", c_int64), ("compute_units", c_int64)]


class TensorInfo(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("name", c_char_p), ("dtype", c_char_p), ("rank", c_int), ("shape", POINTER(c_char_p)),
                ("default_value", c_char_p), ("alias", c_int64)]


class LaunchOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p), ("specialize", c_int), ("event", POINTER(c_void_p))]


class LaunchInfo(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p), ("origin", c_int), ("prepare_seconds", c_double),
                ("run_seconds", c_double), ("predicted_seconds", c_double)]


TUNE_PROGRESS = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)


class TuneOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p), ("progress", TUNE_PROGRESS), ("progress_user", c_void_p)]


class TuneInfo(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("model_seconds", c_double), ("best_seconds", c_double), ("gain", c_double),
                ("schedule", c_char_p), ("tried", c_int64), ("unfit", c_int64), ("wrong", c_int64), ("is_recorded", c_int)]


TENSORS = POINTER(POINTER(DLTensor))
HANDLE = c_void_p
OUT = POINTER(c_void_p)
# Function: result, then the arguments.
FUNCTIONS = {
    "version": (c_char_p,),
    "status_name": (c_char_p, c_int),
    "context_create": (c_int, POINTER(ContextOptions), OUT),
    "context_destroy": (None, HANDLE),
    "last_error": (c_char_p, HANDLE),
    "device_count": (c_size_t, HANDLE),
    "device_get": (c_int, HANDLE, c_size_t, POINTER(DeviceInfo)),
    "module_load_source": (c_int, HANDLE, c_char_p, c_size_t, c_char_p, OUT),
    "module_load_file": (c_int, HANDLE, c_char_p, OUT),
    "module_load_image": (c_int, HANDLE, c_char_p, c_size_t, OUT),
    "module_destroy": (None, HANDLE),
    "module_kernel_count": (c_size_t, HANDLE),
    "module_kernel_name": (c_char_p, HANDLE, c_size_t),
    "kernel_get": (c_int, HANDLE, c_char_p, OUT),
    "kernel_destroy": (None, HANDLE),
    "kernel_name": (c_char_p, HANDLE),
    "kernel_doc": (c_char_p, HANDLE),
    "kernel_param_count": (c_size_t, HANDLE),
    "kernel_result_count": (c_size_t, HANDLE),
    "kernel_param": (c_int, HANDLE, c_size_t, POINTER(TensorInfo)),
    "kernel_result": (c_int, HANDLE, c_size_t, POINTER(TensorInfo)),
    "kernel_specialize": (c_int, HANDLE, POINTER(KeyValue), c_size_t, OUT),
    "kernel_bind": (c_int, HANDLE, POINTER(c_char_p), TENSORS, c_size_t, OUT),
    "kernel_infer": (c_int, HANDLE, TENSORS, c_size_t, TENSORS, c_size_t),
    "kernel_tune": (c_int, HANDLE, TENSORS, c_size_t, c_double, POINTER(TuneOptions), POINTER(TuneInfo)),
    "launch": (c_int, HANDLE, TENSORS, c_size_t, TENSORS, c_size_t, POINTER(LaunchOptions)),
    "last_launch_info": (c_int, HANDLE, POINTER(LaunchInfo)),
    "explain_last_launch": (c_char_p, HANDLE),
}


def find_library():
    """libflexrt.so: $FLEX_LIBRARY, beside this package, an install's lib folder, this source tree's build; else the loader's choice."""
    here = Path(__file__).resolve().parent
    preset = os.environ.get("FLEX_PRESET", "dev")
    places = [here, *(parent / "lib" for parent in here.parents[:4]), here.parents[1] / "build" / preset / "lib"]
    if "FLEX_LIBRARY" in os.environ:
        return os.environ["FLEX_LIBRARY"]
    return next((str(folder / "libflexrt.so") for folder in places if (folder / "libflexrt.so").exists()), "libflexrt.so")


def open_library(path=None):
    """The runtime with typed functions; each is `lib.flex_NAME`."""
    path = str(path or find_library())
    try:
        lib = ctypes.CDLL(path)
    except OSError as error:
        raise FlexError("unavailable", f"cannot open libflexrt ({error}); FLEX_LIBRARY=/path/to/libflexrt.so names it") from None
    for name, (result, *arguments) in FUNCTIONS.items():
        function = getattr(lib, f"flex_{name}")
        function.restype, function.argtypes = result, arguments
    return lib


def pointers(tensors):
    """An array of pointers to DLTensors, for the functions that take several; None is what is left out."""
    return (POINTER(DLTensor) * max(len(tensors), 1))(*(tensor if tensor is None else ctypes.pointer(tensor) for tensor in tensors))


def check(lib, context, status):
    """Raises what flex_last_error says unless `status` is 0."""
    if status:
        message = (lib.flex_last_error(context) or b"").decode(errors="replace")
        raise FlexError(lib.flex_status_name(status).decode(), message)
