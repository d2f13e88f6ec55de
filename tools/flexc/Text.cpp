//===- Text.cpp - Words and numbers of the command line -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Edit distance, strict number parsing, whole-file input and output.
//
//===----------------------------------------------------------------------===//
#include "Text.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>

namespace flex::tool {

std::string join(const std::vector<std::string> &words, const char *separator) {
  std::string out;
  for (const std::string &word : words)
    out += (out.empty() ? "" : separator) + word;
  return out;
}

/// Edits (insert, delete, change, swap of neighbours) from one word to the other. Both are short: the caller cuts them.
static size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, previous(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::move(previous);
    previous = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

static size_t commonPrefix(std::string_view a, std::string_view b) {
  size_t n = 0;
  while (n < std::min(a.size(), b.size()) && a[n] == b[n])
    ++n;
  return n;
}

std::string didYouMean(std::string_view word, const std::vector<std::string> &candidates) {
  word = word.substr(0, 64);
  const std::string *best = nullptr;
  size_t bestDistance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string &candidate : candidates) {
    bool isPrefix = word.size() >= 2 && startsWith(candidate, word);
    size_t d = isPrefix ? 1 : distance(word, std::string_view(candidate).substr(0, 64));
    bool nearer =
        d < bestDistance || (best && d == bestDistance && commonPrefix(word, candidate) > commonPrefix(word, *best));
    if (nearer && d < std::max(word.size(), candidate.size())) {
      best = &candidate;
      bestDistance = d;
    }
  }
  return best ? "; did you mean '" + *best + "'?" : "";
}

std::optional<double> parseDouble(std::string_view text) {
  std::string copy(text);
  char *end = nullptr;
  double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || std::isspace(static_cast<unsigned char>(copy[0])) || *end != '\0' ||
      end != copy.c_str() + copy.size())
    return std::nullopt;
  return value;
}

bool startsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool endsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string out;
  for (int64_t dim : shape)
    out += (out.empty() ? "" : ", ") + std::to_string(dim);
  return "[" + out + "]";
}

std::string secondsText(double seconds) {
  const char *unit = seconds < 1e-6 ? "ns" : seconds < 1e-3 ? "us" : seconds < 1 ? "ms" : "s";
  double scaled = seconds * (seconds < 1e-6 ? 1e9 : seconds < 1e-3 ? 1e6 : seconds < 1 ? 1e3 : 1);
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.*f %s", scaled < 10 ? 2 : scaled < 100 ? 1 : 0, scaled, unit);
  return buffer;
}

std::string printable(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 200))
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out;
}

static Status fileError(const char *what, const std::string &path) {
  int code = errno;
  StatusCode kind = code == ENOENT || code == ENOTDIR  ? StatusCode::NotFound
                    : code == EACCES || code == EPERM  ? StatusCode::PermissionDenied
                    : code == ENOSPC || code == EDQUOT ? StatusCode::ResourceExhausted
                                                       : StatusCode::InvalidArgument;
  return {kind, std::string("cannot ") + what + " '" + printable(path) + "': " + std::strerror(code)};
}

StatusOr<std::string> readFile(const std::string &path, uint64_t maxBytes) {
  bool isStdin = path == "-";
  std::FILE *file = isStdin ? stdin : std::fopen(path.c_str(), "rb");
  if (!file)
    return fileError("read", path);
  std::string out;
  struct stat info;
  if (fstat(fileno(file), &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      std::fclose(file);
      return Status(StatusCode::InvalidArgument, "'" + printable(path) + "' is a folder, expected a file");
    }
    if (S_ISREG(info.st_mode) && static_cast<uint64_t>(info.st_size) <= maxBytes)
      out.reserve(static_cast<size_t>(info.st_size));
  }
  char buffer[1 << 16];
  Status status;
  while (size_t got = std::fread(buffer, 1, sizeof buffer, file)) {
    if (out.size() + got > maxBytes) {
      status = {StatusCode::ResourceExhausted,
                "'" + printable(path) + "' has more than " + std::to_string(maxBytes) + " bytes"};
      break;
    }
    out.append(buffer, got);
  }
  if (status.isOk() && std::ferror(file))
    status = fileError("read", path);
  if (!isStdin)
    std::fclose(file);
  if (!status.isOk())
    return status;
  return out;
}

Status writeFile(const std::string &path, const void *data, size_t size) {
  std::FILE *file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (!file)
    return fileError("write", path);
  bool good = size == 0 || std::fwrite(data, 1, size, file) == size;
  good &= std::fflush(file) == 0;
  Status status = good ? Status() : fileError("write", path);
  if (path != "-" && std::fclose(file) != 0 && status.isOk())
    status = fileError("write", path);
  return status;
}

} // namespace flex::tool
