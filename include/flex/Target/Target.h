//===- Target.h - The seam every target implements --------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A target is a folder lib/Target/<Name>/ with one function
//   std::unique_ptr<flex::target::Target> flex::target::create<Name>Target();
// found by CMake, registered through the generated flex/targets.def. No code
// outside the folder names it. How to add one: docs/howto/add-target.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/ScheduledLoops/DeviceDescription.h"
#include "flex/Support/Status.h"
#include "flex/Target/Card.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/Support/LLVM.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace flex::target {

/// The stage at which a target takes over.
enum class EntryStage {
  TensorIR,       ///< the vendor's compiler schedules: the target sees flex.kernel ops
  ScheduledLoops, ///< we schedule: the target sees tile.kernel ops
};

/// What a target made of one module.
struct Payload {
  std::vector<uint8_t> bytes; ///< as the driver takes it
  std::string assembly;       ///< for people, filled when asked for
  int64_t vectorSpills = 0;   ///< accesses to spilled vector registers inside loops: a reason to try a smaller tile
  /// Registers of a thread that code generation keeps in memory, by entry point; none where only the vendor's assembler
  /// would know. The pipeline tries smaller tiles then.
  std::map<std::string, int64_t> spills;
};

struct DeviceIR; // flex/Target/DeviceCodegen.h

/// A target for one chip. Immutable and usable from several threads at once, each with its own MLIRContext.
class Chip {
public:
  virtual ~Chip() = default;
  /// As `--target` spells it, with everything that changes the code: "cpu:znver4+avx512f…".
  virtual std::string spelling() const = 0;
  /// The target whose `schedule` blocks are meant for it: the word before the colon, unless it stands for another's
  /// chip.
  virtual std::string scheduledAs() const {
    std::string text = spelling();
    return text.substr(0, text.find(':'));
  }
  /// The payload format, matched against what drivers accept, e.g. "elf-x86_64".
  virtual std::string format() const = 0;
  /// Features a device must have to run the payload.
  virtual std::vector<std::string> requiredFeatures() const { return {}; }
  /// Facts for the cost model (ScheduledLoops targets).
  virtual tile::DeviceDescription device() const { return {}; }
  /// Whether code for the chip may compute in a type of floats.
  virtual bool computesIn(mlir::FloatType type) const { return true; }
  /// Passes from tile.kernel ops (math expansion included) to a module in the llvm dialect;
  /// empty for a TensorIR target. The result is what --emit=module prints.
  virtual void buildLowering(mlir::OpPassManager &passes) const {}
  /// Turns the lowered module into a payload. Must not abort the process on any
  /// module that the target's own lowering produced: capabilities are checked first and
  /// reported as a Status. `wantAssembly` asks for Payload::assembly.
  virtual StatusOr<Payload> emit(mlir::ModuleOp module, bool wantAssembly) const = 0;
  /// The optimised LLVM IR that `emit` of the same module would generate code from, for what executes it elsewhere.
  /// Unimplemented by default.
  virtual StatusOr<std::unique_ptr<DeviceIR>> deviceIR(mlir::ModuleOp module) const;
  /// What a payload of this chip, emitted with its assembly, takes of the chip. Unimplemented by default.
  virtual StatusOr<Card> card(const Payload &payload) const;
};

class Target {
public:
  virtual ~Target() = default;
  /// The word before the colon of `--target`: "cpu".
  virtual std::string name() const = 0;
  /// One line for `flexc devices` and --help.
  virtual std::string summary() const = 0;
  virtual EntryStage entryStage() const = 0;
  /// The chips --help lists. Empty text stands for the default chip.
  virtual std::vector<std::string> knownChips() const = 0;
  /// The chips of `--target all`: between them, code for every device that the target is for. What depends on this
  /// machine is not among them.
  virtual std::vector<std::string> imageChips() const { return knownChips(); }
  /// A chip by the text after the colon; InvalidArgument names the known ones.
  virtual StatusOr<std::unique_ptr<Chip>> createChip(const std::string &text) const = 0;
  /// Dialects and translations that the lowering needs.
  virtual void registerDialects(mlir::DialectRegistry &registry) const {}
};

/// All targets built in, in the folder order.
const std::vector<std::unique_ptr<Target>> &allTargets();
/// The word of `--target` that stands for every target's imageChips().
inline constexpr std::string_view kAllTargets = "all";
/// "cpu", "cpu:znver4": an unknown name lists what exists.
StatusOr<std::unique_ptr<Chip>> createChip(const std::string &spec, EntryStage *stage = nullptr);

} // namespace flex::target
