"""Flex from Python: kernels written once, compiled and launched on this machine's devices.

    import flex
    y = flex.load("nn.flex").softmax(x)          # NumPy arrays in, NumPy arrays out

    context = flex.Context(device="host")        # a context of one's own: device, cache, threads
    kernel = context.load("nn.flex").kernel("softmax")
    kernel(x, out=y)                             # into memory that is there
    context.last_launch()                        # where it ran, where the code came from, how long it took

Only the C ABI (include/flex-c/flex.h) is used, by ctypes: no build, no dependency but NumPy. bf16, f8 and 4-bit integers are ml_dtypes'
types where that package is installed. Arguments may be NumPy arrays, numbers, or anything with `__dlpack__` in host memory.
"""

import ctypes
import threading
from ctypes import byref, c_char_p, c_int64, c_void_p
from dataclasses import dataclass

import numpy as np

from ._abi import (MAX_RANK, ContextOptions, DeviceInfo, DLTensor, FlexError, KeyValue, LaunchInfo, LaunchOptions, TensorInfo, TUNE_PROGRESS,
                   TuneInfo, TuneOptions, check, open_library, pointers)

try:
    import ml_dtypes
except ImportError:  # then arrays of the types NumPy lacks cannot exist either
    ml_dtypes = None

__all__ = ["Context", "Device", "FlexError", "Kernel", "Launch", "Module", "Signature", "Tensor", "Tuning", "load", "loads"]
__version__ = "0.1.0"

ORIGINS = ("memory", "disk cache", "compiler", "image")
# DLPack's type code and bits; what NumPy lacks by the name of ml_dtypes.
DTYPES = {"bool": (6, 8), "int8": (0, 8), "int16": (0, 16), "int32": (0, 32), "int64": (0, 64), "uint8": (1, 8), "uint16": (1, 16),
          "uint32": (1, 32), "uint64": (1, 64), "float16": (2, 16), "bfloat16": (4, 16), "float32": (2, 32), "float64": (2, 64),
          "float8_e4m3fn": (10, 8), "float8_e5m2": (12, 8), "int4": (0, 4), "uint4": (1, 4)}
NAMES = {code: name for name, code in DTYPES.items()}


def _dtype(tensor):
    name = NAMES.get((tensor.code, tensor.bits))
    if name is None or (not hasattr(np, name) and name != "bool" and ml_dtypes is None):
        raise FlexError("unavailable", f"results of {name or 'this type'} need the package ml_dtypes")
    return np.dtype(bool) if name == "bool" else np.dtype(name if hasattr(np, name) else getattr(ml_dtypes, name))


