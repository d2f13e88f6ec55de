//===- FormatCommand.cpp - flexc fmt: kernel files in their one form ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Links the language front end, which is free of LLVM. A file is replaced whole or
// not at all: the new text is written beside it and takes its name.
//
//===----------------------------------------------------------------------===//
#include "Command.h"
#include "Text.h"
#include "flex/KernelLang/Format.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace flex::tool {
namespace {

namespace fs = std::filesystem;
constexpr uint64_t kMaxBytes = 16u << 20;

Status cannotWrite(const std::string &path) {
  int code = errno;
  bool denied = code == EACCES || code == EPERM || code == EROFS;
  return {denied ? StatusCode::PermissionDenied : StatusCode::ResourceExhausted,
          "cannot write '" + printable(path) + "': " + std::strerror(code)};
}

/// Writes all of `text` to a new file and flushes it to the disk.
bool writeAll(int file, const std::string &text) {
  for (size_t done = 0; done < text.size();) {
    ssize_t count = ::write(file, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    done += static_cast<size_t>(count);
  }
  return ::fsync(file) == 0;
}

/// The file has the old text or the new one, whatever happens. A link keeps pointing at it.
Status replaceFile(const std::string &given, const std::string &text) {
  std::error_code failure;
  std::string path = fs::canonical(given, failure).string();
  struct stat old = {};
  if (failure || ::stat(path.c_str(), &old) != 0 || ::access(path.c_str(), W_OK) != 0)
    return cannotWrite(given);
  std::string temporary = path + ".XXXXXX";
  int file = ::mkstemp(temporary.data());
  if (file < 0)
    return cannotWrite(given);
  bool good = writeAll(file, text) && ::fchmod(file, old.st_mode & 07777) == 0;
  good = ::close(file) == 0 && good;
  if (good && std::rename(temporary.c_str(), path.c_str()) == 0)
    return {};
  Status status = cannotWrite(given);
  ::unlink(temporary.c_str());
  return status;
}

/// The files a word means: itself, or all kernel files below a folder.
std::vector<std::string> filesOf(const std::string &word) {
  std::error_code failure;
  if (!fs::is_directory(word, failure))
    return {word};
  std::vector<std::string> files;
  for (auto it = fs::recursive_directory_iterator(word, fs::directory_options::skip_permission_denied, failure);
       !failure && it != fs::recursive_directory_iterator(); it.increment(failure))
    if (it->is_regular_file(failure) && it->path().extension() == ".flex")
      files.push_back(it->path().string());
  std::sort(files.begin(), files.end());
  return files;
}

/// What came of the files so far.
struct Summary {
  size_t different = 0;
  int code = kExitOk;
};

void formatOne(const std::string &path, const Options &options, Summary &summary) {
  auto text = readFile(path, kMaxBytes);
  if (!text) {
    summary.code = std::max(summary.code, fail(text.status()));
    return;
  }
  lang::SourceFile source(path == "-" ? "<stdin>" : path, *text);
  lang::DiagnosticEngine diagnostics;
  lang::FormatResult result = lang::formatFile(source, diagnostics);
  if (result.status != lang::FormatResult::Status::Ok) {
    std::string shown = diagnostics.renderText();
    std::fwrite(shown.data(), 1, shown.size(), stderr);
    bool fault = result.status == lang::FormatResult::Status::Fault;
    if (fault)
      say("error: '" + printable(path) + "' is left as it is: " + result.fault + "; please report this");
    summary.code = std::max<int>(summary.code, fault ? kExitInternal : kExitUser);
    return;
  }
  bool same = result.text == *text;
  if (path == "-" && !options.has("check"))
    return print(result.text);
  if (same)
    return;
  ++summary.different;
  if (options.has("check"))
    return print(path + "\n");
  Status status = replaceFile(path, result.text);
  if (!status.isOk())
    summary.code = std::max(summary.code, fail(status));
  else
    say("formatted " + path);
}

} // namespace

int runFormat(const Options &options) {
  if (options.words.empty())
    return fail({StatusCode::InvalidArgument, "'flexc fmt' needs files or folders; '-' is standard input"});
  Summary summary;
  for (const std::string &word : options.words)
    for (const std::string &file : filesOf(word))
      formatOne(file, options, summary);
  if (options.has("check") && summary.different)
    summary.code = std::max<int>(summary.code, kExitUser);
  return summary.code;
}

} // namespace flex::tool
