//===- CompilerApi.cpp - What libflexc exports ----------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C function table between flex/Runtime/CompilerInterface.h and the
// pipeline. The last stage of the compiler's side: nothing here knows of LLVM.
//
//===----------------------------------------------------------------------===//
#include "flex/Pipeline/Pipeline.h"
#include "flex/Runtime/CompilerInterface.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

using namespace flex;

namespace {

/// Everything a FlexCompilerResult points to.
struct Owner {
  CompileResult result;
  std::vector<uint8_t> bytes;
  std::vector<FlexCompilerDependency> dependencies;
  std::string timing;
};

std::string toString(FlexCompilerString text) {
  return text.size ? std::string(text.data, text.size) : std::string();
}
FlexCompilerString toView(const std::string &text) {
  return {text.data(), text.size()};
}

/// A whole number in [1, limit].
bool readNumber(const std::string &text, double limit, double &value) {
  char *end = nullptr;
  errno = 0;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && errno == 0 && value >= 1 && value <= limit;
}

/// Names with a comma between two; false if one is empty.
bool readNames(const std::string &text, std::vector<std::string> &names) {
  for (size_t begin = 0, end; begin <= text.size(); begin = end + 1) {
    end = std::min(text.find(',', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    if (names.back().empty())
      return false;
  }
  return true;
}

struct Reader {
  CompileOptions options;
  std::string error;

  void set(const std::string &key, const std::string &value) {
    struct Entry {
      const char *key, *expected;
      bool (*apply)(CompileOptions &, const std::string &);
    };
    static constexpr auto flag = [](const std::string &value, bool &to) {
      to = value == "1" || value == "true";
      return to || value == "0" || value == "false";
    };
    static constexpr Entry table[] = {
        {"numerics", "strict, default or fast",
         [](CompileOptions &o, const std::string &v) {
           o.numerics = v;
           return v == "strict" || v == "default" || v == "fast";
         }},
        {"bind", "names of parameters, with a comma between two",
         [](CompileOptions &o, const std::string &v) { return readNames(v, o.bound); }},
        {"schedule", "LAUNCH {KEY VALUE, …}; …",
         [](CompileOptions &o, const std::string &v) {
           o.schedule = v;
           return !v.empty();
         }},
        {"emit", "the name of a stage",
         [](CompileOptions &o, const std::string &v) {
           auto stage = stageByName(v);
           o.stopAfter = stage.value_or(Stage::Binary);
           return stage.has_value();
         }},
        {"timing", "0 or 1", [](CompileOptions &o, const std::string &v) { return flag(v, o.timePasses); }},
        {"verify", "0 or 1", [](CompileOptions &o, const std::string &v) { return flag(v, o.verify); }},
        {"card", "0 or 1", [](CompileOptions &o, const std::string &v) { return flag(v, o.wantCard); }},
        {"embed-ir", "0 or 1", [](CompileOptions &o, const std::string &v) { return flag(v, o.embedIR); }},
        {"dump-dir", "a folder",
         [](CompileOptions &o, const std::string &v) {
           o.dumpDir = v;
           return !v.empty();
         }},
        {"max-source-bytes", "a number from 1 to 4e9",
         [](CompileOptions &o, const std::string &v) {
           double n;
           bool good = readNumber(v, 4e9, n);
           o.limits.sourceBytes = good ? static_cast<size_t>(n) : 0;
           return good;
         }},
        {"max-ir-ops", "a number from 1 to 1e9",
         [](CompileOptions &o, const std::string &v) {
           double n;
           bool good = readNumber(v, 1e9, n);
           o.limits.irOps = good ? static_cast<size_t>(n) : 0;
           return good;
         }},
        {"max-nesting", "a number from 1 to 1000",
         [](CompileOptions &o, const std::string &v) {
           double n;
           bool good = readNumber(v, 1000, n);
           o.limits.nesting = good ? static_cast<unsigned>(n) : 0;
           return good;
         }},
        {"max-seconds", "a number from 1 to 1e6",
         [](CompileOptions &o, const std::string &v) { return readNumber(v, 1e6, o.limits.seconds); }},
    };
    std::string known;
    for (const Entry &entry : table) {
      if (key == entry.key) {
        if (!entry.apply(options, value) && error.empty())
          error = "option " + key + " is '" + value + "', expected " + entry.expected;
        return;
      }
      known += std::string(known.empty() ? "" : ", ") + entry.key;
    }
    if (error.empty())
      error = "unknown compiler option '" + key + "'; there are: " + known;
  }
};

Reader readRequest(const FlexCompilerRequest &request) {
  Reader reader;
  CompileOptions &options = reader.options;
  options.kernel = toString(request.kernel);
  options.describeOnly = request.kind == FLEX_COMPILER_DESCRIBE;
  for (size_t i = 0; i < request.targetCount; ++i)
    options.targets.push_back(toString(request.targets[i]));
  for (size_t i = 0; i < request.dimCount; ++i)
    options.dims[toString(request.dims[i].name)] = request.dims[i].value;
  for (size_t i = 0; i < request.typeCount; ++i)
    options.types[toString(request.types[i].key)] = toString(request.types[i].value);
  for (size_t i = 0; i < request.importPathCount; ++i)
    options.importPaths.push_back(toString(request.importPaths[i]));
  for (size_t i = 0; i < request.optionCount; ++i)
    reader.set(toString(request.options[i].key), toString(request.options[i].value));
  if (request.kind == FLEX_COMPILER_COMPILE && options.stopAfter != Stage::Binary && reader.error.empty())
    reader.error = "option emit is not for this kind of request";
  return reader;
}

std::vector<HostTensor> readTensors(const FlexCompilerTensor *tensors, size_t count) {
  std::vector<HostTensor> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back({toString(tensors[i].dtype),
                   std::vector<int64_t>(tensors[i].shape, tensors[i].shape + tensors[i].rank), tensors[i].data});
  return out;
}

std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (char c : text)
    out += c == '"' || c == '\\'                  ? std::string("\\") + c
           : static_cast<unsigned char>(c) < 0x20 ? "?"
                                                  : std::string(1, c);
  return out + "\"";
}

std::string timingJson(const std::vector<StageTime> &times) {
  std::string out = "[";
  for (const StageTime &time : times)
    out += std::string(out.size() > 1 ? ",\n " : "") + "{\"stage\": " + quoted(time.stage) +
           ", \"target\": " + quoted(time.target) + ", \"kernel\": " + quoted(time.kernel) +
           ", \"pass\": " + quoted(time.pass) + ", \"seconds\": " + std::to_string(time.seconds) + "}";
  return out + "]\n";
}

void serve(const FlexCompilerRequest &request, Owner &owner) {
  CompileResult &result = owner.result;
  auto assign = [&](const std::string &text) { owner.bytes.assign(text.begin(), text.end()); };
  if (request.kind == FLEX_COMPILER_ABOUT)
    return assign(describeCompiler());
  Reader reader = readRequest(request);
  if (!reader.error.empty()) {
    result.status = {StatusCode::InvalidArgument, reader.error};
    result.diagnostics = "error: " + reader.error + "\n";
    return;
  }
  std::string source = toString(request.source);
  CompileInput input{source, toString(request.fileName)};
  switch (request.kind) {
  case FLEX_COMPILER_DESCRIBE:
  case FLEX_COMPILER_COMPILE:
  case FLEX_COMPILER_EMIT:
    result = compile(input, reader.options);
    if (!result.status.isOk())
      return;
    if (request.kind == FLEX_COMPILER_EMIT && reader.options.stopAfter != Stage::Binary)
      assign(result.artefact);
    else
      owner.bytes = writeImage(result.image);
    return;
  case FLEX_COMPILER_INTERPRET:
    result =
        interpret(input, reader.options, readTensors(request.args, request.argCount),
                  readTensors(request.results, request.resultCount), readTensors(request.bounds, request.boundCount));
    return;
  default:
    result.status = {StatusCode::Unimplemented, "unknown kind of request " + std::to_string(request.kind)};
    result.diagnostics = "error: " + result.status.message() + "\n";
  }
}

int32_t compileEntry(const FlexCompilerRequest *request, FlexCompilerResult *result) {
  // A caller of an older build has shorter structs: what it does not have is zero, and is not written.
  FlexCompilerRequest own = {};
  std::memcpy(&own, request, std::min<size_t>(request->structSize, sizeof own));
  auto owner = std::make_unique<Owner>();
  serve(own, *owner);
  for (const CompileDependency &dependency : owner->result.dependencies)
    owner->dependencies.push_back({toView(dependency.path), toView(dependency.hash)});
  owner->timing = timingJson(owner->result.times);
  FlexCompilerResult filled = {};
  filled.structSize = result->structSize;
  filled.status = static_cast<int32_t>(owner->result.status.code());
  filled.image = owner->bytes.empty() ? nullptr : owner->bytes.data();
  filled.imageSize = owner->bytes.size();
  filled.diagnostics = toView(owner->result.diagnostics);
  filled.diagnosticsJson = toView(owner->result.diagnosticsJson);
  filled.dependencies = owner->dependencies.data();
  filled.dependencyCount = owner->dependencies.size();
  filled.timing = toView(owner->timing);
  int32_t status = filled.status;
  filled.owner = owner.release();
  std::memcpy(result, &filled, std::min<size_t>(result->structSize, sizeof filled));
  return status;
}

void freeEntry(FlexCompilerResult *result) {
  delete static_cast<Owner *>(result->owner);
  result->owner = nullptr;
}

constexpr FlexCompilerApi kApi = {FLEX_COMPILER_ABI_VERSION, sizeof(FlexCompilerApi),
                                  "flexc " FLEX_VERSION " " __DATE__, compileEntry, freeEntry};

} // namespace

extern "C" __attribute__((visibility("default"))) const FlexCompilerApi *flexCompilerApi(uint32_t abiVersion) {
  return abiVersion == FLEX_COMPILER_ABI_VERSION ? &kApi : nullptr;
}
