//===- BFloatBits.cpp - bf16 values that only wait ------------------------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Device IR -> device IR. SPIR-V 1.2 has no bf16. Arithmetic on it is expanded by now; what is left are values that a
// loop or a branch passes on, between their bits and their bits: they become integers.
//
//===----------------------------------------------------------------------===//
#include "Target.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;

namespace {

class Bits {
public:
  explicit Bits(Function &function) : function(function) {}

  void run() {
    for (Instruction &instruction : make_early_inc_range(instructions(function))) {
      if (auto *store = dyn_cast<StoreInst>(&instruction); store && isBFloat(store->getValueOperand()->getType()))
        store->setOperand(0, bitsOf(store->getValueOperand()));
      if (auto *place = dyn_cast<GetElementPtrInst>(&instruction); place && isBFloat(place->getSourceElementType())) {
        place->setSourceElementType(integerOf(place->getSourceElementType()));
        place->setResultElementType(integerOf(place->getResultElementType()));
      }
      auto *cast = dyn_cast<BitCastInst>(&instruction);
      if (!cast || !isBFloat(cast->getSrcTy()) || isBFloat(cast->getDestTy()))
        continue;
      Value *bits = bitsOf(cast->getOperand(0));
      if (bits->getType() != cast->getType())
        bits = CastInst::Create(Instruction::BitCast, bits, cast->getType(), "", cast->getIterator());
      cast->replaceAllUsesWith(bits);
      cast->eraseFromParent();
    }
    eraseUnused();
  }

private:
  static bool isBFloat(Type *type) { return type->getScalarType()->isBFloatTy(); }
  static Type *integerOf(Type *type) { return type->getWithNewType(Type::getInt16Ty(type->getContext())); }

  Value *bitsOf(Value *value) {
    Type *type = integerOf(value->getType());
    if (auto *constant = dyn_cast<Constant>(value))
      return ConstantExpr::getBitCast(constant, type);
    auto *instruction = dyn_cast<Instruction>(value);
    if (instruction && known.count(instruction))
      return known[instruction];
    if (auto *phi = dyn_cast<PHINode>(value)) {
      auto *bits = PHINode::Create(type, phi->getNumIncomingValues(), "", phi->getIterator());
      known[phi] = bits;
      for (unsigned i = 0; i < phi->getNumIncomingValues(); ++i)
        bits->addIncoming(bitsOf(phi->getIncomingValue(i)), phi->getIncomingBlock(i));
      return bits;
    }
    if (auto *cast = dyn_cast<BitCastInst>(value); cast && cast->getSrcTy() == type)
      return known[cast] = cast->getOperand(0);
    if (auto *load = dyn_cast<LoadInst>(value); load && !load->isVolatile()) {
      auto *bits = new LoadInst(type, load->getPointerOperand(), "", false, load->getAlign(), load->getIterator());
      bits->copyMetadata(*load);
      return known[load] = bits;
    }
    if (auto *select = dyn_cast<SelectInst>(value))
      return known[select] = SelectInst::Create(select->getCondition(), bitsOf(select->getTrueValue()),
                                                bitsOf(select->getFalseValue()), "", select->getIterator());
    if (auto *element = dyn_cast<ExtractElementInst>(value))
      return known[element] = ExtractElementInst::Create(bitsOf(element->getVectorOperand()),
                                                         element->getIndexOperand(), "", element->getIterator());
    if (auto *element = dyn_cast<InsertElementInst>(value))
      return known[element] = InsertElementInst::Create(bitsOf(element->getOperand(0)), bitsOf(element->getOperand(1)),
                                                        element->getOperand(2), "", element->getIterator());
    if (auto *shuffle = dyn_cast<ShuffleVectorInst>(value))
      return known[shuffle] = new ShuffleVectorInst(bitsOf(shuffle->getOperand(0)), bitsOf(shuffle->getOperand(1)),
                                                    shuffle->getShuffleMask(), "", shuffle->getIterator());
    // Behind where it is defined, which is no PHI.
    if (instruction && !instruction->isTerminator())
      return CastInst::Create(Instruction::BitCast, value, type, "", std::next(instruction->getIterator()));
    return CastInst::Create(Instruction::BitCast, value, type, "", function.getEntryBlock().getFirstInsertionPt());
  }

  /// What stands for something else goes, but for what arithmetic uses in the end (which the chip will be found to
  /// lack).
  void eraseUnused() {
    SmallVector<Instruction *> used;
    for (auto [old, bits] : known)
      if (any_of(old->users(), [&](User *user) { return !known.count(cast<Instruction>(user)); }))
        used.push_back(old);
    while (!used.empty()) {
      Instruction *kept = used.pop_back_val();
      known.erase(kept);
      for (Value *operand : kept->operands())
        if (auto *other = dyn_cast<Instruction>(operand); other && known.count(other))
          used.push_back(other);
    }
    for (auto [old, bits] : known)
      old->replaceAllUsesWith(PoisonValue::get(old->getType()));
    for (auto [old, bits] : known)
      old->eraseFromParent();
  }

  Function &function;
  DenseMap<Instruction *, Value *> known; ///< the integer that stands for a value
};

} // namespace

void flex::spirv::passOnBFloatsAsBits(Module &module) {
  for (Function &function : module)
    if (!function.isDeclaration())
      Bits(function).run();
}
