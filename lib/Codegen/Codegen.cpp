//===- Codegen.cpp - What all who run LLVM's code generators share --------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// No state but LLVM's table of targets outlives a call.
//
//===----------------------------------------------------------------------===//
#include "flex/Codegen/Codegen.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetOptions.h"

#include <mutex>

using namespace llvm;

extern "C" {
#define FLEX_BACKEND(NAME)                                                                                             \
  void LLVMInitialize##NAME##TargetInfo();                                                                             \
  void LLVMInitialize##NAME##Target();                                                                                 \
  void LLVMInitialize##NAME##TargetMC();                                                                               \
  void LLVMInitialize##NAME##AsmPrinter();
FLEX_BACKEND(X86)
FLEX_BACKEND(AArch64)
FLEX_BACKEND(RISCV)
#undef FLEX_BACKEND
}

namespace flex::codegen {

/// Makes the code generator of one kind of processor known to LLVM, once: each takes time.
static void initialize(Triple::ArchType arch) {
#define FLEX_BACKEND(NAME)                                                                                             \
  {                                                                                                                    \
    static std::once_flag once;                                                                                        \
    std::call_once(once, [] {                                                                                          \
      LLVMInitialize##NAME##TargetInfo();                                                                              \
      LLVMInitialize##NAME##Target();                                                                                  \
      LLVMInitialize##NAME##TargetMC();                                                                                \
      LLVMInitialize##NAME##AsmPrinter();                                                                              \
    });                                                                                                                \
  }
  if (arch == Triple::x86_64)
    FLEX_BACKEND(X86)
  if (arch == Triple::aarch64)
    FLEX_BACKEND(AArch64)
  if (arch == Triple::riscv64)
    FLEX_BACKEND(RISCV)
#undef FLEX_BACKEND
}

StatusOr<std::unique_ptr<TargetMachine>> createMachine(const std::string &arch, const std::string &processor,
                                                       const std::string &features) {
  std::string error;
  Triple triple(arch + "-unknown-linux-gnu");
  initialize(triple.getArch());
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return Status(StatusCode::Internal, "LLVM has no " + arch + " code generator: " + error);
  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Standard;
  if (triple.isRISCV64())
    options.MCOptions.ABIName = "lp64d";
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(triple, processor, features, options, Reloc::PIC_,
                                                                     CodeModel::Small, CodeGenOptLevel::Less));
  if (!machine)
    return Status(StatusCode::Internal, "LLVM cannot make a code generator for " + processor);
  return machine;
}

StatusOr<std::unique_ptr<TargetMachine>> createHostMachine(const std::string &processor, const std::string &features) {
  return createMachine("x86_64", processor, features);
}

void collectErrors(LLVMContext &context, std::string &errors) {
  context.setDiagnosticHandlerCallBack(
      [](const DiagnosticInfo *info, void *to) {
        if (info->getSeverity() != DS_Error)
          return;
        raw_string_ostream stream(*static_cast<std::string *>(to));
        DiagnosticPrinterRawOStream printer(stream);
        info->print(printer);
        stream << "; ";
      },
      &errors);
}

std::string takeErrors(std::string &errors) {
  std::string text = StringRef(errors).rtrim("; ").str();
  errors.clear();
  return text;
}

bool isCommonIntrinsic(StringRef name) {
  static constexpr StringLiteral kNames[] = {"llvm.abs",        "llvm.bswap",
                                             "llvm.ceil",       "llvm.copysign",
                                             "llvm.ctlz",       "llvm.ctpop",
                                             "llvm.cttz",       "llvm.fabs",
                                             "llvm.floor",      "llvm.fma",
                                             "llvm.fmuladd",    "llvm.fptosi.sat",
                                             "llvm.fptoui.sat", "llvm.fshl",
                                             "llvm.fshr",       "llvm.is.fpclass",
                                             "llvm.maximum",    "llvm.maxnum",
                                             "llvm.minimum",    "llvm.minnum",
                                             "llvm.nearbyint",  "llvm.rint",
                                             "llvm.roundeven",  "llvm.sadd.sat",
                                             "llvm.scmp",       "llvm.smax",
                                             "llvm.smin",       "llvm.sqrt",
                                             "llvm.ssub.sat",   "llvm.trunc",
                                             "llvm.uadd.sat",   "llvm.uadd.with.overflow",
                                             "llvm.ucmp",       "llvm.umax",
                                             "llvm.umin",       "llvm.umul.with.overflow",
                                             "llvm.usub.sat",   "llvm.usub.with.overflow"};
  return is_contained(kNames, name);
}

} // namespace flex::codegen
