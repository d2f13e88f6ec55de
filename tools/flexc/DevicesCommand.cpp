//===- DevicesCommand.cpp - flexc devices and flexc version ---------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime finds on this machine; neither loads the compiler.
//
//===----------------------------------------------------------------------===//
#include "Command.h"
#include "CompilerLibrary.h"
#include "Text.h"
#include "flex-c/flex.h"
#include "flex/Runtime/Context.h"

#include <dlfcn.h>
#include <unistd.h>

namespace flex::tool {

static std::string number(double value, const char *unit) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, value < 10 ? "%.1f %s" : "%.0f %s", value, unit);
  return value > 0 ? buffer : std::string("? ") + unit;
}

static void printDevice(const rt::DeviceDescription &device, bool verbose) {
  print(device.id + std::string(device.id.size() < 14 ? 14 - device.id.size() : 1, ' ') + device.name + "\n");
  std::string indent(14, ' ');
  print(indent + device.kind + ", target " + device.target + ", takes " + join(device.formats) + "\n");
  print(indent + std::to_string(device.computeUnits) + " compute units, about " + number(device.gflops, "GFLOP/s") +
        ", " + number(device.memoryGBs, "GB/s") +
        (device.memoryBytes > 0 ? ", " + number(static_cast<double>(device.memoryBytes) / (1 << 30), "GiB") : "") +
        "\n");
  if (verbose) {
    print(indent + "features: " + (device.features.empty() ? "none" : join(device.features, " ")) + "\n");
    print(indent + "fingerprint: " + device.fingerprint + "\n");
  }
}

/// A line per rate: "fma.f32.512          144 GFLOP/s".
static Status printRates(const rt::Context &context, bool again) {
  bool found = false;
  for (const rt::DeviceDescription *device : context.devices()) {
    auto rates = context.rates(device->id, again);
    if (!rates)
      return rates.status();
    if (!rates->empty())
      print(std::string(found ? "\n" : "") + device->id + ": " + device->name + "\n");
    found |= !rates->empty();
    for (const rt::Rate &rate : *rates) {
      char line[96];
      std::snprintf(line, sizeof line, "  %-18s %10.*f %s\n", rate.name.c_str(), rate.value < 10 ? 2 : 0, rate.value,
                    rate.unit.c_str());
      print(line);
    }
  }
  Status disk = context.cache().diskStatus();
  if (!disk.isOk())
    print("not kept: " + disk.message() + "\n");
  return Status::ok();
}

int runDevices(const Options &options) {
  if (!options.words.empty())
    return fail({StatusCode::InvalidArgument, "'flexc devices' takes no '" + printable(options.words[0]) + "'"});
  auto context = rt::Context::create({});
  if (!context)
    return fail(context.status());
  if (options.has("rates") || options.has("measure")) {
    Status status = printRates(*context, options.has("measure"));
    return status.isOk() ? kExitOk : fail(status);
  }
  bool verbose = options.has("verbose");
  std::vector<std::string> pinned; // what is never chosen: its names, unless all is asked for
  for (const rt::DeviceDescription *device : context->devices())
    if (device->onlyWhenPinned && !verbose)
      pinned.push_back(device->id);
    else
      printDevice(*device, verbose);
  for (const rt::SkippedDevice &device : context->skippedDevices())
    print(device.id + std::string(device.id.size() < 14 ? 14 - device.id.size() : 1, ' ') +
          "not usable: " + device.reason + "\n");
  if (!pinned.empty())
    print("only by --device (--verbose describes them): " + join(pinned) + "\n");
  return kExitOk;
}

int runVersion(const Options &options) {
  Dl_info info;
  std::string runtime = dladdr(reinterpret_cast<void *>(&flex_version), &info) && info.dli_fname ? info.dli_fname : "?";
  std::string compiler = compilerPath();
  bool found = access(compiler.c_str(), R_OK) == 0;
  print("flexc " FLEX_VERSION "\n");
  print(std::string("runtime  ") + flex_version() + "  " + runtime + "\n");
  print("compiler " + std::string(found ? "         " : "missing: ") + compiler + "\n");
  return kExitOk;
}

} // namespace flex::tool
