//===- Compile.cpp - Scheduled loops to a payload, for tests --------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The chain from scheduled loops on, without the tool around it.
//
//===----------------------------------------------------------------------===//
#include "Compile.h"

#include "flex/ScheduledLoops/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace flex::test {

StatusOr<target::Payload> compile(const std::string &chipName, const std::string &tileText, bool wantAssembly) {
  mlir::DialectRegistry registry;
  registry.insert<ir::FlexDialect, tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                  mlir::scf::SCFDialect, mlir::vector::VectorDialect, mlir::LLVM::LLVMDialect>();
  for (const auto &target : target::allTargets())
    target->registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  std::string messages;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    messages += diagnostic.str() + "\n";
    return mlir::success();
  });
  auto chip = target::createChip(chipName);
  if (!chip)
    return chip.status();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(tileText, &context);
  if (!module)
    return Status(StatusCode::InvalidArgument, "parse: " + messages);
  mlir::PassManager passes(&context);
  (*chip)->buildLowering(passes);
  if (mlir::failed(passes.run(*module)))
    return Status(StatusCode::CompileError, messages);
  return (*chip)->emit(*module, wantAssembly);
}

std::string findProgram(const std::string &name) {
  namespace fs = std::filesystem;
  std::vector<fs::path> folders = {"/usr/local/cuda/bin", "/usr/lib/llvm-22/bin"};
  std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  for (size_t at = 0; at < path.size();) {
    size_t end = std::min(path.find(':', at), path.size());
    folders.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  std::error_code ignored;
  for (const auto &python : fs::directory_iterator(FLEX_SOURCE_DIR "/.venv/lib", ignored))
    for (const auto &toolkit : fs::directory_iterator(python.path() / "site-packages/nvidia", ignored))
      folders.push_back(toolkit.path() / "bin");
  for (const fs::path &folder : folders)
    if (fs::exists(folder / name, ignored))
      return (folder / name).string();
  return {};
}

Status checkWith(const std::string &before, const std::vector<uint8_t> &bytes, const std::string &extension,
                 const std::string &after) {
  static int number = 0;
  auto file = std::filesystem::temp_directory_path() /
              ("flex-simt-" + std::to_string(getpid()) + "-" + std::to_string(number++) + extension);
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  FILE *pipe = popen((before + " " + file.string() + " " + after + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  for (size_t got; pipe && (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.append(buffer, got);
  int code = pipe ? pclose(pipe) : -1;
  std::filesystem::remove(file);
  return code == 0 ? Status::ok() : Status(StatusCode::Internal, before + ": " + output);
}

std::vector<std::string> chipsOf(const std::string &name) {
  std::vector<std::string> chips;
  for (const auto &target : target::allTargets())
    if (target->name() == name)
      for (const std::string &chip : target->knownChips())
        chips.push_back(name + ":" + chip);
  return chips;
}

} // namespace flex::test
