//===- Env.h - The file system, as an interface ----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The runtime's cache touches files only through this, so that tests can make
// any call fail. Every failure carries errno's text; ENOSPC and EDQUOT are
// ResourceExhausted, EACCES, EPERM and EROFS PermissionDenied, ENOENT NotFound.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Export.h"
#include "flex/Support/Status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flex::rt {

struct FileInfo {
  std::string name; ///< last component
  uint64_t size = 0;
  int64_t modifiedNs = 0;
  uint32_t owner = 0;
  uint32_t mode = 0; ///< permission bits
  bool isDirectory = false;
  bool isRegular = false;
};

/// Thread-safe. Stateless but for what a test's subclass adds.
class FLEX_RT_API Env {
public:
  virtual ~Env();
  /// Refuses links and what is no regular file. `info` (if not null) is of the file that was read.
  virtual StatusOr<std::vector<uint8_t>> readFile(const std::string &path, uint64_t maxBytes, FileInfo *info = nullptr);
  /// Creates the file (it must not exist), writes, fsyncs and closes it with mode 0600.
  virtual Status writeNewFile(const std::string &path, const uint8_t *data, size_t size);
  /// Atomic. The directory is not fsynced: a rename lost in a crash is a miss.
  virtual Status renameFile(const std::string &from, const std::string &to);
  virtual Status removeFile(const std::string &path);
  /// With parents; the new ones get mode 0700.
  virtual Status createDirectories(const std::string &path);
  virtual StatusOr<std::vector<FileInfo>> listDirectory(const std::string &path);
  /// Does not follow a link at the end of the path.
  virtual StatusOr<FileInfo> stat(const std::string &path);
  /// Sets the modification time to now: the cache's "last used".
  virtual Status touch(const std::string &path);
  virtual int64_t nowNs();
  virtual uint32_t userId();

  /// The process' own.
  static Env &posix();
};

} // namespace flex::rt
