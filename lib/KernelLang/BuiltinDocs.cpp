//===- BuiltinDocs.cpp - The language's functions, for editors ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One line each: hovers, completion and signature help show them. A test fails when
// a builtin function has none; docs/language/reference.md tells the rest.
//
//===----------------------------------------------------------------------===//
#include "flex/KernelLang/SemanticIndex.h"

namespace flex::lang {

namespace {

struct Entry {
  const char *name, *signature, *text;
};

const Entry kEntries[] = {
    {"abs", "abs(x)", "The absolute value."},
    {"acos", "acos(x)", "The angle in radians, 0 to pi, whose cosine x is."},
    {"acosh", "acosh(x)", "The inverse of cosh."},
    {"all", "all(j) x[i, j]", "Whether all elements are true, over the listed indices."},
    {"all", "all(x, axis = 0, keepdims = false)", "Whether all elements are true, of all elements or along an axis."},
    {"any", "any(j) x[i, j]", "Whether any element is true, over the listed indices."},
    {"any", "any(x, axis = 0, keepdims = false)", "Whether any element is true, of all elements or along an axis."},
    {"argmax", "argmax(j) x[i, j]",
     "The position of the largest value, i64; the first of equals, the first NaN if there is one."},
    {"argmax", "argmax(x, axis = 0)", "The positions of the largest values along an axis, i64."},
    {"argmin", "argmin(j) x[i, j]",
     "The position of the smallest value, i64; the first of equals, the first NaN if there is one."},
    {"argmin", "argmin(x, axis = 0)", "The positions of the smallest values along an axis, i64."},
    {"argsort", "argsort(x, axis = -1, descending = false)",
     "The positions, i64, that sort x along an axis; equal values keep their order."},
    {"asin", "asin(x)", "The angle in radians, -pi/2 to pi/2, whose sine x is."},
    {"asinh", "asinh(x)", "The inverse of sinh."},
    {"atan", "atan(x)", "The angle in radians, -pi/2 to pi/2, whose tangent x is."},
    {"atan2", "atan2(y, x)", "The angle in radians, -pi to pi, of the point (x, y)."},
    {"atanh", "atanh(x)", "The inverse of tanh."},
    {"bitcast", "bitcast(x, u32)", "The bits of x as a number of another type of the same width."},
    {"cbrt", "cbrt(x)", "The cube root."},
    {"ceil", "ceil(x)", "Rounds up."},
    {"ceildiv", "ceildiv(a, b)", "a / b rounded up, for dimensions and indices."},
    {"clamp", "clamp(x)", "A read outside of x reads the nearest element."},
    {"clz", "clz(x)", "The zero bits above the highest bit that is set."},
    {"concat", "concat(a, b, …, axis = 0)", "The tensors one behind the other along an axis."},
    {"copysign", "copysign(x, y)", "The magnitude of x with the sign of y."},
    {"cos", "cos(x)", "The cosine of x in radians."},
    {"cosh", "cosh(x)", "The hyperbolic cosine."},
    {"ctz", "ctz(x)", "The zero bits below the lowest bit that is set."},
    {"cummax", "cummax(x, axis = -1)", "The running maximum along an axis."},
    {"cummin", "cummin(x, axis = -1)", "The running minimum along an axis."},
    {"cumprod", "cumprod(x, axis = -1)", "The running product along an axis."},
    {"cumsum", "cumsum(x, axis = -1)", "The running sum along an axis."},
    {"erf", "erf(x)", "The error function."},
    {"exp", "exp(x)", "e to the power x."},
    {"exp2", "exp2(x)", "2 to the power x."},
    {"expm1", "expm1(x)", "exp(x) - 1, exact for small x."},
    {"fill", "fill(x, value)", "A read outside of x gives the value."},
    {"flip", "flip(x, axis = 0)", "x in reverse order along an axis."},
    {"floor", "floor(x)", "Rounds down."},
    {"fma", "fma(a, b, c)", "a * b + c, rounded once."},
    {"hypot", "hypot(x, y)", "sqrt(x ** 2 + y ** 2), without overflow on the way."},
    {"isfinite", "isfinite(x)", "True but for NaN and the infinities."},
    {"isinf", "isinf(x)", "True for the infinities."},
    {"isnan", "isnan(x)", "True for NaN."},
    {"log", "log(x)", "The natural logarithm."},
    {"log10", "log10(x)", "The logarithm to base 10."},
    {"log1p", "log1p(x)", "log(1 + x), exact for small x."},
    {"log2", "log2(x)", "The logarithm to base 2."},
    {"max", "max(j) x[i, j]", "The largest value over the listed indices; NaN if there is one."},
    {"max", "max(a, b)", "The larger of two values, element by element."},
    {"max", "max(x, axis = 0, keepdims = false)", "The largest element, or the largest ones along an axis."},
    {"mean", "mean(j) x[i, j]", "The mean over the listed indices."},
    {"mean", "mean(x, axis = 0, keepdims = false)", "The mean of all elements, or along an axis."},
    {"min", "min(j) x[i, j]", "The smallest value over the listed indices; NaN if there is one."},
    {"min", "min(a, b)", "The smaller of two values, element by element."},
    {"min", "min(x, axis = 0, keepdims = false)", "The smallest element, or the smallest ones along an axis."},
    {"mirror", "mirror(x)", "A read outside of x is reflected at the border."},
    {"pad", "pad(x, axis = 0, before = 1, after = 1, value = 0)", "x with elements of one value added along an axis."},
    {"popcount", "popcount(x)", "How many bits are set."},
    {"pow", "pow(x, y)", "x to the power y, the same as x ** y."},
    {"prod", "prod(j) x[i, j]", "The product over the listed indices."},
    {"prod", "prod(x, axis = 0, keepdims = false)", "The product of all elements, or along an axis."},
    {"reshape", "reshape(x, M, N)", "The elements in row-major order under another shape."},
    {"round", "round(x)", "Rounds to the nearest integer, halves to the even one."},
    {"rsqrt", "rsqrt(x)", "1 / sqrt(x)."},
    {"scatter_add", "scatter_add(base, index, values)",
     "base with values[k] added at index[k], in the order of k; what is out of range is dropped."},
    {"scatter_max", "scatter_max(base, index, values)",
     "base with values[k] combined by max at index[k], in the order of k; what is out of range is dropped."},
    {"scatter_min", "scatter_min(base, index, values)",
     "base with values[k] combined by min at index[k], in the order of k; what is out of range is dropped."},
    {"scatter_mul", "scatter_mul(base, index, values)",
     "base with values[k] multiplied at index[k], in the order of k; what is out of range is dropped."},
    {"scatter_set", "scatter_set(base, index, values)",
     "base with values[k] stored at index[k], the last one wins; what is out of range is dropped."},
    {"select", "select(condition, a, b)", "a where the condition holds, b elsewhere; both are computed."},
    {"sign", "sign(x)", "-1, 0 or 1."},
    {"sin", "sin(x)", "The sine of x in radians."},
    {"sinh", "sinh(x)", "The hyperbolic sine."},
    {"sort", "sort(x, axis = -1, descending = false)", "The values along an axis in order; NaN counts as the largest."},
    {"sqrt", "sqrt(x)", "The square root."},
    {"stack", "stack(a, b, …, axis = 0)", "The tensors side by side along a new axis."},
    {"sum", "sum(j) x[i, j]", "The sum over the listed indices."},
    {"sum", "sum(x, axis = 0, keepdims = false)", "The sum of all elements, or along an axis."},
    {"tan", "tan(x)", "The tangent of x in radians."},
    {"tanh", "tanh(x)", "The hyperbolic tangent."},
    {"top_k", "top_k(x, k, axis = -1)", "The k largest values along an axis, and their positions (i64)."},
    {"transpose", "transpose(x)", "x with its last two axes exchanged."},
    {"transpose", "transpose(x, 1, 0, 2)", "x with its axes in the given order."},
    {"trunc", "trunc(x)", "Rounds towards 0."},
    {"wrap", "wrap(x)", "A read outside of x goes round to the other side."},
    {"zero", "zero(x)", "A read outside of x gives 0."},
};

} // namespace

const std::multimap<std::string, BuiltinDoc> &builtinDocs() {
  static const std::multimap<std::string, BuiltinDoc> docs = [] {
    std::multimap<std::string, BuiltinDoc> made;
    for (const Entry &entry : kEntries)
      made.emplace(entry.name, BuiltinDoc{entry.signature, entry.text});
    return made;
  }();
  return docs;
}

} // namespace flex::lang
