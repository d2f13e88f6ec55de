"""NumPy, with the OpenBLAS of its wheel. What it has no function for is written as its users write it."""

from peers import TablePeer, Unsupported, module


class NumPy(TablePeer):
    name = "NumPy"
    pip = ("numpy", "ml_dtypes")

    def load(self, threads):
        self.np = module("numpy")

    def version(self):
        blas = self.np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
        return f"{self.np.__version__} ({blas.get('name', '?')} {blas.get('version', '')})"

    def table(self):
        np = self.np

        def into(shape_of, function):
            def make(*arrays):
                out = np.empty(shape_of(*arrays), arrays[0].dtype)
                return lambda: function(*arrays, out)
            return make

        def matmul(a, b):
            return into(lambda a, b: (*a.shape[:-1], b.shape[-1]), lambda a, b, out: np.matmul(a, b, out=out))(a, b)

        def softmax(x):
            e = np.exp(x - x.max(-1, keepdims=True))
            e /= e.sum(-1, keepdims=True)
            return e

        def log_softmax(x):
            y = x - x.max(-1, keepdims=True)
            y -= np.log(np.exp(y).sum(-1, keepdims=True))
            return y

        def layer_norm(x, gain, bias):
            y = x - x.mean(-1, keepdims=True)
            y *= gain / np.sqrt((y * y).mean(-1, keepdims=True) + 1e-5)
            y += bias
            return y

        def attention(q, k, v, causal=False):
            s = q @ k.swapaxes(-1, -2)
            s *= np.float32(q.shape[-1] ** -0.5)
            if causal:
                s[:, ~np.tri(*s.shape[1:], dtype=bool)] = -np.inf
            return softmax(s) @ v

        def top_k(x):
            places = np.argpartition(x, -8, axis=1)[:, -8:]
            values = np.take_along_axis(x, places, 1)
            order = np.argsort(-values, axis=1)
            return np.take_along_axis(values, order, 1), np.take_along_axis(places, order, 1)

        def whole(function):
            return lambda *arrays: lambda: function(*arrays)

        def narrow(*_):
            raise Unsupported("no product of this type by BLAS")

        def transposed(*order):
            def put(x, out):
                np.copyto(out, x.transpose(order))
                return out
            return into(lambda x: tuple(x.shape[o] for o in order), put)

        return {"gemm": matmul, "gemm_f64": matmul, "gemm_batched": matmul, "gemm_ta": lambda a, b: matmul(a.T, b), "gemm_tb": lambda a, b: matmul(a, b.T),
                "gemm_tab": lambda a, b: matmul(a.T, b.T), "gemm_bf16": narrow, "gemm_f16": narrow, "gemm_s8s8": narrow, "gemm_u8s8": narrow,
                "softmax": whole(softmax), "log_softmax": whole(log_softmax), "layer_norm": whole(layer_norm),
                "rms_norm": whole(lambda x, g: x * (g / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6))),
                "cross_entropy": whole(lambda x, c: -log_softmax(x)[np.arange(len(x)), c].mean()),
                "silu": whole(lambda x: x / (1 + np.exp(-x))), "swiglu": whole(lambda a, b: a / (1 + np.exp(-a)) * b),
                "add": into(lambda a, b: a.shape, lambda a, b, out: np.add(a, b, out=out)),
                "sum_all": whole(np.sum), "sum_rows": whole(lambda x: x.sum(1)), "sum_columns": whole(lambda x: x.sum(0)),
                "max_rows": whole(lambda x: x.max(1)), "max_columns": whole(lambda x: x.max(0)),
                "argmax_rows": whole(lambda x: x.argmax(1)), "argmax_columns": whole(lambda x: x.argmax(0)),
                "cumsum_rows": into(lambda x: x.shape, lambda x, out: np.cumsum(x, 1, out=out)),
                "cumsum_columns": into(lambda x: x.shape, lambda x, out: np.cumsum(x, 0, out=out)),
                "transpose2": transposed(1, 0), "transpose_heads": transposed(0, 2, 1, 3), "transpose_channels": transposed(0, 2, 3, 1),
                "embedding": into(lambda t, i: (len(i), t.shape[1]), lambda t, i, out: np.take(t, i, axis=0, out=out, mode="clip")),
                "top_k8": whole(top_k), "conv1x1": lambda x, f: matmul(x, f[0, 0]), "attention": whole(attention),
                "attention_causal": whole(lambda q, k, v: attention(q, k, v, True)),
                "attention_shared": whole(lambda q, k, v: attention(q, k[:, None], v[:, None])),
                "decode": whole(lambda q, k, v: attention(q[:, None], k, v)[:, 0]),
                "halve": whole(lambda x: (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) * np.float32(0.25))}


PEER = NumPy()
