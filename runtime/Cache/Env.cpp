//===- Env.cpp - The file system, by POSIX calls -------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each function is a few calls with every result checked; EINTR is retried. A
// file that could not be written completely is removed again.
//
//===----------------------------------------------------------------------===//
#include "flex/Runtime/Env.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace flex::rt {
namespace {

StatusCode codeOf(int error) {
  switch (error) {
  case ENOENT:
  case ENOTDIR: return StatusCode::NotFound;
  case EACCES:
  case EPERM:
  case EROFS: return StatusCode::PermissionDenied;
  case ENOSPC:
  case EDQUOT:
  case ENOMEM:
  case EMFILE:
  case ENFILE:
  case EFBIG: return StatusCode::ResourceExhausted;
  case EINVAL:
  case ENAMETOOLONG:
  case ELOOP: return StatusCode::InvalidArgument;
  default: return StatusCode::Unavailable;
  }
}

Status failed(const char *what, const std::string &path, int error = errno) {
  char buffer[128];
  return {codeOf(error),
          std::string("cannot ") + what + " '" + path + "': " + strerror_r(error, buffer, sizeof buffer)};
}

class FileDescriptor {
public:
  explicit FileDescriptor(int fd) : fd(fd) {}
  ~FileDescriptor() {
    if (fd >= 0)
      ::close(fd);
  }
  FileDescriptor(const FileDescriptor &) = delete;
  FileDescriptor &operator=(const FileDescriptor &) = delete;
  int get() const { return fd; }
  /// Closing can report a late write error.
  bool close() {
    int result = ::close(fd);
    fd = -1;
    return result == 0;
  }

private:
  int fd;
};

FileInfo toInfo(const struct stat &st, const std::string &path) {
  FileInfo info;
  info.name = path.substr(path.rfind('/') + 1);
  info.size = static_cast<uint64_t>(st.st_size);
  info.modifiedNs = st.st_mtim.tv_sec * 1'000'000'000LL + st.st_mtim.tv_nsec;
  info.owner = st.st_uid;
  info.mode = st.st_mode & 07777;
  info.isDirectory = S_ISDIR(st.st_mode);
  info.isRegular = S_ISREG(st.st_mode);
  return info;
}

bool writeAll(int fd, const uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    data += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

} // namespace

Env::~Env() = default;

StatusOr<std::vector<uint8_t>> Env::readFile(const std::string &path, uint64_t maxBytes, FileInfo *info) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat st;
  if (fd.get() < 0 || ::fstat(fd.get(), &st) != 0)
    return failed("open", path);
  if (!S_ISREG(st.st_mode))
    return Status(StatusCode::InvalidArgument, "'" + path + "' is no regular file");
  if (info)
    *info = toInfo(st, path);
  if (static_cast<uint64_t>(st.st_size) > maxBytes)
    return Status(StatusCode::ResourceExhausted, "'" + path + "' has " + std::to_string(st.st_size) +
                                                     " bytes, the limit is " + std::to_string(maxBytes));
  std::vector<uint8_t> bytes(static_cast<size_t>(st.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return failed("read", path);
    if (got == 0)
      break; // it shrank: the caller's checksum will tell
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Status Env::writeNewFile(const std::string &path, const uint8_t *data, size_t size) {
  FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd.get() < 0)
    return failed("create", path);
  if (writeAll(fd.get(), data, size) && ::fsync(fd.get()) == 0 && fd.close())
    return Status::ok();
  Status status = failed("write", path);
  ::unlink(path.c_str());
  return status;
}

Status Env::renameFile(const std::string &from, const std::string &to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? Status::ok() : failed("rename", from);
}

Status Env::removeFile(const std::string &path) {
  return ::unlink(path.c_str()) == 0 ? Status::ok() : failed("remove", path);
}

Status Env::createDirectories(const std::string &path) {
  for (size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/')
      continue;
    std::string prefix = path.substr(0, at);
    if (::mkdir(prefix.c_str(), 0700) != 0 && errno != EEXIST && (at == path.size() || errno != EROFS))
      return failed("create the directory", prefix);
  }
  return Status::ok();
}

StatusOr<std::vector<FileInfo>> Env::listDirectory(const std::string &path) {
  DIR *directory = ::opendir(path.c_str());
  if (!directory)
    return failed("list", path);
  std::vector<FileInfo> out;
  while (const dirent *entry = ::readdir(directory)) {
    std::string name = entry->d_name;
    struct stat st;
    // A file that another process removed meanwhile is not there.
    if (name != "." && name != ".." && ::fstatat(::dirfd(directory), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0)
      out.push_back(toInfo(st, name));
  }
  ::closedir(directory);
  return out;
}

StatusOr<FileInfo> Env::stat(const std::string &path) {
  struct stat st;
  if (::lstat(path.c_str(), &st) != 0)
    return failed("look at", path);
  return toInfo(st, path);
}

Status Env::touch(const std::string &path) {
  return ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0 ? Status::ok() : failed("touch", path);
}

int64_t Env::nowNs() {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

uint32_t Env::userId() {
  return ::geteuid();
}

Env &Env::posix() {
  static Env env;
  return env;
}

} // namespace flex::rt
