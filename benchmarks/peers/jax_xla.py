"""JAX: functions of jax.numpy compiled by XLA for the CPU. Arguments lie in its own memory."""

from peers import Peer, Prepared, Unsupported, module


def functions(jax):
    np, lax, nn = jax.numpy, jax.lax, jax.nn

    def layer_norm(x, gain, bias):
        mean = x.mean(-1, keepdims=True)
        return (x - mean) * lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * gain + bias

    def attention(q, k, v, mask=None):
        s = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
        return nn.softmax(s if mask is None else np.where(mask, s, -np.inf), -1) @ v

    def conv(order, filters, step=1, pad=0, groups=1):
        return lambda x, f: lax.conv_general_dilated(x, f[:, :, None] if groups == 0 else f, (step, step), [(pad, pad)] * 2, dimension_numbers=(order, filters, order),
                                                     feature_group_count=groups or x.shape[-1])

    def whole(a, b):
        return lax.dot_general(a, b, (((1,), (0,)), ((), ())), preferred_element_type=np.int32)

    def resnet(x, f1, b1, f2, b2):
        same = conv("NHWC", "HWIO", 1, 1)
        return nn.relu(same(nn.relu(same(x, f1) + b1), f2) + b2 + x)

    def transformer(x, gain1, bias1, wq, wk, wv, wo, gain2, bias2, up, down):
        n = layer_norm(x, gain1, bias1)
        q, k, v = ((n @ w).reshape(len(x), -1, 64).swapaxes(0, 1) for w in (wq, wk, wv))
        y = x + attention(q, k, v).swapaxes(0, 1).reshape(x.shape) @ wo
        return y + nn.gelu(layer_norm(y, gain2, bias2) @ up, approximate=False) @ down

    return {
        "gemm": np.matmul, "gemm_f64": np.matmul, "gemm_bf16": np.matmul, "gemm_f16": np.matmul, "gemm_batched": np.matmul, "gemm_ta": lambda a, b: a.T @ b,
        "gemm_tb": lambda a, b: a @ b.T, "gemm_tab": lambda a, b: a.T @ b.T, "gemm_s8s8": whole, "gemm_u8s8": lambda a, b: whole(a.astype(np.int32), b.astype(np.int32)),
        "dense_gelu": lambda x, w, b: nn.gelu(x @ w + b, approximate=False), "softmax": lambda x: nn.softmax(x, -1), "log_softmax": lambda x: nn.log_softmax(x, -1),
        "layer_norm": layer_norm, "rms_norm": lambda x, g: x * lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-6) * g,
        "cross_entropy": lambda x, c: -np.take_along_axis(nn.log_softmax(x, -1), c[:, None], 1).mean(),
        "gelu": lambda x: nn.gelu(x, approximate=False), "silu": nn.silu, "swiglu": lambda a, b: nn.silu(a) * b, "add": np.add,
        "sum_all": np.sum, "sum_rows": lambda x: x.sum(1), "sum_columns": lambda x: x.sum(0), "max_rows": lambda x: x.max(1), "max_columns": lambda x: x.max(0),
        "argmax_rows": lambda x: x.argmax(1), "argmax_columns": lambda x: x.argmax(0), "cumsum_rows": lambda x: x.cumsum(1), "cumsum_columns": lambda x: x.cumsum(0),
        "transpose2": lambda x: x.T, "transpose_heads": lambda x: x.transpose(0, 2, 1, 3), "transpose_channels": lambda x: x.transpose(0, 2, 3, 1),
        "embedding": lambda t, i: np.take(t, i, axis=0, mode="clip"), "top_k8": lambda x: lax.top_k(x, 8),
        "conv3x3": conv("NHWC", "HWIO", 1, 1), "conv1x1": conv("NHWC", "HWIO"), "conv7x7": conv("NHWC", "HWIO", 2, 3),
        "depthwise": conv("NHWC", "HWIO", 1, 1, 0), "conv3x3_first": conv("NCHW", "OIHW", 1, 1), "conv1x1_first": conv("NCHW", "OIHW"),
        "conv7x7_first": conv("NCHW", "OIHW", 2, 3), "depthwise_first": lambda x, f: conv("NCHW", "OIHW", 1, 1, x.shape[1])(x, f),
        "attention": attention, "attention_causal": lambda q, k, v: attention(q, k, v, np.tri(q.shape[-2], dtype=bool)),
        "attention_shared": lambda q, k, v: attention(q, k[:, None], v[:, None]), "decode": lambda q, k, v: attention(q[:, None], k, v)[:, 0],
        "halve": lambda x: x.reshape(x.shape[0] // 2, 2, -1, 2).mean((1, 3)),
        "resize_up": lambda x: jax.image.resize(x, (2 * x.shape[0], 2 * x.shape[1]), "bilinear"),
        "transformer": transformer, "resnet": resnet}


class Jax(Peer):
    name = "JAX"
    pip = ("jax",)

    def load(self, threads):
        self.jax = module("jax")
        self.jax.config.update("jax_platforms", "cpu")
        self.jax.config.update("jax_enable_x64", True)
        self.functions = functions(self.jax)

    def version(self):
        return f"{self.jax.__version__} (XLA)"

    def prepare(self, row, threads):
        import numpy as np

        if row.kernel not in self.functions:
            raise Unsupported("no such function")
        arguments = [self.jax.device_put(array) for array in row.arrays.values()]
        compiled = self.jax.jit(self.functions[row.kernel]).lower(*arguments).compile()
        wait = self.jax.block_until_ready

        def outputs():
            results = compiled(*arguments)
            return [np.asarray(value) for value in (results if isinstance(results, (tuple, list)) else (results,))]
        return Prepared(lambda: wait(compiled(*arguments)), outputs)


PEER = Jax()
