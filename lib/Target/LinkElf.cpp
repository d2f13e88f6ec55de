//===- LinkElf.cpp - From an object file to a shared object ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// lld reads and writes files only, hence the two temporary ones.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/LinkElf.h"

#include "lld/Common/Driver.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

namespace flex::target {
namespace {

Status noTemporary(const std::string &what, std::error_code error) {
  return Status(StatusCode::ResourceExhausted,
                "cannot " + what + " a temporary file (TMPDIR says where they go): " + error.message());
}

StatusOr<std::string> makeTemporary(llvm::StringRef extension) {
  llvm::SmallString<128> path;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("flex", extension, path))
    return noTemporary("create", error);
  return path.str().str();
}

Status writeFile(const std::string &path, llvm::StringRef bytes) {
  std::error_code error;
  llvm::raw_fd_ostream stream(path, error);
  if (error)
    return noTemporary("open", error);
  stream << bytes;
  stream.close();
  if (stream.has_error()) {
    error = stream.error();
    stream.clear_error();
    return noTemporary("write", error);
  }
  return Status::ok();
}

/// The errors alone; lld's ">>> referenced by" lines name a temporary file.
std::string withoutReferences(llvm::StringRef errors) {
  std::string text;
  while (!errors.empty()) {
    llvm::StringRef line;
    std::tie(line, errors) = errors.split('\n');
    if (!line.trim().empty() && !line.starts_with(">>>"))
      text += (text.empty() ? "" : "; ") + line.trim().str();
  }
  return text;
}

/// One run of the linker. Once a run has crashed, lld must not be entered again.
Status runLinker(llvm::ArrayRef<const char *> arguments) {
  static std::mutex mutex;
  static bool isUsable = true;
  std::lock_guard lock(mutex);
  if (!isUsable)
    return Status(StatusCode::Internal, "the linker failed before in this process and cannot run again");
  std::string output, errors;
  llvm::raw_string_ostream outputStream(output), errorStream(errors);
  lld::Result result = lld::lldMain(arguments, outputStream, errorStream, {{lld::Gnu, &lld::elf::link}});
  isUsable = result.canRunAgain;
  if (result.retCode == 0)
    return Status::ok();
  std::string text = withoutReferences(errorStream.str());
  bool isDisk = text.find("cannot open output file") != std::string::npos ||
                text.find("failed to write") != std::string::npos || text.find("No space left") != std::string::npos;
  return Status(isDisk ? StatusCode::ResourceExhausted : StatusCode::Internal, "linking failed: " + text);
}

} // namespace

StatusOr<std::vector<uint8_t>> linkElf(llvm::StringRef object, llvm::ArrayRef<std::string> extraArguments) {
  StatusOr<std::string> input = makeTemporary("o");
  FLEX_RETURN_IF_ERROR(input.status());
  llvm::FileRemover removeInput(*input);
  StatusOr<std::string> output = makeTemporary("so");
  FLEX_RETURN_IF_ERROR(output.status());
  llvm::FileRemover removeOutput(*output);
  // lld renames its result into place. Over a file that is there, some file systems wait for the disk then.
  (void)llvm::sys::fs::remove(*output);
  FLEX_RETURN_IF_ERROR(writeFile(*input, object));

  std::vector<const char *> arguments = {"ld.lld",
                                         "-shared",
                                         "-z",
                                         "defs",
                                         "--threads=1",
                                         "--build-id=none",
                                         "--no-color-diagnostics",
                                         "--error-limit=8",
                                         input->c_str(),
                                         "-o",
                                         output->c_str()};
  for (const std::string &argument : extraArguments)
    arguments.push_back(argument.c_str());
  FLEX_RETURN_IF_ERROR(runLinker(arguments));

  auto image = llvm::MemoryBuffer::getFile(*output, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!image)
    return noTemporary("read", image.getError());
  return std::vector<uint8_t>((*image)->getBufferStart(), (*image)->getBufferEnd());
}

} // namespace flex::target
