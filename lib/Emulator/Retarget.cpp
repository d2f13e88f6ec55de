//===- Retarget.cpp - Device IR to code of this host ----------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rewriting. Invariant: the host's data layout is set first, so that every
// alloca and size that is made is the host's. Address spaces below 256 are flat
// on x86; group memory lies below 4 GiB, so that the 32-bit pointers of some
// devices hold its addresses.
//
//===----------------------------------------------------------------------===//
#include "RetargetImpl.h"

#include "flex/Codegen/Codegen.h"
#include "flex/Emulator/Intrinsic.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace flex::emulator {
namespace retarget {
namespace {

/// Those of LLVM's intrinsics that the host's code generator turns into instructions beyond the common ones.
constexpr StringLiteral kNative[] = {"llvm.bitreverse",         "llvm.canonicalize",      "llvm.maximumnum",
                                     "llvm.minimumnum",         "llvm.ptrmask",           "llvm.sadd.with.overflow",
                                     "llvm.smul.with.overflow", "llvm.ssub.with.overflow"};

/// Those that only tell the optimiser something.
constexpr StringLiteral kHints[] = {"llvm.assume",         "llvm.experimental.noalias.scope.decl",
                                    "llvm.lifetime.start", "llvm.lifetime.end",
                                    "llvm.prefetch",       "llvm.invariant.start",
                                    "llvm.invariant.end"};

Status refused(StringRef name) {
  return Status(StatusCode::Unimplemented, ("the emulator does not execute '" + name + "'").str());
}

/// The assembly's text with every run of blanks made one and none at the ends.
std::string tidy(StringRef text) {
  std::string out;
  for (char c : text)
    if (!isSpace(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  return StringRef(out).rtrim().str();
}

/// Whatever has not the convention of a helper has that of some device's kernels.
bool isKernel(const Function &function) {
  switch (function.getCallingConv()) {
  case CallingConv::C:
  case CallingConv::Fast:
  case CallingConv::Cold:
  case CallingConv::PTX_Device:
  case CallingConv::SPIR_FUNC: return false;
  default: return true;
  }
}

/// Of each argument, how many bytes it has by value; 0: it is none.
SmallVector<uint64_t> bytesByValue(const Function &function) {
  SmallVector<uint64_t> bytes;
  for (const Argument &argument : function.args())
    bytes.push_back(argument.hasByValAttr()
                        ? function.getParent()->getDataLayout().getTypeAllocSize(argument.getParamByValType())
                        : 0);
  return bytes;
}

} // namespace

Retargeter::Retargeter(Module &module, const RetargetOptions &options) : module(module), context(module.getContext()) {
  program.chip = options.chip;
  program.waveSize = options.waveSize;
  program.sites.push_back("");
}

Status Retargeter::run() {
  FLEX_RETURN_IF_ERROR(setHost(module));
  expandForHost(module);
  Type *pointer = PointerType::get(context, 0);
  tableType = StructType::get(context, {pointer, pointer, pointer});
  hostTable = new GlobalVariable(module, pointer, false, GlobalValue::ExternalLinkage,
                                 ConstantPointerNull::get(cast<PointerType>(pointer)), kHostTableSymbol);
  hostTable->setDSOLocal(true);
  FLEX_RETURN_IF_ERROR(placeGlobals());
  SmallVector<std::pair<Function *, SmallVector<uint64_t>>> kernels;
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    if (isKernel(function))
      kernels.emplace_back(&function, bytesByValue(function));
    function.setCallingConv(CallingConv::C);
    function.setAttributes(AttributeList());
    function.clearMetadata();
    function.setComdat(nullptr);
    expandMemoryIntrinsics(function);
    FLEX_RETURN_IF_ERROR(rewrite(function));
  }
  for (auto &[kernel, byValue] : kernels)
    makeEntry(*kernel, byValue);
  for (auto &[global, offset] : sharedOffsets)
    global->eraseFromParent();
  addTables();
  for (Function &function : make_early_inc_range(module))
    if (function.isDeclaration() && function.use_empty())
      function.eraseFromParent();
  StripDebugInfo(module);
  std::string error;
  raw_string_ostream stream(error);
  if (verifyModule(module, &stream))
    return Status(StatusCode::Internal, "the code made for the emulator is not valid: " + error);
  return Status::ok();
}

/// Group memory gets offsets, each aligned to what its declaration says and not to more, so that what relies on more
/// is found. Uses become instructions.
Status Retargeter::placeGlobals() {
  SmallVector<GlobalVariable *> shared, unsized;
  for (GlobalVariable &global : module.globals()) {
    if (&global == hostTable || global.getName().starts_with("llvm."))
      continue;
    bool isShared = global.getAddressSpace() == kSharedSpace;
    if (isShared)
      (global.isDeclaration() ? unsized : shared).push_back(&global);
    else if (global.isDeclaration())
      return refused(global.getName());
    else
      exportConstant(global);
  }
  for (GlobalVariable *global : shared)
    placeShared(*global);
  for (GlobalVariable *global : unsized)
    placeShared(*global);
  program.hasDynamicShared = !unsized.empty();
  shared.append(unsized.begin(), unsized.end());
  SmallVector<Constant *> all(shared.begin(), shared.end());
  convertUsersOfConstantsToInstructions(all);
  return Status::ok();
}

void Retargeter::placeShared(GlobalVariable &global) {
  const DataLayout &layout = module.getDataLayout();
  uint64_t alignment = global.getAlign().valueOrOne().value();
  uint64_t bytes = global.isDeclaration() ? 0 : layout.getTypeAllocSize(global.getValueType()).getFixedValue();
  uint64_t offset = alignTo(program.sharedBytes, alignment);
  if (offset % (2 * alignment) == 0 && bytes)
    offset += alignment;
  sharedOffsets[&global] = offset;
  program.sharedBytes = static_cast<uint32_t>(offset + bytes);
  program.declaredBytes = static_cast<uint32_t>(alignTo(program.declaredBytes, alignment) + bytes);
}

void Retargeter::exportConstant(GlobalVariable &global) {
  std::string name = "flex_emulator_constant_" + std::to_string(program.constants.size());
  global.setName(name);
  global.setLinkage(GlobalValue::ExternalLinkage);
  global.setDSOLocal(true);
  global.setComdat(nullptr);
  program.constants.push_back({name, module.getDataLayout().getTypeAllocSize(global.getValueType())});
}

Value *Retargeter::tableEntry(unsigned index, const char *name) {
  IRBuilder<> builder(frame.start);
  Type *pointer = builder.getPtrTy();
  Value *table = builder.CreateLoad(pointer, hostTable);
  return builder.CreateLoad(pointer, builder.CreateStructGEP(tableType, table, index), name);
}

Status Retargeter::rewrite(Function &function) {
  frame = {};
  // Placeholders: the frame's memory, whose sizes are known at the end, and the place that what it needs goes before.
  IRBuilder<> builder(&*function.getEntryBlock().begin());
  frame.scratch = builder.CreateAlloca(builder.getInt8Ty(), builder.getInt64(1), "scratch");
  frame.addresses = builder.CreateAlloca(builder.getPtrTy(), builder.getInt64(1), "addresses");
  frame.start = builder.CreateAlloca(builder.getInt8Ty(), builder.getInt64(1), "start");
  SmallVector<Instruction *> work;
  for (Instruction &instruction : instructions(function))
    if (&instruction != frame.scratch && &instruction != frame.addresses && &instruction != frame.start)
      work.push_back(&instruction);
  frame.access = tableEntry(0, "access");
  frame.call = tableEntry(1, "call");
  for (Instruction *instruction : work)
    FLEX_RETURN_IF_ERROR(rewrite(*instruction));
  finishFrame();
  return Status::ok();
}

void Retargeter::finishFrame() {
  IRBuilder<> builder(context);
  frame.scratch->setOperand(0, builder.getInt64(std::max<uint64_t>(frame.scratchBytes, 1)));
  frame.scratch->setAlignment(Align(64));
  frame.addresses->setOperand(0, builder.getInt64(std::max<uint64_t>(frame.addressCount, 1)));
  frame.start->eraseFromParent();
}

Status Retargeter::rewrite(Instruction &instruction) {
  useShared(instruction);
  instruction.setMetadata(LLVMContext::MD_nontemporal, nullptr);
  if (auto *load = dyn_cast<LoadInst>(&instruction)) {
    hook(*load, load->getPointerOperand(), load->getType(), load->getAlign(), 0);
  } else if (auto *store = dyn_cast<StoreInst>(&instruction)) {
    hook(*store, store->getPointerOperand(), store->getValueOperand()->getType(), store->getAlign(), 1);
  } else if (auto *atomic = dyn_cast<AtomicRMWInst>(&instruction)) {
    hook(*atomic, atomic->getPointerOperand(), atomic->getType(), atomic->getAlign(), 2);
    atomic->setSyncScopeID(SyncScope::System);
    atomic->dropUnknownNonDebugMetadata(); // promises about the device's memory
  } else if (auto *exchange = dyn_cast<AtomicCmpXchgInst>(&instruction)) {
    hook(*exchange, exchange->getPointerOperand(), exchange->getCompareOperand()->getType(), exchange->getAlign(), 2);
    exchange->setSyncScopeID(SyncScope::System);
  } else if (auto *fence = dyn_cast<FenceInst>(&instruction)) {
    fence->setSyncScopeID(SyncScope::System);
  } else if (auto *alloca = dyn_cast<AllocaInst>(&instruction)) {
    rewriteAlloca(*alloca);
  } else if (auto *call = dyn_cast<CallInst>(&instruction)) {
    return rewriteCall(*call);
  } else if (isa<CallBase>(instruction)) {
    return refused(instruction.getOpcodeName());
  }
  return Status::ok();
}

void Retargeter::useShared(Instruction &instruction) {
  for (Use &use : instruction.operands()) {
    auto found = sharedOffsets.find(dyn_cast<GlobalVariable>(use.get()));
    if (found == sharedOffsets.end())
      continue;
    if (!frame.shared) {
      Value *get = tableEntry(2, "shared");
      IRBuilder<> builder(frame.start);
      frame.shared = builder.CreateCall(FunctionType::get(builder.getPtrTy(), false), get, {}, "arena");
    }
    // At the start of the function: of use in phis, too.
    IRBuilder<> builder(frame.start);
    Value *address = builder.CreateConstGEP1_64(builder.getInt8Ty(), frame.shared, found->second);
    use.set(builder.CreateAddrSpaceCast(address, found->first->getType()));
  }
}

void Retargeter::hook(Instruction &before, Value *pointer, Type *type, Align alignment, unsigned kind) {
  if (isa<AllocaInst>(getUnderlyingObject(pointer)))
    return; // the thread's own variables
  IRBuilder<> builder(&before);
  Type *i32 = builder.getInt32Ty();
  auto *signature = FunctionType::get(builder.getVoidTy(), {builder.getPtrTy(), i32, i32, i32}, false);
  uint64_t bytes = module.getDataLayout().getTypeStoreSize(type);
  builder.CreateCall(signature, frame.access,
                     {builder.CreateAddrSpaceCast(pointer, builder.getPtrTy()),
                      builder.getInt32(static_cast<uint32_t>(bytes)), builder.getInt32(kind | Log2(alignment) << 8),
                      builder.getInt32(siteOf(before))});
}

void Retargeter::rewriteAlloca(AllocaInst &alloca) {
  if (alloca.getAddressSpace() == 0)
    return;
  IRBuilder<> builder(&alloca);
  auto *own = builder.CreateAlloca(alloca.getAllocatedType(), 0, alloca.getArraySize());
  own->setAlignment(alloca.getAlign());
  alloca.replaceAllUsesWith(builder.CreateAddrSpaceCast(own, alloca.getType()));
  alloca.eraseFromParent();
}

StatusOr<uint32_t> Retargeter::symbolOf(const CallBase &call, bool &isKnown) {
  ProgramSymbol symbol;
  if (auto *assembly = dyn_cast<InlineAsm>(call.getCalledOperand())) {
    symbol.name = "asm " + tidy(assembly->getAsmString());
    symbol.constraints = assembly->getConstraintString();
  } else if (const Function *callee = call.getCalledFunction()) {
    symbol.name = callee->getName().str();
  } else {
    return refused("an indirect call");
  }
  const DataLayout &layout = module.getDataLayout();
  for (const Use &argument : call.args()) {
    if (argument->getType()->isMetadataTy() || argument->getType()->isTokenTy())
      return refused(symbol.name);
    symbol.argumentBytes.push_back(static_cast<uint32_t>(layout.getTypeStoreSize(argument->getType())));
  }
  if (!call.getType()->isVoidTy())
    symbol.resultBytes = static_cast<uint32_t>(layout.getTypeStoreSize(call.getType()));
  auto [at, isNew] = symbols.try_emplace({symbol.name, symbol.constraints}, program.symbols.size());
  if (!isNew) {
    isKnown = true;
    return at->second;
  }
  isKnown =
      static_cast<bool>(bind({symbol.name, symbol.constraints, symbol.argumentBytes, symbol.resultBytes}).execute);
  if (isKnown)
    program.symbols.push_back(std::move(symbol));
  else
    symbols.erase(at);
  return static_cast<uint32_t>(program.symbols.size() - 1);
}

Status Retargeter::rewriteCall(CallInst &call) {
  call.setCallingConv(CallingConv::C);
  const Function *callee = call.getCalledFunction();
  if (callee && !callee->isDeclaration()) {
    call.setAttributes(AttributeList());
    return Status::ok();
  }
  StringRef base = callee && callee->isIntrinsic() ? Intrinsic::getBaseName(callee->getIntrinsicID()) : StringRef();
  if (is_contained(kHints, base) || isa<DbgInfoIntrinsic>(call)) {
    call.eraseFromParent();
    return Status::ok();
  }
  if (codegen::isCommonIntrinsic(base) || is_contained(kNative, base))
    return Status::ok();
  bool isKnown = false;
  StatusOr<uint32_t> symbol = symbolOf(call, isKnown);
  FLEX_RETURN_IF_ERROR(symbol.status());
  if (!isKnown)
    return refused(call.isInlineAsm() ? "asm " + tidy(cast<InlineAsm>(call.getCalledOperand())->getAsmString())
                                      : callee->getName().str());
  callEmulator(call, *symbol);
  return Status::ok();
}

void Retargeter::callEmulator(CallInst &call, uint32_t symbol) {
  const DataLayout &layout = module.getDataLayout();
  IRBuilder<> builder(&call);
  uint64_t bytes = 0, count = 0;
  auto place = [&](Type *type) {
    bytes = alignTo(bytes, std::max<uint64_t>(layout.getABITypeAlign(type).value(), 8));
    Value *address = builder.CreateConstGEP1_64(builder.getInt8Ty(), frame.scratch, bytes);
    bytes += layout.getTypeAllocSize(type);
    return address;
  };
  for (Value *argument : call.args()) {
    Value *address = place(argument->getType());
    builder.CreateStore(argument, address);
    builder.CreateStore(address, builder.CreateConstGEP1_64(builder.getPtrTy(), frame.addresses, count++));
  }
  Value *result = call.getType()->isVoidTy() ? ConstantPointerNull::get(builder.getPtrTy()) : place(call.getType());
  auto *signature =
      FunctionType::get(builder.getVoidTy(), {builder.getInt32Ty(), builder.getPtrTy(), builder.getPtrTy()}, false);
  program.calls.push_back({symbol, siteOf(call)});
  builder.CreateCall(signature, frame.call,
                     {builder.getInt32(static_cast<uint32_t>(program.calls.size() - 1)), frame.addresses, result});
  if (!call.getType()->isVoidTy())
    call.replaceAllUsesWith(builder.CreateLoad(call.getType(), result));
  call.eraseFromParent();
  frame.scratchBytes = std::max(frame.scratchBytes, bytes);
  frame.addressCount = std::max(frame.addressCount, count);
}

uint32_t Retargeter::siteOf(const Instruction &instruction) {
  const DILocation *location = instruction.getDebugLoc().get();
  while (location && location->getLine() == 0)
    location = location->getInlinedAt();
  if (!location)
    return 0;
  std::string name =
      (location->getFilename() + ":" + Twine(location->getLine()) + ":" + Twine(location->getColumn())).str();
  auto [at, isNew] = sites.try_emplace(name, program.sites.size());
  if (isNew)
    program.sites.push_back(name);
  return at->second;
}

/// The kernel under its name takes the addresses of its arguments. Those by value, of so many bytes, stay where they
/// are.
void Retargeter::makeEntry(Function &kernel, ArrayRef<uint64_t> byValue) {
  std::string name = kernel.getName().str();
  kernel.setName(name + ".body");
  kernel.setLinkage(GlobalValue::InternalLinkage);
  IRBuilder<> builder(context);
  auto *type = FunctionType::get(builder.getVoidTy(), {builder.getPtrTy()}, false);
  Function *entry = Function::Create(type, GlobalValue::ExternalLinkage, name, module);
  entry->setDSOLocal(true);
  builder.SetInsertPoint(BasicBlock::Create(context, "", entry));
  ProgramInfo::Kernel description{name, {}};
  SmallVector<Value *> arguments;
  for (Argument &argument : kernel.args()) {
    Value *place = builder.CreateConstGEP1_64(builder.getPtrTy(), entry->getArg(0), argument.getArgNo());
    Value *address = builder.CreateLoad(builder.getPtrTy(), place);
    uint64_t bytes = byValue[argument.getArgNo()];
    arguments.push_back(bytes ? address : builder.CreateLoad(argument.getType(), address));
    description.argumentBytes.push_back(
        static_cast<uint32_t>(bytes ? bytes : module.getDataLayout().getTypeStoreSize(argument.getType())));
  }
  builder.CreateCall(&kernel, arguments);
  builder.CreateRetVoid();
  program.kernels.push_back(std::move(description));
}

void Retargeter::addTables() {
  std::string bytes = writeProgram(program);
  uint64_t size = bytes.size();
  std::string whole(reinterpret_cast<const char *>(&size), sizeof size);
  whole += bytes;
  auto *data = ConstantDataArray::getString(context, whole, /*AddNull=*/false);
  auto *global = new GlobalVariable(module, data->getType(), true, GlobalValue::ExternalLinkage, data, kProgramSymbol);
  global->setDSOLocal(true);
  global->setAlignment(Align(8));
}

} // namespace retarget

StatusOr<HostObject> compileForHost(Module &module, const RetargetOptions &options, bool wantAssembly) {
  FLEX_RETURN_IF_ERROR(retarget::checkWaits(module));
  retarget::Retargeter retargeter(module, options);
  FLEX_RETURN_IF_ERROR(retargeter.run());
  HostObject out;
  if (wantAssembly) {
    raw_string_ostream stream(out.assembly);
    module.print(stream, nullptr);
  }
  StatusOr<std::string> object = retarget::generateObject(module);
  FLEX_RETURN_IF_ERROR(object.status());
  out.object = std::move(*object);
  return out;
}

} // namespace flex::emulator
