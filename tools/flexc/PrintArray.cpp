//===- PrintArray.cpp - Arrays as NumPy prints them -----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One pass finds the elements that are shown and a common format, another writes.
//
//===----------------------------------------------------------------------===//
#include "PrintArray.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace flex::tool {
namespace {

constexpr int64_t kThreshold = 1000, kEdge = 3;
constexpr int kPrecision = 8;
constexpr size_t kLineWidth = 100;

class Printer {
public:
  explicit Printer(const Array &array)
      : array(array), strides(array.strides()), summarise(array.elements() > kThreshold) {}

  std::string run() {
    if (array.elements() == 0)
      return "[] (shape with a 0)";
    collect(0, 0);
    chooseFormat();
    std::string out;
    write(0, 0, out);
    return out;
  }

private:
  /// Calls `each(position)` for the shown positions of an axis, and `gap()` where the middle is left out.
  template <typename Each, typename Gap> void positions(size_t axis, Each each, Gap gap) {
    int64_t size = array.shape[axis];
    for (int64_t i = 0; i < size; ++i) {
      if (summarise && size > 2 * kEdge && i == kEdge) {
        gap();
        i = size - kEdge;
      }
      each(i);
    }
  }

  void collect(size_t axis, int64_t offset) {
    if (axis == array.shape.size()) {
      shown.push_back(offset);
      return;
    }
    positions(axis, [&](int64_t i) { collect(axis + 1, offset + i * strides[axis]); }, [] {});
  }

  void chooseFormat() {
    floats = isFloat(array.dtype);
    if (floats) {
      double largest = 0, smallest = INFINITY;
      for (int64_t offset : shown) {
        double magnitude = std::fabs(loadDouble(array, offset));
        if (!std::isfinite(magnitude))
          continue;
        largest = std::max(largest, magnitude);
        smallest = magnitude > 0 ? std::min(smallest, magnitude) : smallest;
      }
      scientific = largest >= 1e8 || (smallest < INFINITY && (smallest < 1e-4 || largest / smallest > 1e3 * 1e3));
      for (int64_t offset : shown)
        digits = std::max(digits, neededDigits(loadDouble(array, offset)));
    }
    for (int64_t offset : shown)
      width = std::max(width, element(offset).size());
  }

  /// Digits behind the point that the shortest exact spelling has, at most kPrecision.
  int neededDigits(double value) const {
    if (!std::isfinite(value))
      return 0;
    char buffer[64];
    auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
    auto end = array.dtype == "f64"
                   ? std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr
                   : std::to_chars(buffer, buffer + sizeof buffer, static_cast<float>(value), format).ptr;
    std::string text(buffer, end);
    size_t point = text.find('.'), exponent = text.find('e');
    if (point == std::string::npos)
      return 0;
    return std::min(kPrecision, static_cast<int>((exponent == std::string::npos ? text.size() : exponent) - point - 1));
  }

  std::string element(int64_t offset) const {
    if (!floats)
      return loadInteger(array, offset);
    double value = loadDouble(array, offset);
    if (std::isnan(value))
      return "nan";
    if (std::isinf(value))
      return value > 0 ? "inf" : "-inf";
    char buffer[400];
    std::snprintf(buffer, sizeof buffer, scientific ? "%#.*e" : "%.*f", digits, value);
    std::string text = buffer;
    if (!scientific && digits == 0)
      return text + ".";
    if (scientific)
      return text;
    // NumPy fills with blanks what the shortest spelling does not need.
    size_t last = text.find_last_not_of('0');
    return text.substr(0, last + 1) + std::string(text.size() - last - 1, ' ');
  }

  void write(size_t axis, int64_t offset, std::string &out) {
    if (axis == array.shape.size()) {
      std::string text = element(offset);
      out += array.shape.empty() ? text : std::string(width - std::min(width, text.size()), ' ') + text;
      return;
    }
    bool innermost = axis + 1 == array.shape.size(), first = true;
    size_t lineStart = out.size();
    auto separate = [&](size_t needed) {
      bool full = innermost && out.size() - lineStart + needed > kLineWidth;
      if (!first && (!innermost || full)) {
        // A row that goes on, or a new row; one empty line more for each further axis.
        size_t newlines = innermost ? 1 : array.shape.size() - axis - 1;
        out += std::string(newlines, '\n') + std::string(axis + 1, ' ');
        lineStart = out.size();
      } else if (!first) {
        out += ' ';
      }
      first = false;
    };
    out += '[';
    positions(
        axis,
        [&](int64_t i) {
          separate(width + 1);
          write(axis + 1, offset + i * strides[axis], out);
        },
        [&] {
          separate(4);
          out += "...";
        });
    out += ']';
  }

  const Array &array;
  std::vector<int64_t> strides;
  bool summarise, floats = false, scientific = false;
  int digits = 0;
  size_t width = 0;
  std::vector<int64_t> shown;
};

} // namespace

std::string printArray(const Array &array) {
  return Printer(array).run();
}

} // namespace flex::tool
