//===- NvidiaTcgen05.cpp - Tensor memory and tcgen05.mma ------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX ISA 9.7.16, groups of one CTA. A matrix instruction is issued by one thread and
// runs when somebody waits for the barrier of its commit: until then its operands may
// not be written and its result not be read, and behind that wait a thread's tensor
// instructions need a fence. Columns are in use by a load until its thread waits for
// it, and are given back before the group ends. Executed: dense f16, bf16, tf32, e4m3,
// e5m2, s8, u8 with 32-bit results, M of 64 or 128; loads and stores of 32x32b, 16x128b
// and 16x256b. Not: cta_group::2, .ws, .sp, block scales, scale-input-d, cp, shift.
//
//===----------------------------------------------------------------------===//
#include "NvidiaAsync.h"
#include "NvidiaOperand.h"
#include "Tables.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

namespace flex::emulator {
namespace {

using namespace nvidia;

constexpr unsigned kLanes = 128, kColumns = 512;

/// 9.7.16.1: 128 lanes of 512 columns of 32 bits; an address has the lane in its upper half, the column in the lower.
struct TensorMemory {
  std::vector<uint32_t> cells = std::vector<uint32_t>(kLanes * kColumns, 0xffffffff);
  std::vector<bool> isWritten = std::vector<bool>(kLanes * kColumns);
  std::array<bool, kColumns> isAllocated{};
  std::array<uint16_t, kColumns> inFlight{}; ///< matrix instructions that have not run and will write the column
};

/// What threads have not done yet and must.
struct Duties {
  std::map<int, std::vector<std::pair<unsigned, unsigned>>> loads; ///< by thread: first column, count
  std::array<uint16_t, kColumns> loading{};                        ///< loads of the column in `loads`
  std::set<const MemoryBarrier *> barriers;                        ///< that have had commits
  std::set<int> unfenced;                                          ///< threads that have waited for a commit
  unsigned allocated = 0;                                          ///< columns
  size_t ended = 0;                                                ///< threads
};

struct Address {
  unsigned lane, column;
};

Address addressOf(const Lane &lane, size_t argument) {
  uint32_t bits = lane.argument<uint32_t>(argument); // the low half of a pointer
  return {bits >> 16, bits & 0xffff};
}

/// Whether the columns exist and belong to the group.
bool checkColumns(const Call &call, int thread, const TensorMemory &memory, unsigned column, unsigned count) {
  for (unsigned c = column; c < column + count; ++c)
    if (c >= kColumns || !memory.isAllocated[c]) {
      call.machine.fail(thread, call.site, "tensor memory column " + std::to_string(c) + " is not allocated");
      return false;
    }
  return true;
}

/// Whether no load of the columns is on its way.
bool checkLoaded(const Call &call, int thread, unsigned column, unsigned count) {
  auto &loading = call.machine.state<Duties>().loading;
  for (unsigned c = column; c < column + count; ++c)
    if (loading[c]) {
      call.machine.fail(thread, call.site,
                        "tensor memory column " + std::to_string(c) +
                            " while a tcgen05.ld that no tcgen05.wait::ld has waited for may still be using it");
      return false;
    }
  return true;
}

/// 9.7.16.6.3: what comes behind the wait for a commit is ordered by a fence.
bool checkFenced(const Call &call, int thread) {
  if (!call.machine.state<Duties>().unfenced.count(thread))
    return true;
  call.machine.fail(thread, call.site,
                    "no tcgen05.fence::after_thread_sync between the wait for a tcgen05.commit and this instruction");
  return false;
}

// -- Allocation: 9.7.16.7

Execute bindAllocate(const Symbol &) {
  return [](const Call &call) {
    const Lane &lane = call.lanes[0];
    uint32_t count = lane.argument<uint32_t>(1);
    if (!lane.isActive || count < 32 || count > kColumns || (count & (count - 1))) {
      call.machine.fail(lane.thread, call.site,
                        "tcgen05.alloc by a part of a warp, or of " + std::to_string(count) +
                            " columns, which is not a power of two from 32 to 512");
      return Outcome::Done;
    }
    auto &memory = call.machine.state<TensorMemory>();
    for (uint32_t first = 0; first < kColumns; first += count) {
      bool isFree = true;
      for (uint32_t c = first; c < first + count; ++c)
        isFree &= !memory.isAllocated[c];
      if (!isFree)
        continue;
      if (call.machine.write(lane.thread, call.site, lane.argument<void *>(0), &first, 4, 4))
        std::fill_n(memory.isAllocated.begin() + first, count, true);
      call.machine.state<Duties>().allocated += count;
      return Outcome::Done;
    }
    return Outcome::Retry; // it waits until another warp gives some back
  };
}

Execute bindFree(const Symbol &) {
  return [](const Call &call) {
    const Lane &lane = call.lanes[0];
    auto &memory = call.machine.state<TensorMemory>();
    Address at = addressOf(lane, 0);
    uint32_t count = lane.argument<uint32_t>(1);
    if (!checkColumns(call, lane.thread, memory, at.column, count) ||
        !checkLoaded(call, lane.thread, at.column, count) || !checkFenced(call, lane.thread))
      return Outcome::Done;
    std::fill_n(memory.isAllocated.begin() + at.column, count, false);
    call.machine.state<Duties>().allocated -= count;
    return Outcome::Done;
  };
}

// -- tcgen05.mma: 9.7.16.10

/// The instruction descriptor's fields, table 42.
struct Shape {
  unsigned m, n, k;
  Element a, b, d;
  bool negatesA, negatesB, transposesA, transposesB, saturates;
};

bool shapeOf(uint32_t bits, unsigned kind, Shape &shape) {
  auto field = [&](unsigned at, unsigned size) { return bits >> at & ((1u << size) - 1); };
  auto elementOfField = [&](unsigned type, Element &element) {
    constexpr Element kF16Types[] = {Element::F16, Element::Bf16}, kF8Types[] = {Element::E4m3, Element::E5m2},
                      kI8Types[] = {Element::U8, Element::S8};
    switch (kind) {
    case 0: element = kF16Types[type & 1]; return type < 2;
    case 1: element = Element::Tf32; return type == 2;
    case 2: element = kF8Types[type & 1]; return type < 2;
    case 3: element = kI8Types[type & 1]; return type < 2;
    default: return false;
    }
  };
  if (field(2, 1) || !elementOfField(field(7, 3), shape.a) || !elementOfField(field(10, 3), shape.b) ||
      field(4, 2) != (kind == 3 ? 2u : 1u))
    return false;
  shape.d = kind == 3 ? Element::S32 : Element::F32;
  shape.saturates = field(3, 1);
  shape.negatesA = field(13, 1), shape.negatesB = field(14, 1);
  shape.transposesA = field(15, 1), shape.transposesB = field(16, 1);
  shape.n = field(17, 6) * 8, shape.m = field(24, 5) * 16;
  shape.k = 256 / bitsOf(shape.a);
  // 9.7.16.2.1: for M 128 N is a multiple of 16.
  return (shape.m == 64 || shape.m == 128) && shape.n >= 8 && shape.n <= 256 &&
         shape.n % (shape.m == 128 ? 16 : 8) == 0;
}

/// 9.7.16.10.5: the lane of a row of D (and of A, if that is in tensor memory). Layout D: one by one; M 64, layout F:
/// 16 rows in the lower lanes of each warp's 32.
unsigned laneOfRow(unsigned row, unsigned m) {
  return m == 128 ? row : row / 16 * 32 + row % 16;
}

struct MatrixWork {
  Shape shape;
  Address d, a; ///< a: if it is in tensor memory
  bool isTensorA, adds;
  Descriptor descriptorA, descriptorB;
  int thread;
  uint32_t site;

