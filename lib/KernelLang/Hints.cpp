//===- Hints.cpp - What other languages call it ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables only. A new habit of users is one line here and a file in test/KernelLang/Mistakes.
//
//===----------------------------------------------------------------------===//
#include "Hints.h"

namespace flex::lang {
namespace {

struct Entry {
  std::string_view word;
  std::string_view text;
};

template <size_t N> std::string_view find(const Entry (&table)[N], std::string_view word) {
  for (const Entry &entry : table)
    if (entry.word == word)
      return entry.text;
  return {};
}

const Entry kTypes[] = {
    {"double", "f64"},
    {"float64", "f64"},
    {"fp64", "f64"},
    {"float32", "f32"},
    {"fp32", "f32"},
    {"single", "f32"},
    {"float16", "f16"},
    {"fp16", "f16"},
    {"half", "f16"},
    {"bfloat16", "bf16"},
    {"int8", "i8"},
    {"int16", "i16"},
    {"int32", "i32"},
    {"int64", "i64"},
    {"uint8", "u8"},
    {"uint16", "u16"},
    {"uint32", "u32"},
    {"uint64", "u64"},
    {"short", "i16"},
    {"long", "i64"},
    {"char", "i8"},
    {"byte", "u8"},
    {"unsigned", "u32"},
    {"size_t", "u64"},
    {"isize", "i64"},
    {"usize", "u64"},
    {"boolean", "bool"},
    {"bool_", "bool"},
    {"float8_e4m3fn", "f8e4m3fn"},
    {"f8e4m3", "f8e4m3fn"},
    {"int32_t", "i32"},
    {"int64_t", "i64"},
    {"uint8_t", "u8"},
    {"float8_e5m2", "f8e5m2"},
};

const Entry kFunctions[] = {
    {"len", "a dimension's name is its size: write it as a number, e.g. 'sum(x) / N'"},
    {"size", "a dimension's name is its size: write it as a number, e.g. 'sum(x) / N'"},
    {"shape", "a dimension's name is its size: write it as a number, e.g. 'sum(x) / N'"},
    {"range", "a range is written '0..N-1', both ends included"},
    {"arange", "write its elements: '[i in 0..N-1] f32(i)'"},
    {"zeros", "write its elements: '[i in 0..N-1] f32(0)'"},
    {"ones", "write its elements: '[i in 0..N-1] f32(1)'"},
    {"full", "write its elements: '[i in 0..N-1] f32(7)'"},
    {"eye", "write its elements: '[i in 0..N-1, j in 0..N-1] if i == j { f32(1) } else { 0 }'"},
    {"einsum", "write the indices: '[i, j] sum(k) a[i, k] * b[k, j]'"},
    {"matmul", "write '@'"},
    {"mm", "write '@'"},
    {"bmm", "write '@'"},
    {"dot", "write '@'"},
    {"tensordot", "write the indices: '[i, j] sum(k) a[i, k] * b[k, j]'"},
    {"clip", "write 'clamp(x, lo, hi)'"},
    {"maximum", "write 'max(a, b)'"},
    {"minimum", "write 'min(a, b)'"},
    {"fmax", "write 'max(a, b)'"},
    {"fmin", "write 'min(a, b)'"},
    {"amax", "write 'max(x, axis = …)'"},
    {"amin", "write 'min(x, axis = …)'"},
    {"fabs", "write 'abs(x)'"},
    {"absolute", "write 'abs(x)'"},
    {"square", "write 'x ** 2'"},
    {"power", "write 'x ** y'"},
    {"arcsin", "write 'asin(x)'"},
    {"arccos", "write 'acos(x)'"},
    {"arctan", "write 'atan(x)'"},
    {"arctan2", "write 'atan2(y, x)'"},
    {"arcsinh", "write 'asinh(x)'"},
    {"arccosh", "write 'acosh(x)'"},
    {"arctanh", "write 'atanh(x)'"},
    {"bitwise_count", "write 'popcount(x)'"},
    {"popc", "write 'popcount(x)'"},
    {"is_nan", "write 'isnan(x)'"},
    {"is_inf", "write 'isinf(x)'"},
    {"bit_cast", "write 'bitcast(x, u32)'"},
    {"as_uint", "write 'bitcast(x, u32)'"},
    {"as_float", "write 'bitcast(x, f32)'"},
    {"mod", "write 'x % y'"},
    {"fmod", "write 'x % y', which has the sign of y"},
    {"remainder", "write 'x % y'"},
    {"divide", "write 'x / y'"},
    {"floor_divide", "write 'x / y' for integers, 'floor(x / y)' for floats"},
    {"logical_and", "write 'x && y'"},
    {"logical_or", "write 'x || y'"},
    {"logical_not", "write '!x'"},
    {"ln", "write 'log(x)'"},
    {"average", "write 'mean(x)'"},
    {"concatenate", "write 'concat(a, b, axis = …)'"},
    {"cat", "write 'concat(a, b, axis = …)'"},
    {"permute", "write 'transpose(x, …)', or the indices in their new order: '[j, i] x[i, j]'"},
    {"view", "write 'reshape(x, …)'"},
    {"where", "write 'select(c, a, b)' or 'if c { a } else { b }'"},
    {"astype", "a type's name converts: f32(x)"},
    {"cast", "a type's name converts: f32(x)"},
    {"float", "'float' stands for any float type in a signature; to convert name one: f32(x)"},
    {"int", "'int' stands for any integer type in a signature; to convert name one: i32(x)"},
    {"number", "'number' stands for any type of numbers in a signature; to convert name one: f32(x)"},
    {"zeros_like", "write its elements: '[i in 0..N-1] f32(0)'"},
    {"empty", "write its elements: '[i in 0..N-1] f32(0)'"},
    {"empty_like", "write its elements: '[i in 0..N-1] f32(0)'"},
    {"ones_like", "write its elements: '[i in 0..N-1] f32(1)'"},
    {"full_like", "write its elements: '[i in 0..N-1] f32(7)'"},
    {"iota", "write its elements: '[i in 0..N-1] f32(i)'"},
    {"linspace", "write its elements: '[i in 0..N-1] f32(i) / f32(N - 1)'"},
    {"meshgrid", "an index is its own coordinate: '[i in 0..N-1, j in 0..M-1] f32(i) + f32(j)'"},
    {"roll", "write the indices: '[i in 0..N-1] wrap(x)[i - 1]'"},
    {"fliplr", "write 'a[:, ::-1]'"},
    {"flipud", "write 'a[::-1]'"},
    {"tile", "write the indices: '[i in 0..3*N-1] x[i % N]'"},
    {"repeat", "write the indices: '[i in 0..3*N-1] x[i / 3]'"},
    {"vstack", "write 'concat(a, b, axis = 0)'"},
    {"hstack", "write 'concat(a, b, axis = 1)'"},
    {"split", "write slices: 'a[:, :2]' and 'a[:, 2:]'"},
    {"chunk", "write slices: 'a[:, :2]' and 'a[:, 2:]'"},
    {"squeeze", "write the place on the axis: 'a[:, 0]'"},
    {"unsqueeze", "write 'reshape(x, N, 1)'"},
    {"expand_dims", "write 'reshape(x, N, 1)'"},
    {"ravel", "write 'reshape(a, M*N)'"},
    {"flatten", "write 'reshape(a, M*N)'"},
    {"broadcast", "shapes that go together are broadcast; written out: '[i in 0..M-1, j] x[j]'"},
    {"broadcast_to", "shapes that go together are broadcast; written out: '[i in 0..M-1, j] x[j]'"},
    {"expand", "shapes that go together are broadcast; written out: '[i in 0..M-1, j] x[j]'"},
    {"swapaxes", "write 'transpose(a)', or the indices in their new order: '[j, i] a[i, j]'"},
    {"moveaxis", "write 'transpose(a)', or the indices in their new order: '[j, i] a[i, j]'"},
    {"permute_dims", "write 'transpose(a)', or the indices in their new order: '[j, i] a[i, j]'"},
    {"matrix_transpose", "write 'transpose(a)', or the indices in their new order: '[j, i] a[i, j]'"},
    {"take", "write the indices: '[i] x[ids[i]]'"},
    {"index_select", "write the indices: '[i] x[ids[i]]'"},
    {"take_along_axis", "write the indices: '[i, j] a[i, ids[j]]'"},
    {"masked_fill", "write 'select(c, y, x)'"},
    {"tril", "it is 'lower' of the standard library: 'import linalg'"},
    {"triu", "it is 'upper' of the standard library: 'import linalg'"},
    {"diag", "it is 'diagonal' of the standard library: 'import linalg'"},
    {"var", "it is 'variance' of the standard library: 'import stats'"},
    {"percentile", "it is 'quantile' of the standard library: 'import stats'"},
    {"rand", "it is 'uniform' of the standard library: 'import random'"},
    {"randn", "it is 'normal' of the standard library: 'import random'"},
    {"bincount", "it is 'segment_count' of the standard library: 'import reduce'"},
    {"cdist", "it is 'squared_distances' of the standard library: 'import linalg'"},
    {"inner", "write '@'"},
    {"vecdot", "write '@'"},
    {"diff", "write the indices: '[i in 0..N-2] x[i + 1] - x[i]'"},
    {"ptp", "write 'max(x) - min(x)'"},
    {"product", "write 'prod(x)'"},
    {"count_nonzero", "write 'sum(i) i32(x[i] != 0)'"},
    {"searchsorted", "write '[j] sum(i) i64(x[i] < y[j])'"},
    {"nonzero", "the size of a result is known before it is computed: select what counts, or sort it to the front"},
    {"unique", "the size of a result is known before it is computed: select what counts, or sort it to the front"},
    {"masked_select",
     "the size of a result is known before it is computed: select what counts, or sort it to the front"},
    {"argwhere", "the size of a result is known before it is computed: select what counts, or sort it to the front"},
    {"partition", "write 'sort(x)' or 'top_k(x, 3)'"},
    {"rint", "write 'round(x)'"},
    {"around", "write 'round(x)'"},
    {"round_", "write 'round(x)'"},
    {"signbit", "write 'copysign(1, x) < 0'"},
    {"radians", "write 'x * pi / 180'"},
    {"deg2rad", "write 'x * pi / 180'"},
    {"degrees", "write 'x * 180 / pi'"},
    {"rad2deg", "write 'x * 180 / pi'"},
    {"reciprocal", "write '1 / x'"},
    {"negative", "write '-x'"},
    {"add", "write 'x + y'"},
    {"subtract", "write 'x - y'"},
    {"multiply", "write 'x * y'"},
    {"equal", "write 'x == y'"},
    {"not_equal", "write 'x != y'"},
    {"greater", "write 'x > y'"},
    {"greater_equal", "write 'x >= y'"},
    {"less", "write 'x < y'"},
    {"less_equal", "write 'x <= y'"},
    {"bitwise_and", "write 'm & n'"},
    {"bitwise_or", "write 'm | n'"},
    {"bitwise_xor", "write 'm ^ n'"},
    {"left_shift", "write 'm << n'"},
    {"right_shift", "write 'm >> n'"},
    {"invert", "write '~m'"},
    {"bitwise_not", "write '~m'"},
    {"mad", "write 'fma(x, y, z)'"},
    {"lerp", "write 'x + (y - x) * z'"},
    {"mix", "write 'x + (y - x) * z'"},
    {"saturate", "write 'clamp(x, 0, 1)'"},
    {"frac", "write 'x - floor(x)'"},
    {"fract", "write 'x - floor(x)'"},
    {"logaddexp", "write 'max(x, y) + log1p(exp(-abs(x - y)))'"},
    {"map", "a function of a number is applied to each element of a tensor: 'exp(x)'"},
    {"vmap", "a function of a number is applied to each element of a tensor: 'exp(x)'"},
    {"zip", "write the indices: '[i] x[i] * y[i]'"},
    {"enumerate", "write the indices: '[i] x[i] * y[i]'"},
    {"fold", "reductions are sum, prod, min, max, any and all: 'sum(i) x[i]'; what goes step by step is 'scan'"},
    {"program_id", "write one element, and the compiler cuts up the whole: '[i] x[i] + y[i]'"},
    {"load", "write one element, and the compiler cuts up the whole: '[i] x[i] + y[i]'"},
    {"store", "write one element, and the compiler cuts up the whole: '[i] x[i] + y[i]'"},
    {"print", "a kernel cannot print; 'flexc run' prints its results"},
    {"scan", "it is the value of a 'let' with indices: 'let a[t] = scan(t) …'; running sums are 'cumsum(x)'"},
};

const Entry kValues[] = {
    {"True", "write 'true'"},
    {"False", "write 'false'"},
    {"None", "leave it out, or write the indices: '[i, j] x[i] - y[j]'"},
    {"newaxis", "write the indices: '[i, j] x[i] - y[j]'"},
    {"null", "there is no such value"},
    {"NaN", "write 'nan'"},
    {"Inf", "write 'inf'"},
    {"infinity", "write 'inf'"},
    {"INFINITY", "write 'inf'"},
    {"PI", "write 'pi'"},
};

const Entry kMembers[] = {
    {"T", "write 'transpose(x)', or the indices in their new order: '[j, i] x[i, j]'"},
    {"mT", "write 'transpose(x)', or the indices in their new order: '[j, i] x[i, j]'"},
    {"shape", "the dimensions of a shape have names: write 'N', not 'x.shape[0]'"},
    {"size", "the dimensions of a shape have names: write 'N', not 'x.size'"},
    {"ndim", "the number of axes is part of the type"},
    {"dtype", "a type is named in the signature: '<T: f16 | f32>' and 'x: T[N]'"},
    {"astype", "a type's name converts: f32(x)"},
    {"to", "a type's name converts: f32(x)"},
    {"float", "a type's name converts: f32(x)"},
    {"half", "a type's name converts: f16(x)"},
    {"item", "a scalar result is declared without brackets: '-> f32'"},
};

const Entry kItems[] = {
    {"def", "write 'fn' for a function, 'kernel' for what is launched"},
    {"func", "write 'fn' for a function, 'kernel' for what is launched"},
    {"function", "write 'fn' for a function, 'kernel' for what is launched"},
    {"fun", "write 'fn' for a function, 'kernel' for what is launched"},
    {"pub", "leave it out: every kernel and fn of a file can be used"},
    {"export", "leave it out: every kernel and fn of a file can be used"},
    {"from", "write 'import nn'"},
    {"using", "write 'import nn'"},
    {"use", "write 'import nn'"},
    {"include", "write 'import nn'"},
    {"const", "there are no values outside of a kernel or fn; write 'fn eps() -> f32 { 1e-5 }'"},
    {"var", "statements stand inside a kernel or fn"},
    {"class", "a file holds kernels and functions only"},
    {"struct", "a file holds kernels and functions only"},
    {"type", "a file holds kernels and functions only"},
};

const Entry kStatements[] = {
    {"while", "how often something is done is fixed: a reduction, a scan, or 'for k in 0..3'"},
    {"do", "how often something is done is fixed: a reduction, a scan, or 'for k in 0..3'"},
    {"const", "write 'let'"},
    {"auto", "write 'let'"},
    {"def", "a function stands outside of the kernel: 'fn name(x: float) -> float { … }'"},
    {"fn", "a function stands outside of the kernel"},
    {"lambda", "a function stands outside of the kernel: 'fn name(x: float) -> float { … }'"},
    {"elif", "write 'else if'"},
    {"print", "a kernel cannot print; 'flexc run' prints its results"},
    {"assert", "what the caller must keep stands after 'where' in the signature"},
};

const LookAlike kLookAlikes[] = {
    {"\u00D7", "*", "write '*'"},
    {"\u00B7", "*", "write '*'"},
    {"\u2217", "*", "write '*'"},
    {"\u22C5", "*", "write '*'"},
    {"\u00F7", "/", "write '/'"},
    {"\u2215", "/", "write '/'"},
    {"\u2212", "-", "write '-'"},
    {"\u2013", "-", "write '-'"},
    {"\u2014", "-", "write '-'"},
    {"\u2264", "<=", "write '<='"},
    {"\u2265", ">=", "write '>='"},
    {"\u2260", "!=", "write '!='"},
    {"\u2192", "->", "write '->'"},
    {"\u2026", "...", "write '...'"},
    {"\u2227", "&&", "write '&&'"},
    {"\u2228", "||", "write '||'"},
    {"\u00AC", "!", "write '!'"},
    {"\uFF08", "(", "write '('"},
    {"\uFF09", ")", "write ')'"},
    {"\uFF0C", ",", "write ','"},
    {"\u221E", "inf", "write 'inf'"},
    {"\u03C0", "pi", "write 'pi'"},
    {"\u00B2", " ", "write '** 2'"},
    {"\u00B3", " ", "write '** 3'"},
    {"\u201C", " ", "leave it out: names stand without quotes, and strings are not part of the language"},
    {"\u201D", " ", "leave it out: names stand without quotes, and strings are not part of the language"},
    {"\u2018", " ", "leave it out: names stand without quotes, and strings are not part of the language"},
    {"\u2019", " ", "leave it out: names stand without quotes, and strings are not part of the language"},
    {"\u00A0", " ", "it looks like a space but is none (U+00A0): write a space"},
    {"\u2009", " ", "it looks like a space but is none (U+2009): write a space"},
    {"\u202F", " ", "it looks like a space but is none (U+202F): write a space"},
    {"\u3000", " ", "it looks like a space but is none (U+3000): write a space"},
    {"\u200B", " ", "it cannot be seen (U+200B): delete it"},
    {"\uFEFF", " ", "it cannot be seen (U+FEFF): delete it"},
};

bool isLibrary(std::string_view name) {
  for (std::string_view library : {"np", "numpy", "jnp", "jax", "torch", "math", "tl", "F", "cp", "std"})
    if (name == library)
      return true;
  return false;
}

} // namespace

std::string typeHint(std::string_view name) {
  std::string_view ours = find(kTypes, name);
  return ours.empty() ? "" : "the type is called '" + std::string(ours) + "'";
}

std::string functionHint(std::string_view name) {
  std::string_view type = find(kTypes, name);
  if (!type.empty())
    return "a type's name converts: " + std::string(type) + "(x)";
  return std::string(find(kFunctions, name));
}

std::string valueHint(std::string_view name) {
  return std::string(find(kValues, name));
}

std::string memberHint(std::string_view object, std::string_view member) {
  bool library = isLibrary(object);
  for (std::string_view constant : {"inf", "nan", "pi"})
    if (library && member == constant)
      return "write '" + std::string(member) + "'";
  std::string_view known = find(kMembers, member);
  if (!known.empty() && !library)
    return std::string(known);
  std::string hint = functionHint(member);
  if (!hint.empty())
    return hint;
  if (library)
    return "the usual functions are built in: write '" + std::string(member) + "(…)'";
  return "tensors have no members: write '" + std::string(member) + "(" + std::string(object) + ")'";
}

std::string itemHint(std::string_view word) {
  std::string_view known = find(kItems, word);
  if (!known.empty())
    return std::string(known);
  bool type = word == "void" || word == "int" || word == "float" || word == "static" || word == "extern" ||
              word == "template" || word == "inline" || !find(kTypes, word).empty();
  return type ? "a kernel reads 'kernel name(x: f32[N]) -> f32[N] { … }'" : "";
}

std::string statementHint(std::string_view word) {
  std::string_view known = find(kStatements, word);
  if (!known.empty())
    return std::string(known);
  bool type = word == "int" || word == "float" || !find(kTypes, word).empty();
  return type ? "write 'let', without a type: 'let y = …'" : "";
}

std::string argumentHint(std::string_view name) {
  if (name == "dim" || name == "dims" || name == "axes")
    return "did you mean 'axis'?";
  return name == "keepdim" || name == "keep_dims" ? "did you mean 'keepdims'?" : "";
}

const LookAlike *findLookAlike(std::string_view text) {
  for (const LookAlike &candidate : kLookAlikes)
    if (text.substr(0, candidate.bytes.size()) == candidate.bytes)
      return &candidate;
  return nullptr;
}

} // namespace flex::lang
