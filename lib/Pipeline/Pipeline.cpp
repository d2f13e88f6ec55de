//===- Pipeline.cpp - From any input to any stage of the chain ------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The library's three functions; the work is in Compilation.
//
//===----------------------------------------------------------------------===//
#include "flex/Pipeline/Pipeline.h"
#include "Compilation.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace flex;

CompileResult flex::compile(const CompileInput &input, const CompileOptions &options) {
  CompileResult result;
  Compilation compilation(input, options, result);
  compilation.run();
  compilation.finish();
  return result;
}

CompileResult flex::interpret(const CompileInput &input, const CompileOptions &options,
                              const std::vector<HostTensor> &args, const std::vector<HostTensor> &results,
                              const std::vector<HostTensor> &bounds) {
  CompileResult result;
  CompileOptions upToTensor = options;
  upToTensor.stopAfter = Stage::Tensor;
  Compilation compilation(input, upToTensor, result);
  compilation.interpret(args, results, bounds);
  compilation.finish();
  return result;
}

std::string flex::describeCompiler() {
  llvm::json::Array targets;
  for (const auto &target : target::allTargets()) {
    llvm::json::Array chips;
    for (const std::string &chip : target->knownChips())
      chips.push_back(chip);
    auto chip = target->createChip("");
    llvm::json::Object object{{"name", target->name()}, {"summary", target->summary()}, {"chips", std::move(chips)}};
    object["entry"] = target->entryStage() == target::EntryStage::TensorIR ? "tensor" : "loops";
    object["default"] = chip ? (*chip)->spelling() : "";
    object["format"] = chip ? (*chip)->format() : "";
    targets.push_back(std::move(object));
  }
  std::string text;
  llvm::raw_string_ostream out(text);
  out << llvm::formatv("{0:2}",
                       llvm::json::Value(llvm::json::Object{
                           {"version", FLEX_VERSION}, {"llvm", LLVM_VERSION_STRING}, {"targets", std::move(targets)}}));
  return text + "\n";
}
