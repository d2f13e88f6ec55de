//===- Machine.h - One group's view of the chip -----------------*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory with its checks, asynchronous copies, barriers in memory, and failures.
// Invariants: every access of a program goes through access(); what is
// asynchronous happens as late as the instruction set allows. Used by one host
// thread at a time: groups that run side by side have a machine each.
//
//===----------------------------------------------------------------------===//
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace flex::emulator {

enum class Access : uint8_t {
  Read,
  Write,
  Atomic,
  AsyncRead,  ///< by a copy engine or a matrix unit that works beside the threads
  AsyncWrite, ///< likewise
};

/// The memory that a number is the address of: programs compute with addresses.
inline char *memoryAt(uintptr_t address) {
  return reinterpret_cast<char *>(address); // NOLINT(performance-no-int-to-ptr)
}

/// What is the same for all groups of a launch. Outlives its machines.
struct MachineOptions {
  std::string chip = "sm_80";     ///< as `--target` spells it after its colon: "sm_90a", "gfx942"
  unsigned waveSize = 32;         ///< threads in a wave
  unsigned groupSize = 32;        ///< threads in a group
  uint32_t sharedBytes = 0;       ///< group memory that the program declares
  uint32_t sharedLimit = 0;       ///< what a group may have at most; not less than sharedBytes
  bool checksAsyncProxy = false;  ///< generic writes of group memory need a fence before AsyncRead sees them
  std::vector<std::string> sites; ///< "k.flex:3:9", by number
  struct Range {
    uintptr_t begin, end;
    bool writable;
  };
  std::vector<Range> global; ///< device memory that the launch may touch, ascending, disjoint
};

struct GroupId {
  uint32_t x = 0, y = 0, z = 0;
};

/// The first thing that went wrong in a launch.
struct Failure {
  std::string message; ///< complete: what, where (file:line), which thread and group
};

/// A barrier in group memory (mbarrier). Phases are counted from 0.
struct MemoryBarrier {
  int64_t expected = 0, pending = 0; ///< arrivals of a phase, those still missing
  int64_t bytes = 0;                 ///< expected of asynchronous copies and not yet there
  uint64_t phase = 0;                ///< completed phases
  /// Copies that complete on this barrier and have not been delivered: run by deliver(), in order.
  std::deque<std::function<void()>> copies;
};

class Machine {
public:
  explicit Machine(const MachineOptions &options);
  ~Machine();
  Machine(const Machine &) = delete;
  Machine &operator=(const Machine &) = delete;

  const std::string &chip() const { return options.chip; }
  unsigned waveSize() const { return options.waveSize; }
  unsigned groupSize() const { return options.groupSize; }
  GroupId group() const { return groupId; }
  GroupId groups() const { return groupCount; }

  /// Starts another group: group memory is poisoned, nothing is pending.
  void begin(GroupId group, GroupId groups);

  // -- Memory ---------------------------------------------------------------------------------------------------------
  // Addresses are the host's. An address of group memory is below 4 GiB, so that 32 bits hold it, and the arena starts
  // at a multiple of 256 KiB, so that the low 18 bits are the offset.

  char *shared() const { return arena; }
  uint32_t sharedBytes() const { return options.sharedBytes; }
  bool isShared(const void *address) const {
    return static_cast<const char *>(address) >= arena && static_cast<const char *>(address) < arena + kArenaBytes;
  }
  /// A group memory address from its low 32 bits, or from an offset of the arena.
  char *sharedAt(uint32_t address) const {
    return reinterpret_cast<uintptr_t>(arena) <= address ? memoryAt(address) : arena + address;
  }

  /// The hook that sees every access, before it happens. False: it must not happen, the launch has failed.
  bool access(int thread, uint32_t site, const void *address, uint32_t bytes, uint32_t alignment, Access kind);
  /// access() and the copy. On failure `to` is zeroed.
  bool read(int thread, uint32_t site, void *to, const void *from, uint32_t bytes, uint32_t alignment,
            Access kind = Access::Read);
  bool write(int thread, uint32_t site, void *to, const void *from, uint32_t bytes, uint32_t alignment,
             Access kind = Access::Write);

  // -- Asynchronous copies that complete by groups of their thread (cp.async, bulk stores)
  // ----------------------------- `queue` tells apart what the instruction set counts apart.

  /// Adds work to the thread's open group.
  void enqueue(int thread, unsigned queue, std::function<void()> work);
  /// Closes the open group (empty groups count).
  void commit(int thread, unsigned queue);
  /// Does the work of all closed groups but the last `pending`.
  void wait(int thread, unsigned queue, size_t pending);
  /// All closed groups and the open one.
  void waitAll(int thread, unsigned queue);
  /// Groups closed and not waited for.
  size_t pendingGroups(int thread, unsigned queue) const;

  // -- Barriers in memory
  // ----------------------------------------------------------------------------------------------

  /// Makes or remakes the barrier at the address.
  MemoryBarrier &initBarrier(const void *address, int64_t count);
  /// The barrier at the address; null after a failure: there is none.
  MemoryBarrier *barrierAt(int thread, uint32_t site, const void *address);
  void invalidateBarrier(const void *address);
  /// `count` arrivals (0: only a change of `bytes`), then completes the phase if nothing is missing.
  void arrive(MemoryBarrier &barrier, int64_t count);
  /// Delivers copies on the barrier until its phase is complete; to be called when a thread waits for one that is not.
  void deliver(MemoryBarrier &barrier);

  // -- The asynchronous proxy
  // ------------------------------------------------------------------------------------------

  /// The thread's writes of group memory so far may be seen by AsyncRead.
  void fenceAsyncProxy(int thread);
  /// Likewise, of its writes those that made barriers.
  void fenceBarriers(int thread);

  // -- Memory in use by an asynchronous unit
  // ---------------------------------------------------------------------------

  /// Until release, a write (or, if `isWritten`, any access) by a thread to [address, address + bytes) is a failure
  /// that says `what` is still using it. Returns the number to release.
  uint64_t hold(const void *address, uint32_t bytes, bool isWritten, std::string what);
  void release(uint64_t number);

  // -- Failures
  // --------------------------------------------------------------------------------------------------------

  /// Notes a failure; the first one stays. The caller returns as soon as it can; nothing of the group runs on.
  void fail(int thread, uint32_t site, const std::string &what);
  bool hasFailed() const { return failure != nullptr; }
  const Failure *firstFailure() const { return failure.get(); }
  std::string siteName(uint32_t site) const;

  /// Instructions' own state for the group (tensor memory, counters …), made on first use, gone with the group.
  template <typename T> T &state() {
    static const char key = 0;
    std::shared_ptr<void> &slot = states[&key];
    if (!slot)
      slot = std::make_shared<T>();
    return *static_cast<T *>(slot.get());
  }

  static constexpr size_t kArenaBytes = 256 << 10;

private:
  struct Held {
    uintptr_t begin, end;
    bool isWritten;
    std::string what;
  };
  struct CopyQueue {
    std::vector<std::function<void()>> open;
    std::deque<std::vector<std::function<void()>>> closed;
  };
  bool accessShared(int thread, uint32_t site, size_t offset, uint32_t bytes, Access kind);
  bool accessGlobal(int thread, uint32_t site, uintptr_t address, uint32_t bytes, Access kind);
  void countHeld(const Held &range, int change);
  bool checkHeld(int thread, uint32_t site, uintptr_t address, uint32_t bytes, Access kind);

  const MachineOptions &options;
  char *arena;
  GroupId groupId, groupCount;
  size_t lastRange = 0;                 ///< of options.global: where the access before this one was
  std::vector<uint8_t> initialised;     ///< by byte of group memory
  std::vector<uint16_t> unfencedWriter; ///< by byte: thread + 1 whose write no fence has published; 0: none
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> unfencedWrites; ///< by thread: offset, bytes
  std::map<std::pair<int, unsigned>, CopyQueue> queues;
  std::unordered_map<uintptr_t, MemoryBarrier> barriers;
  std::map<uint64_t, Held> held;
  std::vector<uint16_t> heldReads, heldWrites; ///< by byte: ranges of `held` that only read, that write
  uint64_t nextHold = 1;
  std::unordered_map<const void *, std::shared_ptr<void>> states;
  std::unique_ptr<Failure> failure;
};

} // namespace flex::emulator
