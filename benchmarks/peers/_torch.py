"""The suite's kernels in PyTorch, as its users write them; what the eager peer and the compiled one share."""


def functions(torch):
    """Kernel name -> function of tensors."""
    f = torch.nn.functional
    last = lambda x: x.permute(0, 3, 1, 2)  # noqa: E731  NHWC data as a channels-last NCHW tensor: no copy
    first = lambda x: x.permute(0, 2, 3, 1)  # noqa: E731

    def attention(q, k, v, **more):
        return f.scaled_dot_product_attention(q[None], k[None], v[None], **more)[0]

    def transformer(x, gain1, bias1, wq, wk, wv, wo, gain2, bias2, up, down):
        n = f.layer_norm(x, gain1.shape, gain1, bias1)
        q, k, v = ((n @ w).view(len(x), -1, 64).transpose(0, 1) for w in (wq, wk, wv))
        y = x + attention(q, k, v).transpose(0, 1).reshape(x.shape) @ wo
        return y + f.gelu(f.layer_norm(y, gain2.shape, gain2, bias2) @ up) @ down

    def gauss5(img):
        w = torch.tensor([1.0, 4, 6, 4, 1]) / 16
        p = f.pad(img[None, None], (2, 2, 0, 0), mode="replicate")
        rows = f.conv2d(p, w.view(1, 1, 1, 5))
        return f.conv2d(f.pad(rows, (0, 0, 2, 2), mode="replicate"), w.view(1, 1, 5, 1))[0, 0]

    def resnet(x, f1, b1, f2, b2):
        x = last(x)
        return first(f.relu(f.conv2d(f.relu(f.conv2d(x, f1, b1, padding=1)), f2, b2, padding=1) + x))

    return {
        "gemm": torch.matmul, "gemm_f64": torch.matmul, "gemm_bf16": torch.matmul, "gemm_f16": torch.matmul, "gemm_batched": torch.bmm,
        "gemm_ta": lambda a, b: a.T @ b, "gemm_tb": lambda a, b: a @ b.T, "gemm_tab": lambda a, b: a.T @ b.T, "gemm_s8s8": torch._int_mm,
        "dense_gelu": lambda x, w, b: f.gelu(torch.addmm(b, x, w)),
        "softmax": lambda x: torch.softmax(x, -1), "log_softmax": lambda x: torch.log_softmax(x, -1),
        "layer_norm": lambda x, g, b: f.layer_norm(x, g.shape, g, b), "rms_norm": lambda x, g: f.rms_norm(x, g.shape, g, 1e-6),
        "cross_entropy": lambda x, c: f.cross_entropy(x, c), "gelu": f.gelu, "silu": f.silu, "swiglu": lambda a, b: f.silu(a) * b, "add": torch.add,
        "sum_all": torch.sum, "sum_rows": lambda x: x.sum(1), "sum_columns": lambda x: x.sum(0), "max_rows": lambda x: x.amax(1),
        "max_columns": lambda x: x.amax(0), "argmax_rows": lambda x: x.argmax(1), "argmax_columns": lambda x: x.argmax(0),
        "cumsum_rows": lambda x: x.cumsum(1), "cumsum_columns": lambda x: x.cumsum(0),
        "transpose2": lambda x: x.T.contiguous(), "transpose_heads": lambda x: x.permute(0, 2, 1, 3).contiguous(),
        "transpose_channels": lambda x: x.permute(0, 2, 3, 1).contiguous(), "embedding": lambda t, i: f.embedding(i, t),
        "top_k8": lambda x: tuple(torch.topk(x, 8)),
        "conv3x3": lambda x, w: first(f.conv2d(last(x), w, padding=1)), "conv1x1": lambda x, w: first(f.conv2d(last(x), w)),
        "conv7x7": lambda x, w: first(f.conv2d(last(x), w, stride=2, padding=3)),
        "depthwise": lambda x, w: first(f.conv2d(last(x), w, padding=1, groups=x.shape[-1])),
        "conv3x3_first": lambda x, w: f.conv2d(x, w, padding=1), "conv1x1_first": f.conv2d,
        "conv7x7_first": lambda x, w: f.conv2d(x, w, stride=2, padding=3), "depthwise_first": lambda x, w: f.conv2d(x, w, padding=1, groups=x.shape[1]),
        "attention": attention, "attention_causal": lambda q, k, v: attention(q, k, v, is_causal=True),
        "attention_shared": lambda q, k, v: f.scaled_dot_product_attention(q.flatten(0, 1)[None], k[None], v[None], enable_gqa=True)[0].view(q.shape),
        "decode": lambda q, k, v: attention(q[:, None], k, v)[:, 0],
        "gauss5": gauss5, "halve": lambda x: f.avg_pool2d(x[None, None], 2)[0, 0],
        "resize_up": lambda x: f.interpolate(x[None, None], scale_factor=2, mode="bilinear", align_corners=False)[0, 0],
        "transformer": transformer, "resnet": resnet}


def arguments(torch, row):
    """A row's arrays as tensors over the same memory; filters of images once in PyTorch's order, channels last, as a model keeps them."""
    def tensor(array):
        return torch.from_numpy(array.view("int16")).view(torch.bfloat16) if array.dtype.name == "bfloat16" else torch.from_numpy(array)

    def argument(name, array):
        made = tensor(array)
        if name == "classes":
            return made.long()
        if row.kernel in ("conv3x3", "conv1x1", "conv7x7") or name in ("f1", "f2"):
            return made.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last) if name != "x" else made
        if row.kernel == "depthwise" and name == "f":
            return made.permute(2, 0, 1)[:, None].contiguous(memory_format=torch.channels_last)
        return made
    return [argument(name, array) for name, array in row.arrays.items()]


def to_numpy(torch, value):
    if value.dtype == torch.bfloat16:
        import ml_dtypes

        return value.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return value.numpy()
