//===- Input.h - Messages from the client ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads framed messages from a file descriptor, and does idle work while none is
// there. What is no message is answered with an error and skipped, so that
// LLVM's transport, which stops at such, never sees it.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "llvm/Support/LSP/Transport.h"

#include <functional>

namespace flex::lsp {

class Input : public llvm::lsp::JSONTransportInput {
public:
  /// `idle` does a piece of work and says whether more is left; `reject` answers a broken message.
  Input(int descriptor, std::function<bool()> idle, std::function<void(int code, std::string message)> reject)
      : descriptor(descriptor), idle(std::move(idle)), reject(std::move(reject)) {}

  bool hasError() const override { return failed; }
  bool isEndOfInput() const override { return ended; }
  llvm::LogicalResult readStandardMessage(std::string &json) override;
  llvm::LogicalResult readDelimitedMessage(std::string &) override { return llvm::failure(); }

private:
  /// Reads more bytes; false at the end of the input.
  bool fill();
  /// The headers' Content-Length; nothing if the input ends, 0 if they are broken.
  std::optional<size_t> readHeader();
  bool isMessage(llvm::StringRef json);

  int descriptor;
  std::function<bool()> idle;
  std::function<void(int, std::string)> reject;
  std::string buffer;
  bool failed = false, ended = false;
};

} // namespace flex::lsp
