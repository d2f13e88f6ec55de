// European options by the formula of Black and Scholes (1973): price of a call and a put, and the call's delta.

fn normal_cdf(x: float) -> float { 0.5 * (1 + erf(x * 0.7071067811865476)) }

/// For each option: spot and strike price, years to expiry, volatility per year; one interest rate.
kernel black_scholes(
  spot: f32[N], strike: f32[N], years: f32[N], volatility: f32[N], rate: f32
) -> (f32[N], f32[N], f32[N]) {
  let spread = volatility * sqrt(years)
  let d1 = (log(spot / strike) + (rate + 0.5 * volatility ** 2) * years) / spread
  let d2 = d1 - spread
  let discounted = strike * exp(-rate * years)
  let call = spot * normal_cdf(d1) - discounted * normal_cdf(d2)
  let put = discounted * normal_cdf(-d2) - spot * normal_cdf(-d1)
  return call, put, normal_cdf(d1)
}
