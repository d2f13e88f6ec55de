//===- SharedObject.cpp - A payload in this process ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The payload's headers are checked first, because the system's loader crashes
// on a file shorter than they say. An image is code that its user trusts: this
// guards against damage, not against malice.
//
//===----------------------------------------------------------------------===//
#include "Common/SharedObject.h"

#include "flex/Binary/Hash.h"

#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace flex::rt {
namespace {

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
constexpr uint16_t kMachine = EM_RISCV;
#endif

Status checkElf(const std::vector<uint8_t> &payload) {
  Elf64_Ehdr header;
  if (payload.size() < sizeof header)
    return {StatusCode::DataLoss, "the payload is shorter than an ELF header"};
  std::memcpy(&header, payload.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_type != ET_DYN || header.e_machine != kMachine)
    return {StatusCode::DataLoss, "the payload is no shared object of this machine"};
  uint64_t tableBytes = static_cast<uint64_t>(header.e_phnum) * sizeof(Elf64_Phdr);
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phoff > payload.size() ||
      tableBytes > payload.size() - header.e_phoff)
    return {StatusCode::DataLoss, "the payload's program headers lie outside it"};
  for (uint16_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, payload.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_offset > payload.size() || segment.p_filesz > payload.size() - segment.p_offset)
      return {StatusCode::DataLoss, "a segment of the payload lies outside it"};
  }
  return Status::ok();
}

class File {
public:
  explicit File(int fd) : fd(fd) {}
  ~File() {
    if (fd >= 0)
      ::close(fd);
  }
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  bool write(const std::vector<uint8_t> &bytes) const {
    size_t done = 0;
    while (fd >= 0 && done < bytes.size()) {
      ssize_t written = ::write(fd, bytes.data() + done, bytes.size() - done);
      if (written <= 0 && errno != EINTR)
        return false;
      done += written > 0 ? static_cast<size_t>(written) : 0;
    }
    return fd >= 0;
  }

  /// A path to it that was never used before: the loader takes two libraries of one
  /// path for the same, and descriptors are used again. "/" and "/./" write a
  /// counter in binary.
  std::string freshPath() const {
    static std::atomic<uint64_t> counter = 0;
    std::string out = "/proc/self/fd";
    for (uint64_t bits = counter.fetch_add(1) + 2; bits > 1; bits >>= 1)
      out += bits & 1 ? "/." : "//";
    return out + "/" + std::to_string(fd);
  }

private:
  int fd;
};

std::string lastError() {
  char buffer[128];
  return strerror_r(errno, buffer, sizeof buffer);
}

/// A path made of what people see in a profile, and of what tells code of one name apart.
std::string pathIn(const std::string &folder, const std::string &kernel, const std::vector<uint8_t> &payload) {
  std::string name = kernel.substr(0, 100);
  for (char &c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-')
      c = '_';
  return folder + "/" + name + "-" + contentHash(payload.data(), payload.size()).substr(0, 16) + ".so";
}

/// Another process may be loading the same file: it is complete from the moment it has its name.
bool writeFile(const std::string &path, const std::vector<uint8_t> &payload) {
  if (::access(path.c_str(), R_OK) == 0)
    return true;
  std::string unfinished = path + "." + std::to_string(::getpid());
  bool good = File(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)).write(payload) &&
              std::rename(unfinished.c_str(), path.c_str()) == 0;
  if (!good) {
    int why = errno;
    ::unlink(unfinished.c_str());
    errno = why;
  }
  return good;
}

} // namespace

StatusOr<std::unique_ptr<SharedObject>> SharedObject::open(const std::vector<uint8_t> &payload,
                                                           const std::string &kernel) {
  if (Status status = checkElf(payload); !status.isOk())
    return status.withContext("kernel '" + kernel + "'");
  void *library = nullptr;
  if (const char *folder = std::getenv("FLEX_CODE_DIR"); folder && *folder) {
    std::string path = pathIn(folder, kernel, payload);
    if (!writeFile(path, payload))
      return Status(StatusCode::ResourceExhausted, "FLEX_CODE_DIR: cannot write '" + path + "': " + lastError());
    library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  } else {
    File file(memfd_create("flex-kernel", MFD_CLOEXEC));
    if (!file.write(payload))
      return Status(StatusCode::ResourceExhausted, "cannot hold the kernel's code in memory: " + lastError());
    library = dlopen(file.freshPath().c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (!library) {
    const char *why = dlerror();
    return Status(StatusCode::DataLoss, "cannot load the code of kernel '" + kernel + "': " + (why ? why : "?"));
  }
  return std::unique_ptr<SharedObject>(new SharedObject(library));
}

SharedObject::~SharedObject() {
  dlclose(library);
}

void *SharedObject::find(const char *name) const {
  return dlsym(library, name);
}

} // namespace flex::rt
