import torch
import triton
import triton.language as tl


@triton.jit
def normal_cdf(x):
    return 0.5 * (1 + tl.erf(x * 0.7071067811865476))


@triton.jit
def black_scholes_kernel(spot, strike, years, volatility, rate, call, put, delta, n, BLOCK: tl.constexpr):
    place = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = place < n
    s = tl.load(spot + place, mask=inside, other=1.0)
    k = tl.load(strike + place, mask=inside, other=1.0)
    t = tl.load(years + place, mask=inside, other=1.0)
    v = tl.load(volatility + place, mask=inside, other=1.0)
    spread = v * tl.sqrt(t)
    d1 = (tl.log(s / k) + (rate + 0.5 * v * v) * t) / spread
    d2 = d1 - spread
    discounted = k * tl.exp(-rate * t)
    tl.store(call + place, s * normal_cdf(d1) - discounted * normal_cdf(d2), mask=inside)
    tl.store(put + place, discounted * normal_cdf(-d2) - s * normal_cdf(-d1), mask=inside)
    tl.store(delta + place, normal_cdf(d1), mask=inside)


def black_scholes(spot, strike, years, volatility, rate):
    call, put, delta = (torch.empty_like(spot) for _ in range(3))
    n = spot.numel()
    black_scholes_kernel[(triton.cdiv(n, 1024),)](
        spot, strike, years, volatility, rate, call, put, delta, n, BLOCK=1024
    )
    return call, put, delta
