"""The runtime and the compiler's reference interpreter in one process, by ctypes: what the sweep runs its kernels with.

`Runtime` launches a kernel from source through the C ABI (include/flex-c/flex.h); `Reference` asks libflexc for the same
kernel by the interpreter, with the error that a correct device may make beside each element
(include/flex/Runtime/CompilerInterface.h). Tensors are `Tensor`s, because NumPy has no bf16.
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_void_p
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from flex._abi import MAX_RANK, ContextOptions, DLTensor, FlexError, LaunchOptions, check, open_library, pointers  # noqa: E402, F401

STORAGE = {"bool": "u1", "i8": "i1", "i16": "i2", "i32": "i4", "i64": "i8", "u8": "u1", "u16": "u2", "u32": "u4", "u64": "u8",
           "f16": "f2", "bf16": "u2", "f32": "f4", "f64": "f8"}
CODES = {"i": 0, "u": 1, "f": 2}
GUARD = 128  # bytes before and behind a result that no kernel may touch
GUARD_BYTE = 0xCB


class Tensor:
    """A dtype of Flex and the NumPy array that stores it (bf16 as uint16, bool as uint8); any strides."""

    def __init__(self, dtype, array):
        self.dtype, self.array = dtype, array
        assert array.dtype == np.dtype(STORAGE[dtype]), (dtype, array.dtype)

    def values(self):
        """Floats as f64; the others as they are."""
        if self.dtype == "bf16":
            return (np.ascontiguousarray(self.array).astype(np.uint32) << 16).view(np.float32).astype(np.float64).reshape(self.array.shape)
        return self.array.astype(np.float64) if self.dtype[0] == "f" else self.array


def is_float(dtype):
    return dtype in ("f16", "bf16", "f32", "f64")


def round_to(dtype, values):
    """Rounds an array of numbers to a dtype."""
    if dtype != "bf16":
        return Tensor(dtype, np.asarray(values).astype(STORAGE[dtype]))
    bits = np.asarray(values, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return Tensor("bf16", np.where(np.isnan(np.asarray(values, np.float32)), 0x7FC0, rounded).astype(np.uint16))


def as_dlpack(tensor):
    array = tensor.array
    shape = (c_int64 * max(array.ndim, 1))(*array.shape)
    strides = (c_int64 * max(array.ndim, 1))(*(step // array.itemsize for step in array.strides))
    code = 6 if tensor.dtype == "bool" else 4 if tensor.dtype == "bf16" else CODES[array.dtype.kind]
    out = DLTensor(array.ctypes.data, 1, 0, array.ndim, code, array.itemsize * 8, 1, shape, strides, 0)
    out.keep = (array, shape, strides)
    return out


def dtype_of(tensor):
    if tensor.code in (4, 6):
        return "bf16" if tensor.code == 4 else "bool"
    return "iuf"[tensor.code] + str(tensor.bits)


class Guarded:
    """A result full of ones bits (NaN, -1) with guard bytes around it."""

    def __init__(self, dtype, shape, filled=0xFF):
        count = int(np.prod(shape, dtype=np.int64)) * np.dtype(STORAGE[dtype]).itemsize
        self.bytes = np.full(count + 2 * GUARD, GUARD_BYTE, np.uint8)
        middle = self.bytes[GUARD : GUARD + count]
        middle[:] = filled
        self.tensor = Tensor(dtype, middle.view(STORAGE[dtype]).reshape(shape))

    def is_intact(self):
        return bool(np.all(self.bytes[:GUARD] == GUARD_BYTE) and np.all(self.bytes[-GUARD:] == GUARD_BYTE))


class Runtime:
    """One context of libflexrt; nothing is cached on disk."""

    file_name = b"sweep.flex"  # its ending says what a source is

    def __init__(self, library, device="host", threads=1, imports=()):
        self.lib, self.handle, self.kernels, self.modules = open_library(library), c_void_p(), {}, []
        paths = (c_char_p * max(len(imports), 1))(*(str(path).encode() for path in imports))
        options = ContextOptions(struct_size=ctypes.sizeof(ContextOptions), device=device.encode(), cache_dir=b"", threads=threads,
                                 import_paths=paths, import_path_count=len(imports))
        self.check(self.lib.flex_context_create(byref(options), byref(self.handle)))

    def check(self, status):
        check(self.lib, self.handle, status)

    def kernel(self, source, name):
        """`source`: kernel text, or the bytes of an image."""
        key = (source, name)
        if key not in self.kernels:
            module, kernel = c_void_p(), c_void_p()
            if isinstance(source, bytes):
                self.check(self.lib.flex_module_load_image(self.handle, source, len(source), byref(module)))
            else:
                text = source.encode()
                self.check(self.lib.flex_module_load_source(self.handle, text, len(text), self.file_name, byref(module)))
            self.modules.append(module)
            self.check(self.lib.flex_kernel_get(module, name.encode(), byref(kernel)))
            self.kernels[key] = kernel
        return self.kernels[key]

    def forget(self):
        """Gives all modules and compiled kernels back."""
        for kernel in self.kernels.values():
            self.lib.flex_kernel_destroy(kernel)
        for module in self.modules:
            self.lib.flex_module_destroy(module)
        self.kernels, self.modules = {}, []

    def infer(self, kernel, args):
        """Dtype and shape of each result."""
        count = self.lib.flex_kernel_result_count(kernel)
        out = [DLTensor(shape=(c_int64 * MAX_RANK)()) for _ in range(count)]
        self.check(self.lib.flex_kernel_infer(kernel, pointers(args), len(args), pointers(out), count))
        return [(dtype_of(tensor), tuple(tensor.shape[: tensor.ndim])) for tensor in out]

    def launch(self, kernel, args, results, dynamic=False):
        options = LaunchOptions(ctypes.sizeof(LaunchOptions), None, int(dynamic), None)
        args, results = [as_dlpack(tensor) for tensor in args], [as_dlpack(tensor) for tensor in results]
        self.check(self.lib.flex_launch(kernel, pointers(args), len(args), pointers(results), len(results), byref(options)))

    def run(self, source, name, args, dynamic=False):
        """Compiles and launches; the results, guarded."""
        kernel = self.kernel(source, name)
        types = self.infer(kernel, [as_dlpack(tensor) for tensor in args])
        results = [Guarded(dtype, shape) for dtype, shape in types]
        self.launch(kernel, args, [result.tensor for result in results], dynamic)
        return results


class String(ctypes.Structure):
    _fields_ = [("data", c_char_p), ("size", c_size_t)]

    def __init__(self, text=b""):
        super().__init__(text, len(text))


class Pair(ctypes.Structure):
    _fields_ = [("key", String), ("value", String)]


class Dim(ctypes.Structure):
    _fields_ = [("name", String), ("value", c_int64)]


class HostTensor(ctypes.Structure):
    _fields_ = [("dtype", String), ("shape", POINTER(c_int64)), ("rank", c_int64), ("data", c_void_p)]


class Request(ctypes.Structure):
    _fields_ = [("structSize", c_uint32), ("kind", c_uint32), ("source", String), ("fileName", String), ("kernel", String),
                ("targets", POINTER(String)), ("targetCount", c_size_t), ("dims", POINTER(Dim)), ("dimCount", c_size_t),
                ("types", POINTER(Pair)), ("typeCount", c_size_t), ("options", c_void_p), ("optionCount", c_size_t),
                ("importPaths", c_void_p), ("importPathCount", c_size_t), ("args", POINTER(HostTensor)), ("argCount", c_size_t),
                ("results", POINTER(HostTensor)), ("resultCount", c_size_t), ("bounds", POINTER(HostTensor)), ("boundCount", c_size_t)]


class Result(ctypes.Structure):
    _fields_ = [("structSize", c_uint32), ("status", c_int32), ("image", c_void_p), ("imageSize", c_size_t),
                ("diagnostics", String), ("diagnosticsJson", String), ("dependencies", c_void_p), ("dependencyCount", c_size_t),
                ("owner", c_void_p), ("timing", String)]


class Api(ctypes.Structure):
    _fields_ = [("abiVersion", c_uint32), ("structSize", c_uint32), ("buildId", c_char_p),
                ("compile", ctypes.CFUNCTYPE(c_int32, POINTER(Request), POINTER(Result))),
                ("freeResult", ctypes.CFUNCTYPE(None, POINTER(Result)))]


class Compiler:
    """libflexc: images for any target, and the reference interpreter."""

    COMPILE, INTERPRET = 1, 3
    file_name = b"sweep.flex"

    def __init__(self, library, imports=()):
        entry = ctypes.CDLL(str(library)).flexCompilerApi
        entry.restype = POINTER(Api)
        self.api = entry(c_uint32(1)).contents
        self.imports = (String * max(len(imports), 1))(*(String(str(path).encode()) for path in imports))
        self.import_count = len(imports)

    def image(self, source, name, target, dims, types):
        """The bytes of an image for one target; dimensions without a value stay open."""
        sizes = (Dim * max(len(dims), 1))(*(Dim(String(k.encode()), v) for k, v in dims.items()))
        pairs = (Pair * max(len(types), 1))(*(Pair(String(k.encode()), String(v.encode())) for k, v in types.items()))
        targets = (String * 1)(String(target.encode()))
        request = Request(structSize=ctypes.sizeof(Request), kind=self.COMPILE, source=String(source.encode()), fileName=String(self.file_name),
                          kernel=String(name.encode()), targets=targets, targetCount=1, dims=sizes, dimCount=len(dims), types=pairs, typeCount=len(types))
        return self._ask(request)

    def _ask(self, request):
        request.importPaths, request.importPathCount = ctypes.cast(self.imports, c_void_p), self.import_count
        result = Result(structSize=ctypes.sizeof(Result))
        status = self.api.compile(byref(request), byref(result))
        text = (result.diagnostics.data or b"")[: result.diagnostics.size]  # a copy: `data` of a structure is one
        image = ctypes.string_at(result.image, result.imageSize) if result.imageSize else b""
        self.api.freeResult(byref(result))
        if status:
            raise FlexError(f"compiler, status {status}", text.decode(errors="replace"))
        return image

    def interpret(self, source, name, args, result_types, types):
        """The results as `Tensor`s and, per element, how far a device may be off (inf: the input decides nothing)."""
        results = [Tensor(dtype, np.zeros(shape, STORAGE[dtype])) for dtype, shape in result_types]
        bounds = [Tensor("f64", np.zeros(shape)) for _, shape in result_types]
        dense = [Tensor(tensor.dtype, np.array(tensor.array, order="C", copy=True)) for tensor in args]
        keep, pairs = [], (Pair * max(len(types), 1))(*(Pair(String(k.encode()), String(v.encode())) for k, v in types.items()))

        def host(tensors):
            out = (HostTensor * max(len(tensors), 1))()
            for slot, tensor in zip(out, tensors):
                shape = (c_int64 * max(tensor.array.ndim, 1))(*tensor.array.shape)
                keep.append(shape)
                slot.dtype, slot.shape, slot.rank, slot.data = String(tensor.dtype.encode()), shape, tensor.array.ndim, tensor.array.ctypes.data
            return out

        request = Request(structSize=ctypes.sizeof(Request), kind=self.INTERPRET, source=String(source.encode()), fileName=String(self.file_name),
                          kernel=String(name.encode()), types=pairs, typeCount=len(types), args=host(dense), argCount=len(dense),
                          results=host(results), resultCount=len(results), bounds=host(bounds), boundCount=len(bounds))
        self._ask(request)
        return results, [bound.array for bound in bounds]