def _tensor(array):
    """A DLTensor that borrows `array`'s memory and keeps it alive."""
    code = DTYPES.get(array.dtype.name)
    if code is None or not array.dtype.isnative:
        raise TypeError(f"no Flex type for NumPy's {array.dtype}; there are {', '.join(DTYPES)}, in native byte order")
    if any(step % array.itemsize for step in array.strides):
        array = np.ascontiguousarray(array)
    if code[1] == 4:
        return _packed(array, code)
    shape = (c_int64 * max(array.ndim, 1))(*array.shape)
    strides = (c_int64 * max(array.ndim, 1))(*(step // array.itemsize for step in array.strides))
    tensor = DLTensor(array.ctypes.data, 1, 0, array.ndim, *code, 1, shape, strides, 0)
    tensor.keep = (array, shape, strides)
    return tensor


def _packed(array, code):
    """A DLTensor of 4-bit integers, two a byte; ml_dtypes keeps one a byte, so this is a copy. `unpack` writes it back."""
    shape = (c_int64 * max(array.ndim, 1))(*array.shape)
    nibbles = np.zeros(array.size + array.size % 2, np.uint8)
    nibbles[: array.size] = np.ascontiguousarray(array).view(np.uint8).ravel() & 15
    data = nibbles[::2] | nibbles[1::2] << 4
    tensor = DLTensor(data.ctypes.data, 1, 0, array.ndim, *code, 1, shape, None, 0)
    tensor.keep = (data, shape)

    def unpack():
        both = np.stack([data & 15, data >> 4], axis=1).ravel()[: array.size]
        array[...] = (both.astype(np.int8) << 4 >> 4 if code[0] == 0 else both).reshape(array.shape).astype(array.dtype)
    tensor.unpack = unpack
    return tensor


def _numpy_type(dtype):
    """NumPy's type of Flex's `dtype`; None if there is none, as for a type parameter."""
    name = {"bf16": "bfloat16", "bool": "bool"}.get(dtype) or {"f": "float", "i": "int", "u": "uint"}.get(dtype[:1], "") + dtype[1:]
    return None if name not in DTYPES else np.dtype(name) if name == "bool" or hasattr(np, name) else getattr(ml_dtypes, name, None)


def _arrays(values, dtypes):
    """Arguments as arrays. A Python number takes the parameter's type; of a type parameter, that of an array which has the same one."""
    arrays = [value if isinstance(value, np.ndarray) else None if isinstance(value, (bool, int, float)) else
              None if value is None else np.from_dlpack(value) if hasattr(value, "__dlpack__") else np.asarray(value) for value in values]
    met = {dtype: array.dtype for dtype, array in zip(dtypes, arrays) if array is not None}
    return [array if array is not None or value is None else np.asarray(value, _numpy_type(dtype) or met.get(dtype))
            for array, value, dtype in zip(arrays, values, dtypes)]


@dataclass(frozen=True)
class Launch:
    """One launch: the device, where its code came from ("memory", "disk cache", "compiler", "image"), seconds to get the code, seconds
    to run it (transfers included), and what the scheduler had predicted for that (0: nothing)."""

    device: str
    origin: str
    prepare: float
    run: float
    predicted: float


@dataclass(frozen=True)
class Tuning:
    """What `Kernel.tune` found: seconds of a launch by the cost model's choice and by the best schedule (the same where nothing is better),
    that schedule ("": the choice stays), how many candidates were tried, how many of them do not compile (`unfit`) and computed something
    else (`wrong`: left out, a fault of Flex), and whether the record is in the file for later processes."""

    model_seconds: float
    best_seconds: float
    schedule: str
    tried: int
    unfit: int
    wrong: int
    recorded: bool

    @property
    def gain(self):
        """0.1: the cost model's choice takes a tenth longer."""
        return self.model_seconds / self.best_seconds - 1 if self.best_seconds > 0 else 0.0


@dataclass(frozen=True)
class Device:
    """A device as `flexc devices` shows it; `unavailable` says why it cannot be used, else None. Rates in GFLOP/s, GB/s."""

    id: str
    name: str
    kind: str
    target: str
    unavailable: str | None
    gflops: float
    memory_gbs: float


@dataclass(frozen=True)
class Tensor:
    """A parameter or result: the dtype, the shape as texts over named dimensions, whether the kernel stores into it, and the text of the
    number that stands for a parameter that is left out (None: it may not be)."""

    name: str
    dtype: str
    shape: tuple
    inout: bool = False
    default: str | None = None

    def __str__(self):
        shape = f"[{', '.join(self.shape)}]" if self.shape else ""
        return "inout " * self.inout + self.dtype + shape + (f" = {self.default}" if self.default is not None else "")


@dataclass(frozen=True)
class Signature:
    """Parameters and results of a kernel as `Tensor`s. Results that are stored over an inout parameter come with it, not here."""

    name: str
    doc: str
    parameters: tuple
    results: tuple

    def __str__(self):
        head = f"{self.name}({', '.join(f'{tensor.name}: {tensor}' for tensor in self.parameters)})"
        results = ", ".join(map(str, self.results))
        return head + (f" -> {results}" if len(self.results) == 1 else f" -> ({results})" if results else "")


class Kernel:
    """A kernel of a module. Calling it allocates the results, launches and waits; several results come as a tuple."""

    def __init__(self, context, handle, types=None, bound=()):  # no reference to the module: it keeps its kernels, and the ABI lets it go first
        self._context, self._handle, self._types, self._bound = context, handle, types or {}, bound
        self.signature = self._read_signature()
        self.__name__, self.__doc__ = self.signature.name, f"{self.signature}\n\n{self.signature.doc}"

    @property
    def _lib(self):
        return self._context._lib

    def _read_signature(self):
        """The signature; sets `_result_count`, of the C ABI, and `_free`, which of those results are the caller's."""
        def infos(count, get):
            for index in range(count):
                info = TensorInfo(struct_size=ctypes.sizeof(TensorInfo))
                self._context._check(get(self._handle, index, byref(info)))
                yield info
        def tensor(info, inout=False):
            shape = tuple(info.shape[i].decode() for i in range(info.rank))
            return Tensor(info.name.decode(), info.dtype.decode(), shape, inout, info.default_value and info.default_value.decode())
        lib, handle = self._lib, self._handle
        self._result_count = lib.flex_kernel_result_count(handle)
        results = list(infos(self._result_count, lib.flex_kernel_result))
        aliases = {info.alias for info in results}
        self._free = [index for index, info in enumerate(results) if info.alias < 0]
        parameters = infos(lib.flex_kernel_param_count(handle), lib.flex_kernel_param)
        return Signature(lib.flex_kernel_name(handle).decode(), (lib.flex_kernel_doc(handle) or b"").decode(),
                         tuple(tensor(info, index in aliases) for index, info in enumerate(parameters)),
                         tuple(tensor(results[index]) for index in self._free))

    def __repr__(self):
        return f"<flex kernel {self.signature}>"

    def __call__(self, *arguments, out=None, device=None, dynamic=False, **named):
        """Launches on arrays or numbers, by position or by the parameters' names.

        out: an array, or a tuple of arrays, for the results; else they are allocated. device: pins this launch. dynamic: compile once
        for all shapes instead of for the shapes of this call; "hot": and then, in the background, for each shape that much time is
        spent on. Raises FlexError with the runtime's message.
        """
        values, arrays = self._values(arguments, named)
        parameters = self.signature.parameters
        for array, value, tensor in zip(arrays, values, parameters):
            if tensor.inout and (array is not value or not array.flags.writeable):
                raise TypeError(f"{self.signature.name} stores into '{tensor.name}': it takes a writable NumPy array")
        tensors = [array if array is None else _tensor(array) for array in arrays]
        if out is None:
            results = self._allocate(tensors)
        else:
            results = list(out) if isinstance(out, (tuple, list)) else [out]
            for array in results:
                if not isinstance(array, np.ndarray) or not array.flags.writeable:
                    raise TypeError("out takes writable NumPy arrays")
        given = [None] * self._result_count if len(results) == len(self._free) else [None] * len(results)
        for index, array in zip(self._free if len(given) == self._result_count else range(len(results)), results):
            given[index] = _tensor(array)
        self.launch(tensors, given, device, dynamic)
        written = [tensor for tensor, parameter in zip(tensors, parameters) if parameter.inout]
        for tensor in [*written, *given]:
            if hasattr(tensor, "unpack"):
                tensor.unpack()
        return results[0] if len(results) == 1 else tuple(results) if results else None

    def tune(self, *arguments, seconds=5, device=None, progress=None, **named):
        """Looks for a schedule that is faster for arguments of these shapes than the cost model's choice; a `Tuning`.

        Blocks for at most `seconds`, but for what has begun when they are over: one compilation and a few launches. From then on
        launches of this context on such shapes use what was found, and later processes by a record, unless FLEX_TUNING is "off".
        Arguments are those of a call, and are not written to. progress: called with a line of text for each step. Raises FlexError:
        the budget is not above 0, a device other than the host, a kernel of an image or without schedules.
        """
        tensors = [array if array is None else _tensor(array) for array in self._values(arguments, named)[1]]
        told, failed = ctypes.cast(None, TUNE_PROGRESS), []
        if progress is not None:
            def tell(_, text):
                try:
                    progress(text.decode(errors="replace"))
                except BaseException as error:  # cannot pass through C: raised below
                    failed.append(error)
            told = TUNE_PROGRESS(tell)
        options = TuneOptions(ctypes.sizeof(TuneOptions), device.encode() if device else None, told, None)
        info = TuneInfo(struct_size=ctypes.sizeof(TuneInfo))
        self._context._check(self._lib.flex_kernel_tune(self._handle, pointers(tensors), len(tensors), seconds, byref(options), byref(info)))
        if failed:
            raise failed[0]
        return Tuning(info.model_seconds, info.best_seconds, info.schedule.decode(), info.tried, info.unfit, info.wrong, bool(info.is_recorded))

    def _values(self, arguments, named):
        """What was given per parameter, and as arrays; None for what is left out."""
        values = self._arrange(arguments, named)
        dtypes = [self._types.get(tensor.dtype, tensor.dtype) for tensor in self.signature.parameters]
        return values, _arrays(values, dtypes + ["?"] * (len(values) - len(dtypes)))

    def _arrange(self, arguments, named):
        """Values in the order of the parameters; None for those that have a default and are left out."""
        values, named = list(arguments), dict(named)
        for tensor in self.signature.parameters[len(values):]:
            if tensor.name in named:
                values.append(named.pop(tensor.name))
            elif tensor.default is not None:
                values.append(None)
            else:
                raise TypeError(f"{self.signature.name} needs '{tensor.name}': {self.signature}")
        if named:
            raise TypeError(f"{self.signature.name} has no free parameter '{next(iter(named))}': {self.signature}")
        return values

    def _allocate(self, tensors):
        inferred = [DLTensor(shape=(c_int64 * MAX_RANK)()) for _ in range(self._result_count)]
        self._context._check(self._lib.flex_kernel_infer(self._handle, pointers(tensors), len(tensors), pointers(inferred), len(inferred)))
        return [np.empty(tuple(inferred[index].shape[: inferred[index].ndim]), _dtype(inferred[index])) for index in self._free]

    def launch(self, arguments, results, device=None, dynamic=False):
        """The bare launch on DLTensors made by `Kernel.tensor`; waits. What a timing loop calls."""
        options = LaunchOptions(ctypes.sizeof(LaunchOptions), device.encode() if device else None, 2 if dynamic == "hot" else int(dynamic), None)
        self._context._check(self._lib.flex_launch(self._handle, pointers(arguments), len(arguments), pointers(results), len(results),
                                                   byref(options)))

    tensor = staticmethod(_tensor)

    def specialize(self, **bindings):
        """The kernel with dimensions (numbers) and type parameters ("f16") fixed, compiled now."""
        pairs = (KeyValue * max(len(bindings), 1))(*(KeyValue(key.encode(), str(value).encode()) for key, value in bindings.items()))
        handle = c_void_p()
        self._context._check(self._lib.flex_kernel_specialize(self._handle, pairs, len(bindings), byref(handle)))
        return Kernel(self._context, handle, {**self._types, **bindings}, self._bound)

    def bind(self, **arguments):
        """A kernel of the remaining parameters that holds these arrays: what follows from them alone is done once, at its first launch.

        For weights: they are brought into the layout that the code reads then, not by every launch. The arrays are kept alive, but not
        copied (one with strides is): they must not change while the kernel is there; for others, bind again. Raises FlexError: no such
        parameter, one that is bound or stored into, an array of another dtype or of a shape that does not fit.
        """
        dtypes = {tensor.name: self._types.get(tensor.dtype, tensor.dtype) for tensor in self.signature.parameters}
        arrays = _arrays(list(arguments.values()), [dtypes.get(name, "?") for name in arguments])
        tensors = [array if array is None else _tensor(array) for array in arrays]
        names = (c_char_p * max(len(arguments), 1))(*(name.encode() for name in arguments))
        handle = c_void_p()
        self._context._check(self._lib.flex_kernel_bind(self._handle, names, pointers(tensors), len(tensors), byref(handle)))
        return Kernel(self._context, handle, self._types, (*self._bound, *tensors, *arrays))

    def __del__(self):
        if getattr(self, "_handle", None):
            self._lib.flex_kernel_destroy(self._handle)


class Module:
    """A loaded kernel file or image; its kernels are attributes."""

    def __init__(self, context, handle):
        self._context, self._handle, self._kernels = context, handle, {}

    @property
    def names(self):
        lib = self._context._lib
        return [lib.flex_module_kernel_name(self._handle, index).decode() for index in range(lib.flex_module_kernel_count(self._handle))]

    def kernel(self, name=None):
        """The kernel of that name; without a name the only one."""
        if name not in self._kernels:
            handle = c_void_p()
            self._context._check(self._context._lib.flex_kernel_get(self._handle, name.encode() if name else None, byref(handle)))
            self._kernels[name] = Kernel(self._context, handle)
        return self._kernels[name]

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.names:
            raise AttributeError(f"no kernel '{name}'; there are {', '.join(self.names) or 'none'}")
        return self.kernel(name)

    def __dir__(self):
        return [*super().__dir__(), *self.names]

    def __del__(self):
        if getattr(self, "_handle", None):
            self._context._lib.flex_module_destroy(self._handle)


class Context:
    """Devices, cache and everything loaded.

    device: pins all launches, e.g. "host". cache_dir: "" turns the disk cache off. threads: of the host device. import_paths: for `import`
    in kernel files. compiler: libflexc.so. library: libflexrt.so. Each has the default of the C ABI.
    """

    def __init__(self, device=None, cache_dir=None, threads=0, import_paths=(), compiler=None, library=None):
        self._lib, self._handle = open_library(library), c_void_p()
        paths = (c_char_p * max(len(import_paths), 1))(*(str(path).encode() for path in import_paths))
        encode = lambda text: None if text is None else str(text).encode()
        options = ContextOptions(struct_size=ctypes.sizeof(ContextOptions), device=encode(device), cache_dir=encode(cache_dir),
                                 threads=threads, compiler_path=encode(compiler), import_paths=paths, import_path_count=len(import_paths))
        self._check(self._lib.flex_context_create(byref(options), byref(self._handle)))

    def _check(self, status):
        check(self._lib, self._handle, status)

    def load(self, path):
        """A kernel file (.flex, tensor IR) or image (.fxk)."""
        handle = c_void_p()
        self._check(self._lib.flex_module_load_file(self._handle, str(path).encode(), byref(handle)))
        return Module(self, handle)

    def loads(self, source, name="<string>"):
        """Kernel text, or the bytes of an image."""
        handle = c_void_p()
        if isinstance(source, bytes):
            self._check(self._lib.flex_module_load_image(self._handle, source, len(source), byref(handle)))
        else:
            text = source.encode()
            self._check(self._lib.flex_module_load_source(self._handle, text, len(text), name.encode(), byref(handle)))
        return Module(self, handle)

    @property
    def devices(self):
        found = []
        for index in range(self._lib.flex_device_count(self._handle)):
            info = DeviceInfo(struct_size=ctypes.sizeof(DeviceInfo))
            self._check(self._lib.flex_device_get(self._handle, index, byref(info)))
            text = lambda value: value.decode() if value is not None else None
            found.append(Device(text(info.id), text(info.name), text(info.kind), text(info.target), text(info.unavailable), info.gflops,
                                info.memory_gbs))
        return found

    def last_launch(self):
        """This thread's last launch that succeeded."""
        info = LaunchInfo(struct_size=ctypes.sizeof(LaunchInfo))
        self._check(self._lib.flex_last_launch_info(self._handle, byref(info)))
        return Launch(info.device.decode(), ORIGINS[info.origin], info.prepare_seconds, info.run_seconds, info.predicted_seconds)

    def explain(self):
        """Why the last launch ran where it did."""
        return (self._lib.flex_explain_last_launch(self._handle) or b"").decode()

    def __del__(self):
        if getattr(self, "_handle", None):
            self._lib.flex_context_destroy(self._handle)


_shared, _lock = [], threading.Lock()


def _default():
    with _lock:
        if not _shared:
            _shared.append(Context())
        return _shared[0]


def load(path):
    """Loads a kernel file or image into the process's default context."""
    return _default().load(path)


def loads(source, name="<string>"):
    """Loads kernel text or an image's bytes into the process's default context."""
    return _default().loads(source, name)
