//===- Module.cpp - Where a kernel's code comes from ---------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two kinds of cache entries: "describe", found by the source alone and valid
// while its imports are unchanged, and "compile", found by everything that can
// change the code. So a start with a warm cache never opens the compiler.
//
//===----------------------------------------------------------------------===//
#include "Module.h"

#include "Text.h"
#include "flex/Binary/Hash.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

extern char **environ;

namespace flex::rt {
namespace {

constexpr uint64_t kMaxSourceBytes = 256u << 20;
constexpr char kDependency[] = "depends on ";

/// FLEX_ variables that cannot change the code a compiler makes; any other one
/// is part of the key.
constexpr const char *kHarmlessVariables[] = {
    "FLEX_CACHE_DIR", "FLEX_CACHE_MAX_BYTES", "FLEX_COMPILER_LIB", "FLEX_DEVICE",
    "FLEX_LOG",       "FLEX_NUM_THREADS",     "FLEX_TUNING"};

std::string relevantEnvironment() {
  std::vector<std::string> found;
  for (char **variable = environ; variable && *variable; ++variable) {
    std::string_view text = *variable;
    if (!text.starts_with("FLEX_"))
      continue;
    std::string_view name = text.substr(0, text.find('='));
    if (std::find(std::begin(kHarmlessVariables), std::end(kHarmlessVariables), name) == std::end(kHarmlessVariables))
      found.emplace_back(text);
  }
  std::sort(found.begin(), found.end());
  std::string out;
  for (const std::string &text : found)
    out.append(text).append("\n");
  return out;
}

std::string joined(const KeyValues &pairs) {
  std::string out;
  for (const auto &[key, value] : pairs) {
    appendItem(out, key, " ");
    out.append("=").append(value);
  }
  return out;
}

std::string joined(const std::vector<std::string> &items, const char *separator = ":") {
  std::string out;
  for (const std::string &item : items)
    appendItem(out, item, separator);
  return out;
}

/// Options of the compiler, with what the bindings say beside dimensions and types.
KeyValues withBound(KeyValues options, const Bindings &bindings) {
  if (!bindings.bound.empty())
    options.emplace_back("bind", joined(bindings.bound, ","));
  return options;
}

KeyValues asPairs(const Bindings &bindings) {
  KeyValues out(bindings.types.begin(), bindings.types.end());
  for (const auto &[name, value] : bindings.dims)
    out.emplace_back(name, std::to_string(value));
  return out;
}

bool unchanged(const KeyValues &attributes) {
  for (const auto &[name, hash] : attributes) {
    if (!name.starts_with(kDependency))
      continue;
    auto bytes = Env::posix().readFile(name.substr(std::strlen(kDependency)), kMaxSourceBytes);
    if (hash.empty() ? bytes.status().code() != StatusCode::NotFound
                     : !bytes || contentHash(bytes->data(), bytes->size()) != hash)
      return false;
  }
  return true;
}

/// Where relative imports of the file are looked for; empty if it has none.
std::string importDirectory(const std::string &source, const std::string &fileName) {
  if (source.find("import") == std::string::npos)
    return "";
  std::error_code failed;
  std::filesystem::path path = std::filesystem::absolute(fileName, failed);
  return failed ? fileName : path.parent_path().string();
}

KeyValues asAttributes(const KeyValues &dependencies) {
  KeyValues out;
  for (const auto &[path, hash] : dependencies)
    out.emplace_back(kDependency + path, hash);
  return out;
}

bool canRun(const DeviceDescription &device, const ImageProgram &program) {
  auto contains = [](const std::vector<std::string> &list, const std::string &item) {
    return std::find(list.begin(), list.end(), item) != list.end();
  };
  return contains(device.formats, program.format) &&
         std::all_of(program.requires_.begin(), program.requires_.end(),
                     [&](const std::string &feature) { return contains(device.features, feature); });
}

/// The program that requires most of what the device has: the most specific.
const ImageProgram *bestProgram(const ImageKernel &kernel, const DeviceDescription &device) {
  const ImageProgram *best = nullptr;
  for (const ImageProgram &program : kernel.programs)
    if (canRun(device, program) && (!best || program.requires_.size() > best->requires_.size()))
      best = &program;
  return best;
}

const ImageKernel *findKernel(const Image &image, const std::string &name) {
  for (const ImageKernel &kernel : image.kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}

std::string programsText(const ImageKernel &kernel) {
  std::string out;
  for (const ImageProgram &program : kernel.programs) {
    appendItem(out, program.target);
    out.append(" (").append(program.format);
    for (const std::string &feature : program.requires_)
      out.append(" +").append(feature);
    out += ")";
  }
  return out.empty() ? "none" : out;
}

StatusOr<CompiledProgram> select(std::shared_ptr<const Image> image, const std::string &name,
                                 const DeviceDescription &device, CodeOrigin origin) {
  const ImageKernel *kernel = findKernel(*image, name);
  if (!kernel)
    return Status(StatusCode::NotFound, "no kernel '" + name + "' in the image");
  const ImageProgram *program = bestProgram(*kernel, device);
  if (!program)
    return Status(StatusCode::Unavailable, "kernel '" + name + "' has no program that device '" + device.id +
                                               "' can run; there are: " + programsText(*kernel));
  return CompiledProgram{std::move(image), kernel, program, origin, /*tuning=*/""};
}

} // namespace

StatusOr<std::shared_ptr<ModuleState>> ModuleState::fromImage(std::shared_ptr<ContextImpl> context, const uint8_t *data,
                                                              size_t size) {
  auto image = readImage(data, size);
  if (!image)
    return image.status();
  std::shared_ptr<ModuleState> module(new ModuleState(std::move(context)));
  module->image = std::make_shared<const Image>(std::move(*image));
  return module;
}

StatusOr<std::shared_ptr<ModuleState>> ModuleState::fromSource(std::shared_ptr<ContextImpl> context,
                                                               const std::string &source, const std::string &fileName) {
  if (source.size() > kMaxSourceBytes)
    return Status(StatusCode::ResourceExhausted, "a source of " + std::to_string(source.size()) +
                                                     " bytes is over the limit of " + std::to_string(kMaxSourceBytes));
  std::shared_ptr<ModuleState> module(new ModuleState(std::move(context)));
  module->hasSource = true;
  module->source = source;
  module->fileName = fileName;
  FLEX_RETURN_IF_ERROR(module->describe());
  return module;
}

CacheKey ModuleState::describeKey() const {
  CacheKey key;
  key.add("kind", "describe")
      .add("source", contentHash(source))
      .add("file", fileName)
      .add("directory", importDirectory(source, fileName))
      .add("imports", joined(owner->options.importPaths))
      .add("compiler", owner->compiler.identity())
      .add("environment", relevantEnvironment());
  return key;
}

CacheKey ModuleState::compileKey(const std::string &kernel, const Bindings &bindings, const DeviceDescription &device,
                                 const KeyValues &options) const {
  CacheKey key;
  key.add("kind", "compile")
      .add("content", contentKey)
      .add("file", fileName)
      .add("kernel", kernel)
      .add("bindings", joined(asPairs(bindings)))
      .add("target", device.target)
      .add("device", device.fingerprint)
      .add("options", joined(withBound(options, bindings)))
      .add("compiler", owner->compiler.identity())
      .add("environment", relevantEnvironment());
  return key;
}

void ModuleState::setDependencies(KeyValues dependencies) {
  std::string all = contentHash(source);
  for (const auto &[path, hash] : dependencies)
    all += " " + hash;
  contentKey = dependencies.empty() ? all : contentHash(all);
  imports = std::move(dependencies);
}

Status ModuleState::describe() {
  CacheKey key = describeKey();
  if (auto cached = owner->cache.lookup(key); cached && unchanged(cached->attributes)) {
    auto read = readImage(cached->payload->data(), cached->payload->size());
    if (read.isOk()) {
      image = std::make_shared<const Image>(std::move(*read));
      codeOrigin = CodeOrigin::Disk;
      setDependencies(cached->attributes);
      return Status::ok();
    }
    owner->log(LogLevel::Warning, "kernel cache: " + read.status().message());
  }
  CompileRequest request;
  request.source = source;
  request.fileName = fileName;
  request.importPaths = owner->options.importPaths;
  auto output = owner->compiler.run(request);
  if (!output)
    return output.status();
  auto read = readImage(output->image.data(), output->image.size());
  if (!read)
    return read.status().withContext("the compiler's output");
  image = std::make_shared<const Image>(std::move(*read));
  codeOrigin = CodeOrigin::Compiler;
  warnings = output->diagnostics;
  KeyValues attributes = asAttributes(output->dependencies);
  setDependencies(attributes);
  owner->cache.store(key, std::move(output->image), attributes);
  return Status::ok();
}

TuningKey ModuleState::tuningKey(const std::string &kernel, const Bindings &bindings,
                                 const DeviceDescription &device) const {
  return {contentHash(contentKey + "\n" + kernel + "\n" + joined(owner->options.compileOptions)),
          shapeOf(bindings.dims, bindings.types), contentHash(device.target + "\n" + device.fingerprint)};
}

StatusOr<CompiledProgram> ModuleState::program(const std::string &kernel, const Bindings &bindings,
                                               const DeviceDescription &device, bool mayCompile) const {
  if (!hasSource)
    return select(image, kernel, device, CodeOrigin::Image);
  const KeyValues &options = owner->options.compileOptions;
  auto record = owner->tuned.find(tuningKey(kernel, bindings, device));
  if (!record || record->schedule.empty())
    return programWith(kernel, bindings, device, mayCompile, options);
  KeyValues tuned = options;
  tuned.emplace_back(kScheduleOption, record->schedule);
  auto program = programWith(kernel, bindings, device, mayCompile, std::move(tuned));
  if (program)
    program->tuning = record->summary();
  if (program || (!mayCompile && program.status().code() == StatusCode::NotFound))
    return program;
  auto plain = programWith(kernel, bindings, device, mayCompile, options);
  if (plain) // else it is not the record's fault
    owner->tuned.reject(*record, program.status());
  return plain;
}

StatusOr<CompiledProgram> ModuleState::plainProgram(const std::string &kernel, const Bindings &bindings,
                                                    const DeviceDescription &device) const {
  return programWith(kernel, bindings, device, /*mayCompile=*/true, owner->options.compileOptions);
}

CompileRequest ModuleState::request(FlexCompilerRequestKind kind, const std::string &kernel, const Bindings &bindings,
                                    const std::string &target, const KeyValues &options) const {
  CompileRequest out{
      kind, source, fileName, kernel, target, bindings, owner->options.compileOptions, owner->options.importPaths};
  out.options.insert(out.options.end(), options.begin(), options.end());
  out.options = withBound(std::move(out.options), bindings);
  return out;
}

StatusOr<CompiledProgram> ModuleState::programWith(const std::string &kernel, const Bindings &bindings,
                                                   const DeviceDescription &device, bool mayCompile,
                                                   KeyValues options) const {
  CacheKey key = compileKey(kernel, bindings, device, options);
  if (auto cached = owner->cache.lookup(key)) {
    auto read = readImage(cached->payload->data(), cached->payload->size());
    if (read.isOk())
      return select(std::make_shared<const Image>(std::move(*read)), kernel, device,
                    cached->fromMemory ? CodeOrigin::Memory : CodeOrigin::Disk);
    owner->log(LogLevel::Warning, "kernel cache: " + read.status().message());
  }
  if (!mayCompile)
    return Status(StatusCode::NotFound, "kernel '" + kernel + "' is not compiled for '" + device.id + "'");
  CompileRequest wanted = request(FLEX_COMPILER_COMPILE, kernel, bindings, device.target);
  wanted.options = withBound(std::move(options), bindings);
  auto start = std::chrono::steady_clock::now();
  auto output = owner->compiler.run(wanted);
  if (!output)
    return output.status();
  owner->compileNs += (std::chrono::steady_clock::now() - start) / std::chrono::nanoseconds(1);
  ++owner->compilations;
  auto read = readImage(output->image.data(), output->image.size());
  if (!read)
    return read.status().withContext("the compiler's output");
  // A file that was edited since the source was described belongs to another key.
  KeyValues attributes = asAttributes(output->dependencies);
  auto known = [this](const auto &item) { return std::find(imports.begin(), imports.end(), item) != imports.end(); };
  if (std::all_of(attributes.begin(), attributes.end(), known))
    owner->cache.store(key, std::move(output->image), attributes);
  return select(std::make_shared<const Image>(std::move(*read)), kernel, device, CodeOrigin::Compiler);
}

} // namespace flex::rt
