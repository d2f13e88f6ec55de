//===- RandomKernel.cpp - Small kernels at random -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements read any earlier tensor at any index of the right extent, turned
// round, shifted under a boundary rule, or wrapped; bodies are cheap or costly;
// results may be arguments, the same twice, or leave statements dead.
//
//===----------------------------------------------------------------------===//
#include "RandomKernel.h"

#include <random>
#include <vector>

namespace {

struct Tensor {
  std::string name;
  std::vector<std::string> shape;
  std::string type() const {
    std::string dims;
    for (const std::string &dim : shape)
      dims += (dims.empty() ? "" : ", ") + dim;
    return "!flex.tensor<i64[" + dims + "]>";
  }
};

class Generator {
public:
  explicit Generator(uint64_t seed) : random(seed) { tensors = {{"%x0", {"M", "N"}}, {"%x1", {"N"}}, {"%x2", {"M"}}}; }

  std::string make() {
    std::string body;
    for (int count = 2 + below(6); count > 0; --count)
      body += statement();
    std::string names, types;
    for (int count = 1 + below(3); count > 0; --count) {
      // Mostly late tensors, so that most statements are alive.
      const Tensor &tensor = below(8) == 0 ? pick(tensors) : tensors[tensors.size() - 1 - below(3)];
      names += (names.empty() ? "" : ", ") + tensor.name;
      types += (types.empty() ? "" : ", ") + tensor.type();
    }
    return "flex.kernel @k(%x0: !flex.tensor<i64[M, N]>, %x1: !flex.tensor<i64[N]>, %x2: !flex.tensor<i64[M]>) -> (" +
           types + ") {\n" + body + "  flex.return " + names + " : " + types + "\n}\n";
  }

private:
  int below(int limit) { return static_cast<int>(random() % limit); }
  template <typename T> const T &pick(const std::vector<T> &values) { return values[below(values.size())]; }

  /// An index expression for one axis; sets `outside` if it needs a boundary rule.
  std::string access(const std::string &extent, const std::vector<std::string> &indices,
                     const std::vector<std::string> &extents, bool &outside) {
    std::vector<std::string> same;
    for (size_t i = 0; i < indices.size(); ++i)
      if (extents[i] == extent)
        same.push_back(indices[i]);
    int kind = below(12);
    if (!same.empty() && kind < 8)
      return same.front();
    if (!same.empty() && kind == 8)
      return extent + " - 1 - " + pick(same);
    if (!indices.empty() && kind == 9) {
      outside = true;
      return pick(indices) + (below(2) ? " - 1" : " + 2");
    }
    if (!indices.empty() && kind == 10)
      return "mod(" + pick(indices) + ", " + extent + ")";
    return same.empty() ? "0" : pick(same);
  }

  std::string statement() {
    static const std::vector<std::string> pool = {"i", "j", "k", "p"};
    static const std::vector<std::string> combiners = {"sum", "max", "min", "prod"};
    static const std::vector<std::string> rules = {"clamp", "wrap", "mirror", "fill(7 : i64)"};
    bool reduces = below(5) < 2;
    int rank = below(6) == 0 ? 1 + below(3) : 2, parallel = reduces ? rank - 1 : rank;
    std::vector<std::string> indices, extents;
    int first = below(4);
    for (int axis = 0; axis < rank; ++axis) {
      indices.push_back(pool[(first + axis) % 4]);
      extents.push_back(axis == 0 ? (below(4) ? "M" : "N") : (below(4) ? "N" : "M"));
    }
    std::string operands, domain, reduced, name = "%t" + std::to_string(tensors.size());
    for (int axis = 0; axis < rank; ++axis)
      (axis < parallel ? domain : reduced) +=
          (axis > 0 && axis != parallel ? ", " : "") + indices[axis] + " < " + extents[axis];
    int count = 1 + below(3);
    for (int operand = 0; operand < count; ++operand) {
      const Tensor &tensor = below(3) ? tensors[tensors.size() - 1 - below(2)] : pick(tensors);
      std::string at;
      bool outside = false;
      for (const std::string &extent : tensor.shape)
        at += (at.empty() ? "" : ", ") + access(extent, indices, extents, outside);
      operands += (operand ? ", " : "") + ("%a" + std::to_string(operand)) + " = " + tensor.name + "[" + at + "]" +
                  (outside ? " " + pick(rules) : "") + " : " + tensor.type();
    }
    std::string text = "  " + name + " = flex." + (reduces ? "reduce " + pick(combiners) : std::string("map")) + " [" +
                       domain + "]" + (reduces ? " over [" + reduced + "]" : std::string()) + " (" + operands +
                       ") -> i64 {\n" + body(count, indices);
    tensors.push_back({name, {extents.begin(), extents.begin() + parallel}});
    return text;
  }

  std::string body(int arguments, const std::vector<std::string> &indices) {
    static const std::vector<std::string> ops = {"addi", "subi", "muli", "xori", "maxsi"};
    std::vector<std::string> values;
    for (int argument = 0; argument < arguments; ++argument)
      values.push_back("%a" + std::to_string(argument));
    std::string text;
    auto define = [&](const std::string &right) {
      std::string value = "%v" + std::to_string(values.size());
      text += "    " + value + " = " + right + " : i64\n";
      values.push_back(value);
    };
    if (below(3) == 0)
      define("flex.index \"" + pick(indices) + "\"");
    if (below(6) == 0)
      define("flex.dim \"M + 2*N\"");
    if (below(3) == 0) {
      define("arith.constant 7");
      std::string divisor = values.back();
      for (int count = 1 + below(3); count > 0; --count) // costly: divisions cost four
        define("arith.floordivsi " + values[below(arguments)] + ", " + divisor);
    }
    std::vector<std::string> leaves = values;
    std::string result = leaves.front();
    for (size_t leaf = 1; leaf < leaves.size(); ++leaf) {
      define("arith." + pick(ops) + " " + result + ", " + leaves[leaf]);
      result = values.back();
    }
    return text + "    flex.yield " + result + " : i64\n  }\n";
  }

  std::mt19937_64 random;
  std::vector<Tensor> tensors;
};

} // namespace

std::string flex::test::randomKernel(uint64_t seed) {
  return Generator(seed).make();
}
