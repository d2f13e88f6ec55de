//===- SharedLibrary.cpp - A vendor's library, opened at run time --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// dlopen and dlsym, with what is missing collected for one message.
//
//===----------------------------------------------------------------------===//
#include "Accelerator/SharedLibrary.h"

#include <dlfcn.h>

namespace flex::rt::accelerator {

StatusOr<SharedLibrary> SharedLibrary::open(const std::vector<std::string> &names) {
  std::string why, last;
  for (const std::string &name : names) {
    SharedLibrary library;
    library.fileName = name;
    library.handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library.handle)
      return library;
    const char *text = dlerror();
    std::string reason = text ? text : "no reason";
    if (reason.rfind(name + ": ", 0) == 0)
      reason.erase(0, name.size() + 2);
    if (reason == last && !last.empty())
      why.append(", ").append(name);
    else
      why.append(last.empty() ? "" : ": " + last + "; ").append(name);
    last = reason;
  }
  return Status(StatusCode::Unavailable, why + " cannot be opened: " + last);
}

void *SharedLibrary::find(const char *symbol) const {
  return dlsym(handle, symbol);
}

void *SharedLibrary::need(const char *symbol) {
  void *found = find(symbol);
  if (!found && missing.empty())
    missing = symbol;
  return found;
}

Status SharedLibrary::complete(const std::string &remedy) const {
  if (missing.empty())
    return Status::ok();
  return {StatusCode::Unavailable, fileName + " has no " + missing + " (" + remedy + ")"};
}

} // namespace flex::rt::accelerator
