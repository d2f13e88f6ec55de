//===- Subject.cpp - The driver under test --------------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The build names the driver (FLEX_CONFORMANCE_CREATE) and its folder; nothing
// here knows which one it is.
//
//===----------------------------------------------------------------------===//
#include "Subject.h"

#include "Launch/Compiler.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/// Where a launch is simulated, each of its million threads would get a second stack, for variables that outlive
/// their function.
extern "C" const char *__asan_default_options() {
  return "detect_stack_use_after_return=0";
}
#endif
#endif

namespace flex::rt {
std::unique_ptr<Driver> FLEX_CONFORMANCE_CREATE();
}

namespace flex::rt::conformance {
namespace {

std::string readFile(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Lines `Case: reason`; empty lines and those after # are skipped.
std::map<std::string, std::string> readExclusions() {
  std::map<std::string, std::string> out;
  std::istringstream lines(readFile(FLEX_CONFORMANCE_DRIVER_DIR "/conformance/exclusions.txt"));
  for (std::string line; std::getline(lines, line);)
    if (size_t colon = line.find(": "); !line.empty() && line[0] != '#')
      out[line.substr(0, colon)] = colon == std::string::npos ? "" : line.substr(colon + 2);
  return out;
}

std::unique_ptr<Subject> &instance() {
  static std::unique_ptr<Subject> subject;
  return subject;
}

StatusOr<Kernel> compile(const std::string &target, const std::string &name) {
  // FLEX_COMPILER_LIB: a driver that is tested with a fake needs payloads that the fake can execute.
  static Compiler compiler(std::getenv("FLEX_COMPILER_LIB") ? "" : FLEX_CONFORMANCE_COMPILER);
  if (std::string(FLEX_CONFORMANCE_COMPILER).empty())
    return Status(StatusCode::Unavailable, "this build has no compiler to make payloads with");
  CompileRequest request;
  request.kind = FLEX_COMPILER_COMPILE;
  const char *elsewhere = std::getenv("FLEX_CONFORMANCE_KERNELS"); // where the tree is not the one of the build
  request.source = readFile(elsewhere ? elsewhere : FLEX_CONFORMANCE_KERNELS);
  request.fileName = FLEX_CONFORMANCE_KERNELS;
  request.kernel = name;
  request.target = target;
  auto output = compiler.run(request);
  // There is a compiler: that it cannot be opened is a failure, not an absence.
  if (!output)
    return Status(StatusCode::Internal, output.status().str());
  auto image = readImage(output->image.data(), output->image.size());
  if (!image)
    return image.status();
  if (image->kernels.size() != 1 || image->kernels[0].programs.size() != 1)
    return Status(StatusCode::Internal, "expected one kernel with one program");
  return Kernel{std::move(image->kernels[0])};
}

} // namespace

std::unique_ptr<Driver> createDriver() {
  return FLEX_CONFORMANCE_CREATE();
}

Subject &Subject::get() {
  if (!instance()) {
    auto made = std::make_unique<Subject>();
    made->driver = createDriver();
    made->found = made->driver->openDevices({});
    made->exclusions = readExclusions();
    instance() = std::move(made);
  }
  return *instance();
}

void Subject::close() {
  if (instance()) {
    instance()->found.devices.clear(); // before their driver
    instance().reset();
  }
}

StatusOr<const Kernel *> compileFor(const DeviceDescription &device, const std::string &name) {
  static std::map<std::pair<std::string, std::string>, Kernel> compiled;
  auto [at, isNew] = compiled.try_emplace({device.target, name});
  if (isNew) {
    auto kernel = compile(device.target, name);
    if (!kernel) {
      compiled.erase(at);
      return kernel.status();
    }
    at->second = std::move(*kernel);
  }
  return const_cast<const Kernel *>(&at->second);
}

void Conformance::SetUp() {
  const char *name = testing::UnitTest::GetInstance()->current_test_info()->name();
  Subject &subject = Subject::get();
  if (auto excluded = subject.exclusions.find(name); excluded != subject.exclusions.end())
    GTEST_SKIP() << "excluded: " << excluded->second;
  if (!subject.found.devices.empty())
    return;
  std::string why;
  for (const SkippedDevice &skipped : subject.found.skipped)
    why += skipped.id + ": " + skipped.reason + "\n";
  ASSERT_FALSE(why.empty()) << "a driver without devices must say why";
  GTEST_SKIP() << why;
}

Buffer::Buffer(Device &device, int64_t bytes) : device(device) {
  auto made = device.allocate(bytes);
  EXPECT_TRUE(made.isOk()) << made.status().str();
  if (made)
    whole = *made;
}

Buffer::~Buffer() {
  if (whole.handle)
    device.release(whole);
}

std::unique_ptr<Queue> makeQueue(Device &device) {
  auto queue = device.createQueue();
  EXPECT_TRUE(queue.isOk()) << queue.status().str();
  return queue ? std::move(*queue) : nullptr;
}

std::unique_ptr<Executable> load(Device &device, const Kernel &kernel) {
  auto loaded = device.loadProgram(kernel.kernel, kernel.program());
  EXPECT_TRUE(loaded.isOk()) << loaded.status().str();
  return loaded ? std::move(*loaded) : nullptr;
}

static StatusOr<DeviceBuffer> bind(const ImageBuffer &from, const Kernel &kernel,
                                   const std::vector<DeviceBuffer> &tensors, const Dims &dims,
                                   const DeviceBuffer &arena, const DeviceBuffer &constants) {
  using Kind = ImageBuffer::Kind;
  auto index = static_cast<size_t>(from.index);
  if (from.kind == Kind::Param)
    return tensors.at(index);
  if (from.kind == Kind::Result)
    return tensors.at(kernel.kernel.params.size() + index);
  auto bytes = from.bytes.evaluate(dims);
  auto offset = from.kind == Kind::Temp ? from.arenaOffset.evaluate(dims) : from.index;
  if (!bytes || !offset)
    return Status(StatusCode::Internal, "a buffer of the program has no size here");
  const DeviceBuffer &base = from.kind == Kind::Temp ? arena : constants;
  return DeviceBuffer{base.handle, base.offset + *offset, *bytes};
}

Status launchAll(Queue &queue, const Executable &executable, const Kernel &kernel,
                 const std::vector<DeviceBuffer> &tensors, const Dims &dims, const DeviceBuffer &arena,
                 const DeviceBuffer &constants) {
  const ImageProgram &program = kernel.program();
  for (size_t i = 0; i < program.launches.size(); ++i) {
    const ImageLaunch &launch = program.launches[i];
    auto items = launch.items.evaluate(dims), workspace = launch.workspaceBytes.evaluate(dims);
    if (!items || !workspace)
      return {StatusCode::Internal, "launch '" + launch.entry + "' has no size here"};
    if (*items == 0)
      continue; // the runtime's part of the contract
    std::vector<DeviceBuffer> buffers;
    std::vector<int64_t> values;
    for (int64_t index : launch.buffers) {
      auto bound = bind(program.buffers.at(static_cast<size_t>(index)), kernel, tensors, dims, arena, constants);
      if (!bound)
        return bound.status();
      buffers.push_back(*bound);
    }
    for (const std::string &name : launch.dims)
      values.push_back(dims.at(name));
    LaunchArguments arguments;
    arguments.index = i;
    arguments.buffers = buffers.data();
    arguments.bufferCount = buffers.size();
    arguments.dims = values.data();
    arguments.dimCount = values.size();
    arguments.items = *items;
    arguments.workspaceBytes = *workspace;
    FLEX_RETURN_IF_ERROR(queue.launch(executable, arguments));
  }
  return Status::ok();
}

void expectWorks(Device &device) {
  FLEX_KERNEL(add_one, device);
  auto executable = load(device, add_one);
  auto queue = makeQueue(device);
  ASSERT_TRUE(executable && queue);
  constexpr int64_t kCount = 1000;
  Buffer from(device, kCount * 4), to(device, kCount * 4);
  auto values = counted<int32_t>(kCount, 5); // outlives the copy: read by the queue until finish
  EXPECT_OK(writeVector(*queue, from.all(), values));
  EXPECT_OK(launchAll(*queue, *executable, add_one, {from.all(), to.all()}, {{"N", kCount}}));
  EXPECT_EQ(readVector<int32_t>(*queue, to.all(), kCount), counted<int32_t>(kCount, 6));
}

} // namespace flex::rt::conformance

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  int status = RUN_ALL_TESTS();
  flex::rt::conformance::Subject::close();
  return status;
}
