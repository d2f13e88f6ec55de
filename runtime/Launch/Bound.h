//===- Bound.h - Arguments that stay from launch to launch -----*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a bound kernel holds: some of the kernel's arguments, and what its plans made
// of them alone. Thread-safe. Design: docs/decisions/bound-arguments.md.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/Runtime/Context.h"

#include <functional>
#include <mutex>

namespace flex::rt {

/// Device memory that is written once: bound arguments on a device with memory of its own, or what kept launches make.
struct KeptMemory {
  explicit KeptMemory(Device &device) : device(device) {}
  ~KeptMemory();
  KeptMemory(const KeptMemory &) = delete;

  Device &device;
  std::vector<DeviceBuffer> buffers;
};

class BoundArguments {
public:
  /// Of a kernel that is bound already (`more` may be null), with further tensors by name. The tensors' data must stay
  /// as it is while this object lives, but for that of tensors with strides or of odd addresses, which are copied here.
  /// InvalidArgument: no such parameter, one that is bound or overwritten by a result, a tensor of another type or of
  /// shapes that do not go together.
  static StatusOr<std::shared_ptr<BoundArguments>> create(const ImageKernel &signature, const Bindings &fixed,
                                                          const BoundArguments *more,
                                                          const std::vector<std::string> &names,
                                                          const DLTensor *const *given);

  /// What they fix, and what was fixed before.
  const Bindings &bindings() const { return known; }
  /// By parameter; null: the caller gives it at each launch.
  const std::vector<const DLTensor *> &tensors() const { return list; }
  bool has(size_t param) const { return list[param] != nullptr; }
  size_t count() const { return owned.size(); }
  /// Of the bound parameters, in their order.
  std::vector<std::string> names(const ImageKernel &signature) const;

  /// The memory of this key: what is there, while anybody uses it, else made now, by one thread alone.
  StatusOr<std::shared_ptr<KeptMemory>> obtain(const std::string &key,
                                               const std::function<StatusOr<std::shared_ptr<KeptMemory>>()> &make);

private:
  struct Owned {
    DLTensor tensor;
    std::vector<int64_t> shape;
    std::shared_ptr<char> copy; ///< null: the data is the caller's
  };
  Status add(const ImageTensor &param, size_t index, const DLTensor &given);
  Status makeDense(Owned &held);

  Bindings known;
  std::vector<const DLTensor *> list;
  std::map<size_t, std::shared_ptr<Owned>> owned; ///< by parameter
  std::mutex mutex;                               ///< guards kept; held while making
  std::map<std::string, std::weak_ptr<KeptMemory>> kept;
};

/// The arguments of a launch with the bound ones among them. Owns the list: must live until the launch is over.
class BoundCall {
public:
  /// `bound` may be null: then the arguments stay as they are.
  BoundCall(const ImageKernel &signature, const BoundArguments *bound, const DLTensor *const *args, size_t argCount);
  BoundCall(const BoundCall &) = delete;

  const DLTensor *const *args;
  size_t argCount;
  Status status;

private:
  static constexpr size_t kInline = 16;
  const DLTensor *few[kInline];
  std::vector<const DLTensor *> many;
};

} // namespace flex::rt
