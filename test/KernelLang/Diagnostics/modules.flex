// A module that does not exist is one error; its names are not blamed.
import nowhere                                           // expect E0205
import nm                                                // expect E0205 did you mean 'nn'

kernel uses(x: f32[N]) -> f32[N] { return nowhere.f(x) + g(x) }
