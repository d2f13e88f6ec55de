"""Compiles one of static.py's kernels with XLA, for a GPU of NVIDIA's that need not be here: static_xla.py NAME SIZES CHIP FACTS FOLDER.

SIZES and FACTS (of the chip's file) are JSON. What XLA dumps, PTX among it, is left in FOLDER; prints a line of JSON. Runs in
build/static's Python, which has jax and the library of its plugin; the plugin's own start would look for a driver.
"""

import json
import os
import sys
import time
from pathlib import Path

NAME, SIZES, CHIP, FACTS, FOLDER = sys.argv[1:]
os.environ |= {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": f"--xla_dump_to={FOLDER} --xla_gpu_dump_llvmir=true --xla_dump_emitter_re=.* --xla_gpu_autotune_level=0"}

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax._src import xla_bridge  # noqa: E402
from jax.experimental import topologies  # noqa: E402


def wide(x):
    return x.astype(jnp.float32)


def layer_norm(x, g, b):
    v = wide(x)
    d = v - v.mean(1, keepdims=True)
    return (d * jax.lax.rsqrt((d * d).mean(1, keepdims=True) + 1e-5) * wide(g) + wide(b)).astype(jnp.float16)


def gelu(v):
    return (0.5 * v * (1 + jax.lax.erf(v * 0.7071067811865476))).astype(jnp.float16)


def product(a, b):
    return jnp.matmul(a, b, preferred_element_type=jnp.float32)


# name -> function, shapes of its parameters
KERNELS = {
    "vadd": (lambda x, y: x + y, ["N", "N"]),
    "gelu": (lambda x: gelu(wide(x)), ["N"]),
    "softmax": (lambda x: jax.nn.softmax(wide(x), axis=1).astype(jnp.float16), ["MN"]),
    "layer_norm": (layer_norm, ["MN", "N", "N"]),
    "transpose": (lambda x: x.T, ["MN"]),
    "gemm": (lambda a, b: product(a, b).astype(jnp.float16), ["MK", "KN"]),
    "gemm_gelu": (lambda a, b, c: gelu(product(a, b) + wide(c)), ["MK", "KN", "N"]),
}


def config(chip, facts):
    """XLA's description of a GPU, as text."""
    digits = "".join(c for c in chip if c.isdigit())
    return f"""gpu_device_info {{ threads_per_block_limit: {facts['max-group-size']} threads_per_warp: 32 shared_memory_per_block: 49152
      shared_memory_per_core: {facts['group-memory-per-unit-kib'] << 10} shared_memory_per_block_optin: {facts['group-memory-limit-kib'] << 10}
      threads_per_core_limit: {32 * facts['waves-per-partition'] * facts['partitions-per-unit']} core_count: {facts['compute-units']} fpus_per_core: {facts['f32-per-clock']}
      block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535 memory_bandwidth: {facts['memory-gbs'] * 10**9}
      l2_cache_size: {facts['l2-kib'] << 10} clock_rate_ghz: {facts['clock-mhz'] / 1e3} device_memory_size: 34359738368 registers_per_core_limit: 65536
      registers_per_block_limit: 65536 cuda_compute_capability {{ major: {digits[:-1]} minor: {digits[-1]} }} }}
      platform_name: "CUDA" dnn_version_info {{ major: 9 minor: 10 }} runtime_version {{ major: 13 }} device_description_str: "{chip}" """


def main():
    if NAME not in KERNELS:
        sys.exit("not written for XLA")
    plugin = next(Path(path) / "jax_plugins" / "xla_cuda13" / "xla_cuda_plugin.so" for path in sys.path if (Path(path) / "jax_plugins" / "xla_cuda13").exists())
    xla_bridge.register_plugin("cuda", priority=500, library_path=str(plugin), options=None)
    topology = topologies.get_topology_desc("", platform="cuda", topology="1x1x1", target_config=config(CHIP, json.loads(FACTS)))
    where = jax.sharding.SingleDeviceSharding(topology.devices[0])
    function, shapes = KERNELS[NAME]
    sizes = json.loads(SIZES)
    arguments = [jax.ShapeDtypeStruct([sizes[dim] for dim in dims], jnp.float16, sharding=where) for dims in shapes]
    lowered = jax.jit(function).lower(*arguments)
    begin = time.perf_counter()
    text = lowered.compile().as_text()
    print(json.dumps({"seconds": time.perf_counter() - begin, "library": [word for word in ("cublas", "cudnn") if f"__{word}$" in text]}))


if __name__ == "__main__":
    main()
