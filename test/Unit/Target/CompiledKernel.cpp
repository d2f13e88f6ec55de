//===- CompiledKernel.cpp - A tile kernel compiled and loaded -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loading goes through a memory file and dlopen, as in the host driver.
//
//===----------------------------------------------------------------------===//
#include "CompiledKernel.h"

#include "flex/ScheduledLoops/TileDialect.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <map>
#include <sys/mman.h>
#include <unistd.h>

namespace flex::target::test {

std::vector<std::string> runnableChips() {
  StatusOr<std::unique_ptr<Chip>> host = createChip("cpu");
  if (!host)
    return {};
  std::vector<std::string> chips = {"cpu"};
  if ((*host)->spelling() != "cpu:x86-64-v3")
    chips.push_back("cpu:x86-64-v3");
  return chips;
}

namespace {

struct Compilation {
  mlir::DialectRegistry registry;
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  explicit Compilation(const std::string &text) {
    registry
        .insert<ir::FlexDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::cf::ControlFlowDialect,
                mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::vector::VectorDialect, mlir::LLVM::LLVMDialect>();
    for (const auto &target : allTargets())
      target->registerDialects(registry);
    context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
    module = mlir::parseSourceString<mlir::ModuleOp>(text, context.get());
    EXPECT_TRUE(module) << text;
  }

  StatusOr<Payload> emit(const std::string &spec, bool wantAssembly) {
    StatusOr<std::unique_ptr<Chip>> chip = createChip(spec);
    FLEX_RETURN_IF_ERROR(chip.status());
    mlir::PassManager passes(context.get());
    (*chip)->buildLowering(passes);
    if (mlir::failed(passes.run(*module)))
      return Status(StatusCode::Internal, "the lowering failed");
    return (*chip)->emit(*module, wantAssembly);
  }
};

} // namespace

StatusOr<Payload> compile(const std::string &text, const std::string &chip, bool wantAssembly) {
  Compilation compilation(text);
  if (!compilation.module)
    return Status(StatusCode::InvalidArgument, "the test's module does not parse");
  return compilation.emit(chip, wantAssembly);
}

CompiledKernel::CompiledKernel(const std::string &text, const std::string &chip, const std::string &entry) {
  Compilation compilation(text);
  if (!compilation.module)
    return;
  for (tile::KernelOp kernel : compilation.module->getOps<tile::KernelOp>())
    if (kernel.getName() == entry) {
      items = ir::toDimExpr(kernel.getItemsAttr());
      workspaceBytes = tile::workspaceBytes(kernel);
      for (auto dim : kernel.getDims().getAsRange<mlir::StringAttr>())
        dimNames.push_back(dim.str());
    }
  StatusOr<Payload> made = compilation.emit(chip, /*wantAssembly=*/false);
  EXPECT_TRUE(made.isOk()) << made.status().str();
  if (made) {
    payload = *made;
    load(entry);
  }
}

void CompiledKernel::load(const std::string &entry) {
  int file = memfd_create("kernel", MFD_CLOEXEC);
  ASSERT_EQ(write(file, payload.bytes.data(), payload.bytes.size()), static_cast<ssize_t>(payload.bytes.size()));
  static int counter = 0; // the loader knows libraries by their path: make each a new one
  std::string path = "/proc/self/fd" + std::string(++counter, '/') + std::to_string(file);
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  close(file);
  function = reinterpret_cast<Entry>(dlsym(library, entry.c_str()));
  ASSERT_NE(function, nullptr) << dlerror();
}

CompiledKernel::~CompiledKernel() {
  if (library)
    dlclose(library);
}

void CompiledKernel::run(const std::vector<void *> &buffers, const std::vector<int64_t> &dims) const {
  ASSERT_EQ(dims.size(), dimNames.size());
  std::map<std::string, int64_t> env;
  for (size_t i = 0; i < dims.size(); ++i)
    env[dimNames[i]] = dims[i];
  int64_t count = *items.evaluate(env);
  GuardedMemory workspace(*workspaceBytes.evaluate(env));
  ASSERT_EQ(reinterpret_cast<uintptr_t>(workspace.data()) % 64, 0u);
  function(buffers.data(), dims.data(), count / 2, count, workspace.data());
  function(buffers.data(), dims.data(), 0, count / 2, workspace.data());
}

GuardedMemory::GuardedMemory(size_t bytes) {
  size_t page = sysconf(_SC_PAGESIZE), inner = (bytes + page - 1) / page * page;
  mappedBytes = inner + 2 * page;
  mapping = mmap(nullptr, mappedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (inner)
    mprotect(static_cast<char *>(mapping) + page, inner, PROT_READ | PROT_WRITE);
  start = static_cast<char *>(mapping) + page + inner - bytes;
}

GuardedMemory::~GuardedMemory() {
  munmap(mapping, mappedBytes);
}

} // namespace flex::target::test
