"""The suite's kernels as ONNX models of a few nodes, for the peers that run such models. Filters of convolutions are constants of the model,
so that a library may pack them ahead; matrices where the row says that they are bound."""

import numpy as np
from peers import Unsupported

# kernel -> nodes "Op in in -> out out; attribute=value …". Inputs are the row's parameters; `y`, `z` its results.
# $name is a constant of CONSTANTS, {NAME} a dimension.
MODELS = {
    "gemm": "MatMul a b -> y", "gemm_f64": "MatMul a b -> y", "gemm_batched": "MatMul a b -> y", "gemm_f16": "MatMul a b -> y",
    "gemm_ta": "Gemm a b -> y; transA=1", "gemm_tb": "Gemm a b -> y; transB=1", "gemm_tab": "Gemm a b -> y; transA=1 transB=1",
    "gemm_u8s8": "MatMulInteger a b -> y", "gemm_s8s8": "MatMulInteger a b -> y",
    "dense_gelu": "MatMul x w -> p | Add p bias -> q | Gelu q -> y",
    "softmax": "Softmax x -> y; axis=-1", "log_softmax": "LogSoftmax x -> y; axis=-1",
    "layer_norm": "LayerNormalization x gain bias -> y; axis=-1 epsilon=1e-5", "rms_norm": "RMSNormalization x gain -> y; axis=-1 epsilon=1e-6",
    "gelu": "Gelu x -> y", "silu": "Sigmoid x -> s | Mul x s -> y", "swiglu": "Sigmoid gate -> s | Mul gate s -> t | Mul t up -> y", "add": "Add a b -> y",
    "sum_all": "ReduceSum x -> y; keepdims=0", "sum_rows": "ReduceSum x $one -> y; keepdims=0", "sum_columns": "ReduceSum x $zero -> y; keepdims=0",
    "max_rows": "ReduceMax x $one -> y; keepdims=0", "max_columns": "ReduceMax x $zero -> y; keepdims=0",
    "argmax_rows": "ArgMax x -> y; axis=1 keepdims=0", "argmax_columns": "ArgMax x -> y; axis=0 keepdims=0",
    "cumsum_rows": "CumSum x $axis1 -> y", "cumsum_columns": "CumSum x $axis0 -> y",
    "transpose2": "Transpose x -> y; perm=1,0", "transpose_heads": "Transpose x -> y; perm=0,2,1,3", "transpose_channels": "Transpose x -> y; perm=0,2,3,1",
    "embedding": "Gather table ids -> y; axis=0", "top_k8": "TopK x $eight -> y z; axis=1",
    "conv3x3_first": "Conv x f -> y; pads=1,1,1,1", "conv1x1_first": "Conv x f -> y",
    "conv7x7_first": "Conv x f -> y; pads=3,3,3,3 strides=2,2", "depthwise_first": "Conv x f -> y; pads=1,1,1,1 group={C}",
    "attention": "Unsqueeze q $zero -> q4 | Unsqueeze k $zero -> k4 | Unsqueeze v $zero -> v4 | Attention q4 k4 v4 -> y4 | Squeeze y4 $zero -> y",
    "attention_causal": "Unsqueeze q $zero -> q4 | Unsqueeze k $zero -> k4 | Unsqueeze v $zero -> v4 | Attention q4 k4 v4 -> y4; is_causal=1 | Squeeze y4 $zero -> y",
    "halve": "Unsqueeze img $both -> i | AveragePool i -> o; kernel_shape=2,2 strides=2,2 | Squeeze o $both -> y",
    "resize_up": "Unsqueeze img $both -> i | Resize i _ $double -> o; mode=linear coordinate_transformation_mode=half_pixel | Squeeze o $both -> y",
}
CONSTANTS = {"zero": ("int64", [0]), "one": ("int64", [1]), "both": ("int64", [0, 1]), "eight": ("int64", [8]), "axis0": ("int64", 0), "axis1": ("int64", 1),
             "double": ("float32", [1, 1, 2, 2])}


def _value(text):
    """An attribute: integers (a list with commas), a float, or a word."""
    if "," in text:
        return [int(part) for part in text.split(",")]
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            pass
    return text


def model(row, results):
    """The bytes of a row's model, and the names of its inputs; raises Unsupported."""
    from onnx import helper, numpy_helper

    if row.kernel not in MODELS:
        raise Unsupported("no such operator")
    kind = lambda dtype: helper.np_dtype_to_tensor_dtype(dtype)  # noqa: E731
    nodes, constants = [], {}
    for text in MODELS[row.kernel].format(**row.dims).split(" | "):
        head, _, attributes = text.partition("; ")
        operation, _, names = head.partition(" ")
        inputs, outputs = (part.split() for part in names.split("->"))
        for name in inputs:
            if name.startswith("$"):
                constants[name] = np.array(CONSTANTS[name[1:]][1], CONSTANTS[name[1:]][0])
        inputs = ["" if name == "_" else name for name in inputs]
        nodes.append(helper.make_node(operation, inputs, outputs, **{key: _value(value) for key, value in (word.split("=") for word in attributes.split())}))
    fixed = ({"f"} if row.kernel.startswith(("conv", "depthwise")) else set()) | set(row.bound)
    given = [helper.make_tensor_value_info(name, kind(array.dtype), array.shape) for name, array in row.arrays.items() if name not in fixed]
    made = [helper.make_tensor_value_info(name, kind(array.dtype), array.shape) for name, array in zip("yz", results)]
    initial = [numpy_helper.from_array(array, name) for name, array in [*constants.items(), *((name, row.arrays[name]) for name in fixed)]]
    graph = helper.make_graph(nodes, row.kernel, given, made, initial)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10).SerializeToString(), [info.name for info in given]