  bool read(Machine &machine, Matrix &left, Matrix &right, Extent &extentA, Extent &extentB) const {
    Call call{machine, site, {}};
    if (isTensorA) {
      auto &memory = machine.state<TensorMemory>();
      const unsigned per = 32 / bitsOf(shape.a);
      for (unsigned row = 0; row < shape.m; ++row)
        for (unsigned k = 0; k < shape.k; ++k)
          left.at(row, k) =
              load(shape.a, &memory.cells[laneOfRow(row, shape.m) * kColumns + a.column + k / per], k % per);
    } else if (!readOperand(call, thread, descriptorA, shape.transposesA, shape.a, false, left, extentA)) {
      return false;
    }
    return readOperand(call, thread, descriptorB, shape.transposesB, shape.b, true, right, extentB);
  }

  void run(Machine &machine) const {
    auto &memory = machine.state<TensorMemory>();
    Matrix left(shape.m, shape.k), right(shape.k, shape.n), sum(shape.m, shape.n);
    Extent extentA, extentB;
    if (!read(machine, left, right, extentA, extentB))
      return;
    auto negate = [](Matrix &matrix) {
      for (double &value : matrix.values)
        value = -value;
    };
    if (shape.negatesA)
      negate(left);
    if (shape.negatesB)
      negate(right);
    auto indexOf = [&](unsigned row, unsigned column) {
      return laneOfRow(row, shape.m) * kColumns + d.column + column;
    };
    for (unsigned row = 0; adds && row < shape.m; ++row)
      for (unsigned column = 0; column < shape.n; ++column)
        sum.at(row, column) = load(shape.d, &memory.cells[indexOf(row, column)], 0);
    multiply(sum, left, right);
    for (unsigned row = 0; row < shape.m; ++row)
      for (unsigned column = 0; column < shape.n; ++column) {
        store(shape.d, &memory.cells[indexOf(row, column)], 0, sum.at(row, column), shape.saturates);
        memory.isWritten[indexOf(row, column)] = true;
      }
  }
};

/// d, a (descriptor or tensor memory), b, instruction descriptor, enable-input-d, kind, cta_group, collector.
Execute bindMatrix(const Symbol &symbol) {
  bool isTensorA = symbol.name == "llvm.nvvm.tcgen05.mma.tensor";
  if (symbol.argumentBytes.size() != 8)
    return {};
  return [=](const Call &call) {
    const Lane &lane = call.lane();
    Machine &machine = call.machine;
    auto &memory = machine.state<TensorMemory>();
    MatrixWork work;
    if (lane.argument<uint32_t>(6) != 1 ||
        !shapeOf(lane.argument<uint32_t>(3), lane.argument<uint32_t>(5), work.shape)) {
      machine.fail(lane.thread, call.site,
                   "the emulator does not execute tcgen05.mma with this instruction descriptor or cta_group");
      return Outcome::Done;
    }
    work.d = addressOf(lane, 0);
    work.isTensorA = isTensorA;
    work.a = isTensorA ? addressOf(lane, 1) : Address{0, 0};
    work.descriptorA = tcgen05Descriptor(lane.argument<uint64_t>(1));
    work.descriptorB = tcgen05Descriptor(lane.argument<uint64_t>(2));
    work.adds = lane.argument<uint8_t>(4);
    work.thread = lane.thread;
    work.site = call.site;
    const unsigned first = work.d.column, count = work.shape.n;
    if (!checkColumns(call, lane.thread, memory, first, count) || !checkLoaded(call, lane.thread, first, count) ||
        !checkFenced(call, lane.thread) || (isTensorA && !checkColumns(call, lane.thread, memory, work.a.column, 8)))
      return Outcome::Done;
    // Reading now finds what has not arrived; the values are those of when it runs.
    Matrix left(work.shape.m, work.shape.k), right(work.shape.k, work.shape.n);
    Extent extents[2];
    if (!work.read(machine, left, right, extents[0], extents[1]))
      return Outcome::Done;
    std::vector<uint64_t> held;
    for (const Extent &extent : extents)
      if (extent.begin)
        held.push_back(machine.hold(extent.begin, static_cast<uint32_t>(extent.end - extent.begin), false,
                                    "a tcgen05.mma whose commit nobody has waited for"));
    for (unsigned c = first; c < first + count; ++c)
      ++memory.inFlight[c];
    machine.enqueue(lane.thread, kTcgen05, [=, &machine, &memory] {
      for (uint64_t number : held)
        machine.release(number);
      for (unsigned c = first; c < first + count; ++c)
        --memory.inFlight[c];
      work.run(machine);
    });
    return Outcome::Done;
  };
}

/// Commits so far, by thread.
struct Commits {
  std::map<int, size_t> closed;
};

/// tcgen05.commit: an arrival once all that the thread has issued has run.
Execute bindCommit(const Symbol &) {
  return [](const Call &call) {
    Machine &machine = call.machine;
    int thread = call.lane().thread;
    MemoryBarrier *barrier = machine.barrierAt(thread, call.site, call.lane().argument<void *>(0));
    if (!barrier)
      return Outcome::Done;
    machine.commit(thread, kTcgen05);
    machine.state<Duties>().barriers.insert(barrier);
    // Of the groups that were closed up to now, those that nobody has run when the barrier is waited for.
    auto &closed = machine.state<Commits>().closed;
    size_t number = ++closed[thread];
    barrier->copies.push_back([=, &machine, &closed] {
      machine.wait(thread, kTcgen05, closed[thread] - number);
      machine.arrive(*barrier, 1);
    });
    return Outcome::Done;
  };
}

// -- Loads and stores: 9.7.16.8, shapes 9.7.16.2.3

/// Where register `index` of a warp's lane is, from the address on.
struct Access32 {
  unsigned rows; ///< lanes of tensor memory that the warp touches
  unsigned (*row)(unsigned lane, unsigned index);
  unsigned (*column)(unsigned lane, unsigned index);
};

bool accessOf(std::string_view name, Access32 &access) {
  if (name.find(".32x32b.") != std::string_view::npos)
    access = {32, [](unsigned lane, unsigned) { return lane; }, [](unsigned, unsigned index) { return index; }};
  else if (name.find(".16x128b.") != std::string_view::npos)
    access = {16, [](unsigned lane, unsigned index) { return lane / 4 + index % 2 * 8; },
              [](unsigned lane, unsigned index) { return index / 2 * 4 + lane % 4; }};
  else if (name.find(".16x256b.") != std::string_view::npos)
    access = {16, [](unsigned lane, unsigned index) { return lane / 4 + index / 2 % 2 * 8; },
              [](unsigned lane, unsigned index) { return index / 4 * 8 + lane % 4 * 2 + index % 2; }};
  else
    return false;
  return true;
}

/// Calls `cell(lane, register, number of the cell)` for all registers of the warp; false: the launch has failed.
template <typename Cell> bool forCells(const Call &call, const Access32 &access, unsigned registers, Cell cell) {
  const Lane &first = call.lanes[0];
  auto &memory = call.machine.state<TensorMemory>();
  Address at = addressOf(first, 0);
  unsigned warp = static_cast<unsigned>(first.thread) / 32 % 4;
  for (const Lane &lane : call.lanes)
    if (!checkFenced(call, lane.thread))
      return false;
  for (const Lane &lane : call.lanes)
    if (!lane.isActive || addressOf(lane, 0).lane != at.lane || addressOf(lane, 0).column != at.column) {
      call.machine.fail(first.thread, call.site,
                        "tcgen05.ld or st by a part of the warp, or with addresses that differ in it");
      return false;
    }
  // 9.7.16.8.1: a warp has the lanes of its number in the warpgroup.
  if (at.lane < warp * 32 || at.lane + access.rows > warp * 32 + 32) {
    call.machine.fail(first.thread, call.site,
                      "warp " + std::to_string(warp) + " of a warpgroup accesses lane " + std::to_string(at.lane) +
                          " of tensor memory, where it has no access");
    return false;
  }
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < registers; ++i) {
      unsigned column = at.column + access.column(lane, i);
      if (!checkColumns(call, first.thread, memory, column, 1))
        return false;
      if (memory.inFlight[column]) {
        call.machine.fail(first.thread, call.site,
                          "access of tensor memory column " + std::to_string(column) +
                              ", which a tcgen05.mma writes whose commit nobody has waited for");
        return false;
      }
      if (!cell(lane, i, (at.lane + access.row(lane, i)) * kColumns + column))
        return false;
    }
  return true;
}

Execute bindLoad(const Symbol &symbol) {
  Access32 access;
  if (!accessOf(symbol.name, access) || symbol.argumentBytes.size() != 2)
    return {};
  return [access, registers = symbol.resultBytes / 4](const Call &call) {
    auto &memory = call.machine.state<TensorMemory>();
    if (call.lanes[0].argument<uint8_t>(1)) {
      call.machine.fail(call.lanes[0].thread, call.site, "the emulator does not execute tcgen05.ld.pack::16b");
      return Outcome::Done;
    }
    unsigned last = 0;
    bool done = forCells(call, access, registers, [&](unsigned lane, unsigned i, unsigned cell) {
      if (!memory.isWritten[cell]) {
        call.machine.fail(call.lanes[lane].thread, call.site,
                          "read of uninitialised tensor memory: lane " + std::to_string(cell / kColumns) + ", column " +
                              std::to_string(cell % kColumns));
        return false;
      }
      call.lanes[lane].setResult(memory.cells[cell], i);
      last = std::max(last, cell % kColumns);
      return true;
    });
    if (!done)
      return Outcome::Done;
    auto &duties = call.machine.state<Duties>();
    unsigned first = addressOf(call.lanes[0], 0).column;
    for (const Lane &lane : call.lanes) {
      duties.loads[lane.thread].push_back({first, last + 1 - first});
      for (unsigned c = first; c <= last; ++c)
        ++duties.loading[c];
    }
    return Outcome::Done;
  };
}

Execute bindStore(const Symbol &symbol) {
  Access32 access;
  if (!accessOf(symbol.name, access) || symbol.argumentBytes.size() != 3)
    return {};
  return [access, registers = symbol.argumentBytes[1] / 4](const Call &call) {
    auto &memory = call.machine.state<TensorMemory>();
    if (call.lanes[0].argument<uint8_t>(2))
      call.machine.fail(call.lanes[0].thread, call.site, "the emulator does not execute tcgen05.st.unpack::16b");
    else
      forCells(call, access, registers, [&](unsigned lane, unsigned i, unsigned cell) {
        if (!checkLoaded(call, call.lanes[lane].thread, cell % kColumns, 1))
          return false;
        std::memcpy(&memory.cells[cell], static_cast<const char *>(call.lanes[lane].arguments[1]) + i * 4, 4);
        memory.isWritten[cell] = true;
        return true;
      });
    return Outcome::Done;
  };
}

Execute bindWaitForLoads(const Symbol &) {
  return [](const Call &call) {
    auto &duties = call.machine.state<Duties>();
    auto found = duties.loads.find(call.lane().thread);
    if (found == duties.loads.end())
      return Outcome::Done;
    for (auto [first, count] : found->second)
      for (unsigned c = first; c < first + count; ++c)
        --duties.loading[c];
    duties.loads.erase(found);
    return Outcome::Done;
  };
}

Execute bindFenceAfter(const Symbol &) {
  return [](const Call &call) {
    call.machine.state<Duties>().unfenced.erase(call.lane().thread);
    return Outcome::Done;
  };
}

Execute bindNothing(const Symbol &) {
  return [](const Call &) { return Outcome::Done; };
}

constexpr Entry kEntries[] = {
    {"llvm.nvvm.tcgen05.alloc.cg1", Scope::Wave, bindAllocate},
    {"llvm.nvvm.tcgen05.alloc.shared.cg1", Scope::Wave, bindAllocate},
    {"llvm.nvvm.tcgen05.dealloc.cg1", Scope::Wave, bindFree},
    {"llvm.nvvm.tcgen05.relinq.alloc.permit.cg1", Scope::Thread, bindNothing},
    {"llvm.nvvm.tcgen05.mma.shared", Scope::Thread, bindMatrix},
    {"llvm.nvvm.tcgen05.mma.tensor", Scope::Thread, bindMatrix},
    {"llvm.nvvm.tcgen05.commit.cg1", Scope::Thread, bindCommit},
    {"llvm.nvvm.tcgen05.commit.shared.cg1", Scope::Thread, bindCommit},
    {"llvm.nvvm.tcgen05.ld.*", Scope::Wave, bindLoad},
    {"llvm.nvvm.tcgen05.st.*", Scope::Wave, bindStore},
    {"llvm.nvvm.tcgen05.wait.ld", Scope::Thread, bindWaitForLoads},
    {"llvm.nvvm.tcgen05.fence.after.thread.sync", Scope::Thread, bindFenceAfter},
    // Values are loaded and stored at once; else order between threads is what the barriers make it.
    {"llvm.nvvm.tcgen05.wait.*", Scope::Thread, bindNothing},
    {"llvm.nvvm.tcgen05.fence.*", Scope::Thread, bindNothing},
};

} // namespace

void nvidia::waitedFor(Machine &machine, int thread, const MemoryBarrier &barrier) {
  auto &duties = machine.state<Duties>();
  if (duties.barriers.count(&barrier))
    duties.unfenced.insert(thread);
}

std::string nvidia::unfinishedTensorWork(Machine &machine, int thread) {
  auto &duties = machine.state<Duties>();
  if (auto found = duties.loads.find(thread); found != duties.loads.end())
    return "the thread ended before it waited for " + std::to_string(found->second.size()) + " tcgen05.ld";
  if (++duties.ended == machine.groupSize() && duties.allocated > 0)
    return "the group ended with " + std::to_string(duties.allocated) + " columns of tensor memory not given back";
  return "";
}

Table nvidiaTcgen05Table() {
  return kEntries;
}

} // namespace flex::emulator
