//===- Target.cpp - Other targets' chips, emulated ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `emulated:sm_90a` is the chip sm_90a up to the LLVM IR that it is about to
// print; from there the emulator takes over. No target is named: a chip is found
// by what the targets list.
//
//===----------------------------------------------------------------------===//
#include "flex/Target/Target.h"

#include "flex/Emulator/Retarget.h"
#include "flex/Target/DeviceCodegen.h"
#include "flex/Target/LinkElf.h"

#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "llvm/BinaryFormat/ELF.h"

namespace flex::target {
namespace {

constexpr const char *kName = "emulated";
constexpr ElfRelocation kRelocations[] = {
    {llvm::ELF::R_X86_64_PC32, 4},
    {llvm::ELF::R_X86_64_PLT32, 4},
    {llvm::ELF::R_X86_64_PC64, 8},
    ElfRelocation::absolute(llvm::ELF::R_X86_64_32, 4),
    ElfRelocation::absolute(llvm::ELF::R_X86_64_64, 8),
};

/// The targets whose chips run groups of threads.
std::vector<const Target *> wrappable() {
  std::vector<const Target *> found;
  for (const auto &target : allTargets()) {
    if (target->name() == kName || target->entryStage() != EntryStage::ScheduledLoops)
      continue;
    auto chips = target->knownChips();
    StatusOr<std::unique_ptr<Chip>> chip = target->createChip(chips.empty() ? "" : chips.front());
    if (chip && (*chip)->device().model == tile::ExecutionModel::Simt)
      found.push_back(target.get());
  }
  return found;
}

class EmulatedChip final : public Chip {
public:
  EmulatedChip(std::string name, std::unique_ptr<Chip> wrapped) : name(std::move(name)), wrapped(std::move(wrapped)) {}
  std::string spelling() const override { return std::string(kName) + ":" + name; }
  std::string scheduledAs() const override { return wrapped->scheduledAs(); }
  std::string format() const override { return "emulated-elf"; }
  std::vector<std::string> requiredFeatures() const override { return {name}; }
  tile::DeviceDescription device() const override { return wrapped->device(); }
  bool computesIn(mlir::FloatType type) const override { return wrapped->computesIn(type); }
  void buildLowering(mlir::OpPassManager &passes) const override {
    wrapped->buildLowering(passes);
    passes.addPass(mlir::LLVM::createDIScopeForLLVMFuncOpPass()); // reports name lines of the kernel's text
  }
  StatusOr<Payload> emit(mlir::ModuleOp module, bool wantAssembly) const override;

private:
  std::string name;
  std::unique_ptr<Chip> wrapped;
};

StatusOr<Payload> EmulatedChip::emit(mlir::ModuleOp module, bool wantAssembly) const {
  StatusOr<std::unique_ptr<DeviceIR>> device = wrapped->deviceIR(module);
  FLEX_RETURN_IF_ERROR(device.status());
  StatusOr<emulator::HostObject> object = emulator::compileForHost(
      *(*device)->module, {name, static_cast<unsigned>(wrapped->device().waveSize)}, wantAssembly);
  if (!object)
    return object.status().withContext(spelling());
  StatusOr<std::vector<uint8_t>> linked = linkElf(llvm::StringRef(object->object), kRelocations);
  if (!linked)
    return linked.status().withContext(spelling());
  Payload payload;
  payload.bytes = std::move(*linked);
  payload.assembly = std::move(object->assembly);
  return payload;
}

class EmulatedTarget final : public Target {
public:
  std::string name() const override { return kName; }
  std::string summary() const override { return "the chips of the other GPU targets, executed on this machine"; }
  EntryStage entryStage() const override { return EntryStage::ScheduledLoops; }

  std::vector<std::string> knownChips() const override {
    std::vector<std::string> names;
    for (const Target *target : wrappable())
      for (std::string &chip : target->knownChips())
        names.push_back(std::move(chip));
    return names;
  }

  StatusOr<std::unique_ptr<Chip>> createChip(const std::string &text) const override {
    std::string known;
    for (const Target *target : wrappable())
      for (const std::string &chip : target->knownChips()) {
        if (chip == text || text.empty()) {
          StatusOr<std::unique_ptr<Chip>> wrapped = target->createChip(chip);
          FLEX_RETURN_IF_ERROR(wrapped.status());
          return std::unique_ptr<Chip>(std::make_unique<EmulatedChip>(chip, std::move(*wrapped)));
        }
        known += (known.empty() ? "" : ", ") + chip;
      }
    return Status(StatusCode::InvalidArgument, "unknown chip 'emulated:" + text + "'; known: " + known);
  }

  void registerDialects(mlir::DialectRegistry &registry) const override {
    for (const Target *target : wrappable())
      target->registerDialects(registry);
    mlir::registerBuiltinDialectTranslation(registry);
    mlir::registerLLVMDialectTranslation(registry);
  }
};

} // namespace

std::unique_ptr<Target> createEmulatedTarget() {
  return std::make_unique<EmulatedTarget>();
}

} // namespace flex::target
