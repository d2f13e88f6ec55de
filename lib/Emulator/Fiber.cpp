//===- Fiber.cpp - A stack that can be left and entered again -------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On x86-64 a switch is a dozen instructions; elsewhere ucontext does it, with a
// system call each time.
//
//===----------------------------------------------------------------------===//
#include "Fiber.h"

#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLEX_ASAN 1
#include <sanitizer/asan_interface.h>
#endif
#if __has_feature(thread_sanitizer)
#define FLEX_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif
#endif

#if defined(__x86_64__)

/// Saves the callee's registers and the stack pointer in *from, and takes those of `to`.
extern "C" void flexFiberSwitch(void **from, void *to);
extern "C" void flexFiberEnter();

asm(R"(
  .text
  .globl flexFiberSwitch
  .hidden flexFiberSwitch
  .type flexFiberSwitch, @function
flexFiberSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  retq
  .size flexFiberSwitch, .-flexFiberSwitch
  .globl flexFiberEnter
  .hidden flexFiberEnter
  .type flexFiberEnter, @function
flexFiberEnter:
  movq %r12, %rdi
  xorl %ebp, %ebp
  callq *%r13
  ud2
  .size flexFiberEnter, .-flexFiberEnter
)");

namespace {

/// A stack on which flexFiberSwitch finds the registers of a call of entry(data).
void *prepare(char *top, void (*entry)(void *), void *data) {
  auto *slots = reinterpret_cast<void **>(top) - 9; // r15, r14, r13, r12, rbx, rbp, return address, two to align calls
  slots[0] = slots[1] = slots[4] = slots[5] = slots[7] = slots[8] = nullptr;
  slots[2] = reinterpret_cast<void *>(entry);
  slots[3] = data;
  slots[6] = reinterpret_cast<void *>(&flexFiberEnter);
  return static_cast<void *>(slots);
}

void switchTo(void **from, void *to) {
  flexFiberSwitch(from, to);
}
[[maybe_unused]] void freeContext(void *) {}

} // namespace

#else

#include <ucontext.h>

namespace {

struct Start {
  void (*entry)(void *);
  void *data;
};

void trampoline(unsigned high, unsigned low) {
  auto *start = reinterpret_cast<Start *>(uintptr_t{high} << 32 | low);
  start->entry(start->data);
}

void *prepare(char *top, void (*entry)(void *), void *data) {
  auto *start = reinterpret_cast<Start *>(top) - 1;
  *start = {entry, data};
  auto *context = new ucontext_t;
  getcontext(context);
  context->uc_stack.ss_sp = top - flex::emulator::Fiber::kStackBytes;
  context->uc_stack.ss_size = flex::emulator::Fiber::kStackBytes - 64;
  context->uc_link = nullptr;
  auto bits = reinterpret_cast<uintptr_t>(start);
  makecontext(context, reinterpret_cast<void (*)()>(&trampoline), 2, static_cast<unsigned>(bits >> 32),
              static_cast<unsigned>(bits));
  return context;
}

void switchTo(void **from, void *to) {
  if (!*from)
    *from = new ucontext_t;
  swapcontext(static_cast<ucontext_t *>(*from), static_cast<ucontext_t *>(to));
}
void freeContext(void *context) {
  delete static_cast<ucontext_t *>(context);
}

} // namespace

#endif

namespace flex::emulator {

Fiber::Fiber() {
  size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void *memory = mmap(nullptr, kStackBytes + page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED)
    return;
  mprotect(memory, page, PROT_NONE);
  mapping = static_cast<char *>(memory);
  stack = mapping + page;
}

Fiber::~Fiber() {
#ifdef FLEX_TSAN
  if (sanitizerFiber)
    __tsan_destroy_fiber(sanitizerFiber);
#endif
#if !defined(__x86_64__)
  freeContext(own);
  freeContext(resumer);
#endif
  if (mapping)
    munmap(mapping, static_cast<size_t>(stack - mapping) + kStackBytes);
}

void Fiber::start(void (*newFunction)(void *), void *newData) {
  function = newFunction;
  data = newData;
  ended = false;
#if !defined(__x86_64__)
  freeContext(own);
#endif
  own = prepare(stack + kStackBytes, &Fiber::enter, this);
#ifdef FLEX_TSAN
  if (sanitizerFiber)
    __tsan_destroy_fiber(sanitizerFiber);
  sanitizerFiber = __tsan_create_fiber(0);
#endif
}

void Fiber::enter(void *self) {
  auto *fiber = static_cast<Fiber *>(self);
  fiber->afterSwitch(/*toFiber=*/true, nullptr);
  fiber->function(fiber->data);
  std::abort(); // there is nothing to return to
}

void Fiber::beforeSwitch(bool toFiber, void **fakeStack) {
#ifdef FLEX_ASAN
  if (toFiber)
    __sanitizer_start_switch_fiber(fakeStack, stack, kStackBytes);
  else
    __sanitizer_start_switch_fiber(fakeStack, resumerStack, resumerBytes);
#endif
#ifdef FLEX_TSAN
  if (toFiber)
    sanitizerResumer = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(toFiber ? sanitizerFiber : sanitizerResumer, 0);
#endif
}

void Fiber::afterSwitch(bool toFiber, void *fakeStack) {
#ifdef FLEX_ASAN
  if (toFiber)
    __sanitizer_finish_switch_fiber(fakeStack, &resumerStack, &resumerBytes);
  else
    __sanitizer_finish_switch_fiber(fakeStack, nullptr, nullptr);
#endif
}

void Fiber::resume() {
  void *fakeStack = nullptr;
  beforeSwitch(/*toFiber=*/true, &fakeStack);
  switchTo(&resumer, own);
  afterSwitch(/*toFiber=*/false, fakeStack);
}

void Fiber::suspend(bool forGood) {
  ended = forGood;
#ifdef FLEX_ASAN
  if (forGood)
    __asan_handle_no_return(); // what it marked around the frames that are left here would hit the next function
#endif
  void *fakeStack = nullptr;
  beforeSwitch(/*toFiber=*/false, forGood ? nullptr : &fakeStack); // null: AddressSanitizer frees what it keeps of it
  switchTo(&own, resumer);
  afterSwitch(/*toFiber=*/true, fakeStack);
}

} // namespace flex::emulator
