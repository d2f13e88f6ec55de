//===- Target.cpp - A target that takes over at tensor IR -----------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor IR -> a payload that no hardware runs: the module itself, as MLIR
// bytecode. The pattern for a chip whose vendor's compiler does the scheduling;
// how to start from it is in README.md beside this file.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Target.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/Support/raw_ostream.h"

namespace flex::target {
namespace {

class NullChip final : public Chip {
public:
  std::string spelling() const override { return "null"; }
  std::string format() const override { return "tensor-ir"; }

  /// Here a vendor's compiler would be given the module in the form it takes.
  StatusOr<Payload> emit(mlir::ModuleOp module, bool wantAssembly) const override {
    std::string bytes;
    llvm::raw_string_ostream stream(bytes);
    mlir::BytecodeWriterConfig config("flex");
    if (mlir::failed(mlir::writeBytecodeToFile(module, stream, config)))
      return Status(StatusCode::Internal, "null: the module cannot be written as MLIR bytecode");
    Payload payload;
    payload.bytes.assign(bytes.begin(), bytes.end());
    if (wantAssembly) {
      llvm::raw_string_ostream text(payload.assembly);
      module.print(text);
    }
    return payload;
  }
};

class NullTarget final : public Target {
public:
  std::string name() const override { return "null"; }
  std::string summary() const override {
    return "no hardware: the tensor IR itself, to test and to start a target from";
  }
  EntryStage entryStage() const override { return EntryStage::TensorIR; }
  std::vector<std::string> knownChips() const override { return {}; }

  StatusOr<std::unique_ptr<Chip>> createChip(const std::string &text) const override {
    if (!text.empty())
      return Status(StatusCode::InvalidArgument, "null: there is no chip '" + text + "', write just 'null'");
    return std::unique_ptr<Chip>(new NullChip);
  }
};

} // namespace

std::unique_ptr<Target> createNullTarget() {
  return std::make_unique<NullTarget>();
}

} // namespace flex::target
