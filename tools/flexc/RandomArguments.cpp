//===- RandomArguments.cpp - A kernel and arguments for it ----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Times hardly depend on values: normally distributed ones, and small whole numbers.
//
//===----------------------------------------------------------------------===//
#include "RandomArguments.h"

#include <algorithm>
#include <set>

namespace flex::tool {

/// Dimensions and types that no argument tells are those of -D.
static StatusOr<rt::Bindings> untold(const ImageKernel &kernel, const Defines &defines) {
  rt::Bindings bindings;
  std::set<std::string> told;
  for (const ImageTensor &param : kernel.params) {
    told.insert(param.dtype);
    for (const DimExpr &dim : param.shape)
      if (auto name = dim.asSymbol())
        told.insert(*name);
  }
  for (const std::string &dim : kernel.dims) {
    if (told.count(dim))
      continue;
    auto given = defines.dims.find(dim);
    if (given == defines.dims.end())
      return Status(StatusCode::InvalidArgument, "dimension '" + dim + "' is open; give it, e.g. -D " + dim + "=512");
    bindings.dims.insert(*given);
  }
  for (const ImageTypeParam &type : kernel.typeParams)
    if (auto given = defines.types.find(type.name); !told.count(type.name) && given != defines.types.end())
      bindings.types.insert(*given);
  return bindings;
}

StatusOr<BoundKernel> bindRandom(const rt::Kernel &kernel, std::vector<std::string> words,
                                 const std::vector<std::string> &defineTexts) {
  const ImageKernel &signature = kernel.signature();
  Defines defines;
  for (const std::string &text : defineTexts)
    FLEX_RETURN_IF_ERROR(defines.add(text));
  for (const ImageTensor &param : signature.params) {
    auto names = [&](const std::string &word) { return word.rfind(param.name + "=", 0) == 0; };
    if (std::any_of(words.begin(), words.end(), names) || !param.defaultValue.empty())
      continue;
    auto type = defines.types.find(param.dtype);
    bool isReal = isFloat(type == defines.types.end() ? param.dtype : type->second);
    std::string value = param.dtype == "bool" ? "randint(0, 2)" : isReal ? "randn" : "randint(0, 7)";
    words.push_back(param.name + "=" + (param.shape.empty() ? "1" : value));
  }
  auto resolved = resolveArguments(signature, words, std::move(defines));
  if (!resolved)
    return resolved.status();
  auto bindings = untold(signature, resolved->defines);
  if (!bindings)
    return bindings.status();
  if (bindings->dims.empty() && bindings->types.empty())
    return BoundKernel{kernel, std::move(*resolved)};
  auto bound = kernel.specialize(*bindings);
  if (!bound)
    return bound.status();
  return BoundKernel{std::move(*bound), std::move(*resolved)};
}

} // namespace flex::tool
