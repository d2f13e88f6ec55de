fn twice(x: float) -> float = 2 * x
