//===- Kernels.cpp - MLIR's own kernels on the emulator -------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What mlir-opt does, in process, and the way from its bitcode to a loaded program.
//
//===----------------------------------------------------------------------===//
#include "Kernels.h"

#include "flex/Emulator/Retarget.h"
#include "flex/Target/LinkElf.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Pipelines/Passes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVM/NVVM/Target.h"
#include "mlir/Target/LLVM/ROCDL/Target.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

#include <dlfcn.h>
#include <fstream>
#include <mutex>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>

namespace flex::test {

std::string kernelText(const std::string &name) {
  std::ifstream file(std::string(FLEX_KERNELS_DIR) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string &from, const std::string &to, unsigned number) {
  size_t at = text.find(from);
  while (at != std::string::npos && number--)
    at = text.find(from, at + from.size());
  return at == std::string::npos ? "" : text.replace(at, from.size(), to);
}

static std::string pipelineFor(const std::string &chip) {
  if (chip.starts_with("sm_"))
    return "gpu-lower-to-nvvm-pipeline{cubin-chip=" + chip +
           " cubin-features=+ptx80 cubin-format=llvm opt-level=3 kernel-bare-ptr-calling-convention=1}";
  return "rocdl-attach-target{chip=" + chip +
         " O=3},gpu.module(expand-strided-metadata,lower-affine,convert-scf-to-cf,convert-amdgpu-to-rocdl{chipset=" +
         chip + "},convert-gpu-to-rocdl{chipset=" + chip +
         " runtime=HIP use-bare-ptr-memref-call-conv=true},reconcile-unrealized-casts,canonicalize,cse),"
         "gpu-module-to-binary{format=llvm}";
}

/// The bitcode that MLIR's passes make of the only GPU module.
static StatusOr<std::string> bitcodeOf(const std::string &text, const std::string &chip) {
  static std::once_flag once;
  std::call_once(once, [] {
    mlir::registerAllPasses();
    mlir::gpu::registerGPUToNVVMPipeline();
  });
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllToLLVMIRTranslations(registry);
  mlir::NVVM::registerNVVMTargetInterfaceExternalModels(registry);
  mlir::ROCDL::registerROCDLTargetInterfaceExternalModels(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  std::string messages;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    return mlir::success();
  });
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return Status(StatusCode::InvalidArgument, "parse: " + messages);
  mlir::PassManager passes(&context);
  std::string error;
  llvm::raw_string_ostream stream(error);
  if (mlir::failed(mlir::parsePassPipeline(pipelineFor(chip), passes, stream)))
    return Status(StatusCode::InvalidArgument, error);
  if (mlir::failed(passes.run(*module)))
    return Status(StatusCode::CompileError, messages);
  std::string bitcode;
  module->walk([&](mlir::gpu::BinaryOp binary) {
    for (mlir::Attribute object : binary.getObjects())
      bitcode = llvm::cast<mlir::gpu::ObjectAttr>(object).getObject().getValue().str();
  });
  if (bitcode.empty())
    return Status(StatusCode::NotFound, "no GPU module came out");
  return bitcode;
}

StatusOr<std::unique_ptr<EmulatedKernel>> EmulatedKernel::compile(const std::string &mlir, const std::string &chip) {
  StatusOr<std::string> bitcode = bitcodeOf(mlir, chip);
  FLEX_RETURN_IF_ERROR(bitcode.status());
  llvm::LLVMContext context;
  auto module = llvm::parseBitcodeFile(llvm::MemoryBufferRef(*bitcode, "kernel"), context);
  if (!module)
    return Status(StatusCode::Internal, llvm::toString(module.takeError()));
  return load(**module, chip);
}

StatusOr<std::unique_ptr<EmulatedKernel>> EmulatedKernel::compileIR(const std::string &llvmIr,
                                                                    const std::string &chip) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(llvmIr, diagnostic, context);
  if (!module)
    return Status(StatusCode::InvalidArgument, diagnostic.getMessage().str());
  return load(*module, chip);
}

StatusOr<std::unique_ptr<EmulatedKernel>> EmulatedKernel::load(llvm::Module &module, const std::string &chip) {
  unsigned wave = chip.starts_with("gfx9") ? 64 : 32;
  StatusOr<emulator::HostObject> object = emulator::compileForHost(module, {chip, wave}, false);
  FLEX_RETURN_IF_ERROR(object.status());
  constexpr target::ElfRelocation kRelocations[] = {
      {llvm::ELF::R_X86_64_PC32, 4}, {llvm::ELF::R_X86_64_PLT32, 4}, {llvm::ELF::R_X86_64_PC64, 8}};
  StatusOr<std::vector<uint8_t>> linked = target::linkElf(llvm::StringRef(object->object), kRelocations);
  FLEX_RETURN_IF_ERROR(linked.status());

  auto kernel = std::make_unique<EmulatedKernel>();
  int file = memfd_create("kernel", 0);
  if (file < 0 || write(file, linked->data(), linked->size()) != static_cast<ssize_t>(linked->size()))
    return Status(StatusCode::Internal, "cannot write the program");
  kernel->library = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
  close(file);
  if (!kernel->library)
    return Status(StatusCode::Internal, dlerror());
  auto program = emulator::LoadedProgram::load([&](const char *name) { return dlsym(kernel->library, name); });
  FLEX_RETURN_IF_ERROR(program.status());
  kernel->program = std::move(*program);
  return kernel;
}

EmulatedKernel::~EmulatedKernel() {
  program.reset();
  if (library)
    dlclose(library);
}

Status EmulatedKernel::run(unsigned threads, const std::vector<Buffer> &arguments, uint64_t seed,
                           const std::vector<Buffer> &more) const {
  std::vector<const void *> addresses;
  emulator::LaunchRequest request;
  auto touch = [&](const Buffer &buffer) {
    auto begin = reinterpret_cast<uintptr_t>(buffer.data);
    request.memory.push_back({begin, begin + buffer.bytes, true});
  };
  for (const Buffer &buffer : arguments) {
    addresses.push_back(&buffer.data);
    touch(buffer);
  }
  for (const Buffer &buffer : more)
    touch(buffer);
  request.groupSize = threads;
  request.arguments = addresses.data();
  emulator::LaunchOptions options;
  options.hostThreads = 1;
  options.seed = seed;
  return program->launch(request, options);
}

} // namespace flex::test
