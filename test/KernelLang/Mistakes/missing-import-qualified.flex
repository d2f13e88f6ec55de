kernel act(x: f32[N]) -> f32[N] {
  return nn.relu(x)
}
