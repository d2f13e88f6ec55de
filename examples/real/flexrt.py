"""libflexrt from Python with nothing but ctypes and NumPy: the part of the C ABI (include/flex-c/flex.h) that run.py needs.

    context = Context(device="host")
    kernel = context.load("k.flex").kernel("softmax")
    (y,) = kernel(x)
    context.last_launch()      # where it ran, where the code came from, how long it took
"""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint64, c_void_p
from dataclasses import dataclass

import numpy as np

ORIGINS = ("memory", "disk cache", "compiler", "image")
KINDS = {"i": 0, "u": 1, "f": 2, "b": 6}  # DLPack's type codes
MAX_RANK = 16


class FlexError(RuntimeError):
    """What flex_last_error said."""


class DLTensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
                ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)), ("offset", c_uint64)]


class ContextOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p), ("cache_dir", c_char_p), ("cache_max_bytes", c_uint64),
                ("threads", c_int), ("pin_threads", c_int), ("parallel_for", c_void_p), ("parallel_for_user", c_void_p),
                ("log", c_void_p), ("log_user", c_void_p), ("compiler_path", c_char_p), ("import_paths", c_void_p),
                ("import_path_count", c_size_t), ("compile_options", c_void_p), ("compile_option_count", c_size_t)]


class LaunchOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p), ("specialize", c_int), ("event", c_void_p)]


class LaunchInfo(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("device", c_char_p), ("origin", c_int), ("prepare_seconds", c_double),
                ("run_seconds", c_double), ("predicted_seconds", c_double)]


@dataclass
class Launch:
    """One launch: the device, where its code came from, seconds to get the code and seconds to run it."""

    device: str
    origin: str
    prepare: float
    run: float


def tensor_of(array):
    """A DLTensor that borrows `array`'s memory; keep both alive while it is used."""
    shape = (c_int64 * max(array.ndim, 1))(*array.shape)
    strides = (c_int64 * max(array.ndim, 1))(*(step // array.itemsize for step in array.strides))
    tensor = DLTensor(array.ctypes.data, 1, 0, array.ndim, KINDS[array.dtype.kind], array.dtype.itemsize * 8, 1, shape, strides, 0)
    tensor.keep = (array, shape, strides)
    return tensor


def pointers(tensors):
    return (POINTER(DLTensor) * max(len(tensors), 1))(*map(ctypes.pointer, tensors))


def dtype_of(tensor):
    kind = {code: kind for kind, code in KINDS.items()}[tensor.code]
    return np.dtype(bool) if kind == "b" else np.dtype(f"{kind}{tensor.bits // 8}")


class Kernel:
    """A kernel of a module; calling it allocates the results and launches."""

    def __init__(self, module, name):
        self.context, self.module, self.name, self.handle = module.context, module, name, c_void_p()
        self.context.check(self.context.lib.flex_kernel_get(module.handle, name.encode(), byref(self.handle)))

    def __call__(self, *arrays, device=None):
        lib, args = self.context.lib, [tensor_of(np.asarray(array)) for array in arrays]
        count = lib.flex_kernel_result_count(self.handle)
        inferred = [DLTensor(shape=(c_int64 * MAX_RANK)()) for _ in range(count)]
        self.context.check(lib.flex_kernel_infer(self.handle, pointers(args), len(args), pointers(inferred), count))
        results = [np.empty(tuple(tensor.shape[: tensor.ndim]), dtype_of(tensor)) for tensor in inferred]
        self.launch(args, [tensor_of(array) for array in results], device)
        return results

    def launch(self, args, results, device=None):
        """Launches on DLTensors made by `tensor_of`; waits."""
        options = LaunchOptions(ctypes.sizeof(LaunchOptions), device.encode() if device else None, 0, None)
        lib = self.context.lib
        self.context.check(lib.flex_launch(self.handle, pointers(args), len(args), pointers(results), len(results), byref(options)))

    def __del__(self):
        if self.handle:
            self.context.lib.flex_kernel_destroy(self.handle)


class Module:
    def __init__(self, context, path):
        self.context, self.handle = context, c_void_p()
        context.check(context.lib.flex_module_load_file(context.handle, str(path).encode(), byref(self.handle)))

    def kernel(self, name):
        return Kernel(self, name)

    def __del__(self):
        if self.handle:
            self.context.lib.flex_module_destroy(self.handle)


class Context:
    """Devices, cache and everything loaded; `device` pins all launches."""

    def __init__(self, library, device=None):
        self.lib, self.handle = ctypes.CDLL(str(library)), c_void_p()
        self.lib.flex_last_error.restype = c_char_p
        self.lib.flex_status_name.restype = c_char_p
        self.lib.flex_kernel_result_count.restype = c_size_t
        for name in ("module_load_file", "kernel_get", "kernel_infer", "launch", "last_launch_info", "context_destroy",
                     "module_destroy", "kernel_destroy", "kernel_result_count", "last_error"):
            getattr(self.lib, f"flex_{name}").argtypes = None  # handles are c_void_p objects, so ctypes passes them whole
        options = ContextOptions(struct_size=ctypes.sizeof(ContextOptions), device=device.encode() if device else None)
        self.check(self.lib.flex_context_create(byref(options), byref(self.handle)))

    def load(self, path):
        return Module(self, path)

    def last_launch(self):
        info = LaunchInfo(struct_size=ctypes.sizeof(LaunchInfo))
        self.check(self.lib.flex_last_launch_info(self.handle, byref(info)))
        return Launch(info.device.decode(), ORIGINS[info.origin], info.prepare_seconds, info.run_seconds)

    def check(self, status):
        if status:
            message = (self.lib.flex_last_error(self.handle) or b"").decode()
            raise FlexError(f"{self.lib.flex_status_name(status).decode()}: {message}")

    def __del__(self):
        if getattr(self, "handle", None):
            self.lib.flex_context_destroy(self.handle)
