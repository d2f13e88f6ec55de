//===- TileDialect.cpp - The tile dialect's types, ops and verifiers ------===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What each op means is in TileOps.td; this is its enforcement.
//
//===----------------------------------------------------------------------===//
#include "flex/ScheduledLoops/TileDialect.h"
#include "flex/Binary/Image.h"
#include "flex/ScheduledLoops/Workspace.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flex;
using namespace flex::tile;

#include "flex/ScheduledLoops/TileDialect.cpp.inc"
#include "flex/ScheduledLoops/TileEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "flex/ScheduledLoops/TileAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "flex/ScheduledLoops/TileTypes.cpp.inc"
#define GET_OP_CLASSES
#include "flex/ScheduledLoops/TileOps.cpp.inc"

void TileDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "flex/ScheduledLoops/TileAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "flex/ScheduledLoops/TileTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "flex/ScheduledLoops/TileOps.cpp.inc"
      >();
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType = [](Builder &builder, ArrayRef<Type> inputs, ArrayRef<Type> results,
                      function_interface_impl::VariadicFlag,
                      std::string &) { return builder.getFunctionType(inputs, results); };
  return function_interface_impl::parseFunctionOp(parser, result, /*allowVariadic=*/false,
                                                  getFunctionTypeAttrName(result.name), buildType,
                                                  getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
                                           getArgAttrsAttrName(), getResAttrsAttrName());
}

unsigned KernelOp::getNumBuffers() {
  return llvm::count_if(getArgumentTypes(), llvm::IsaPred<BufferType>);
}

/// An integer attribute's getter is unsigned, whatever was written.
static bool isNegative(uint64_t number) {
  return static_cast<int64_t>(number) < 0;
}

LogicalResult KernelOp::verify() {
  unsigned buffers = getNumBuffers();
  if (!getFunctionType().getResults().empty())
    return emitOpError("has no results: it writes to its buffers");
  if (buffers + getDims().size() != getArgumentTypes().size())
    return emitOpError() << "has " << getArgumentTypes().size() - buffers << " index arguments for " << getDims().size()
                         << " dims";
  for (auto [position, type] : llvm::enumerate(getArgumentTypes())) {
    auto buffer = dyn_cast<BufferType>(type);
    if (position < buffers ? !buffer || buffer.getSpace() != Space::Global : !type.isIndex())
      return emitOpError() << "argument " << position << " has type " << type
                           << ", expected global buffers and then index values";
  }
  if (!ir::toDimExpr(getItemsAttr()).isValid())
    return emitOpError() << "items '" << getItems() << "' is not an expression";
  if (getGroupSize() == 0 || isNegative(getGroupSize()))
    return emitOpError("group_size must be positive");
  if (getBody().empty())
    return emitOpError("needs a body");
  return success();
}

/// The scalar of a buffer's element: what loads give and stores take.
static Type scalarOf(BufferType buffer) {
  if (auto integer = dyn_cast<IntegerType>(buffer.getElementType()))
    return IntegerType::get(buffer.getContext(), integer.getWidth());
  return buffer.getElementType();
}

static LogicalResult verifyAccess(Operation *op, BufferType buffer, Type value) {
  if (getElementTypeOrSelf(value) != scalarOf(buffer))
    return op->emitOpError() << "moves " << value << ", but the buffer holds " << buffer.getElementType();
  return success();
}

LogicalResult LoadOp::verify() {
  return verifyAccess(*this, getBuffer().getType(), getResult().getType());
}
LogicalResult LoadNearOp::verify() {
  if (getBuffer().getType().getSpace() != Space::Global)
    return emitOpError("reads global memory");
  return verifyAccess(*this, getBuffer().getType(), getResult().getType());
}
LogicalResult LoadWindowOp::verify() {
  auto result = dyn_cast<VectorType>(getResult().getType());
  if (!result)
    return emitOpError("reads a vector");
  if (unsigned bits = result.getElementTypeBitWidth(); bits != 32 && bits != 64)
    return emitOpError("reads elements of 32 and 64 bits");
  return verifyAccess(*this, getBuffer().getType(), result);
}
LogicalResult GatherOp::verify() {
  auto lanes = [](Value value) { return cast<VectorType>(value.getType()).getShape(); };
  auto result = dyn_cast<VectorType>(getResult().getType());
  if (!result || getOtherwise().getType() != result || result.getShape() != lanes(getOffsets()) ||
      result.getShape() != lanes(getMask()))
    return emitOpError("needs as many lanes everywhere, and 'otherwise' of the result's type");
  if (unsigned bits = result.getElementTypeBitWidth(); bits != 32 && bits != 64)
    return emitOpError("reads elements of 32 and 64 bits");
  return verifyAccess(*this, getBuffer().getType(), result);
}
LogicalResult LeadOp::verify() {
  if (getBytes() < 1 || !llvm::isPowerOf2_64(getBytes()))
    return emitOpError("bytes must be a power of two");
  return success();
}

LogicalResult StoreOp::verify() {
  return verifyAccess(*this, getBuffer().getType(), getValue().getType());
}

LogicalResult RingOp::verify() {
  if (getResult().getType().getSpace() == Space::Global)
    return emitOpError("cannot make global memory");
  DimExpr elements = ir::toDimExpr(getElementsAttr());
  if (!elements.isValid())
    return emitOpError() << "elements '" << getElements() << "' is not an expression";
  if (getResult().getType().getSpace() == Space::Group && !elements.isConstant())
    return emitOpError("group memory needs a constant size");
  return success();
}

LogicalResult CopyOp::verify() {
  if (getSource().getType().getSpace() != Space::Global || getDestination().getType().getSpace() == Space::Global)
    return emitOpError("copies from global memory into a ring");
  if (getSource().getType().getElementType() != getDestination().getType().getElementType())
    return emitOpError("needs equal element types");
  if (getLanes() == 0 || isNegative(getLanes()))
    return emitOpError("needs at least one lane");
  if (int64_t bytes = getLanes() * elementBytes(scalarOf(getSource().getType()));
      getAsync() && bytes != 4 && bytes != 8 && bytes != 16)
    return emitOpError() << "cannot move " << bytes << " bytes asynchronously: 4, 8 or 16";
  return success();
}

LogicalResult LayoutAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, int64_t columns, int64_t chunk,
                                 ArrayRef<int64_t> rowBits) {
  if (chunk < 1 || columns < chunk || columns % chunk != 0)
    return emitError() << "a layout needs rows of whole chunks";
  int64_t chunks = columns / chunk;
  if (!rowBits.empty() && !llvm::isPowerOf2_64(chunks))
    return emitError() << "a layout with 'xor' needs a power of two of chunks in a row";
  if (llvm::any_of(rowBits, [&](int64_t bits) { return bits < 0 || bits >= chunks; }))
    return emitError() << "'xor' of a layout leaves the row, which has " << chunks << " chunks";
  return success();
}

int64_t LayoutAttr::rowMask(int64_t row) const {
  int64_t mask = 0;
  for (auto [bit, entry] : llvm::enumerate(getRowBits()))
    mask ^= (row >> bit & 1) ? entry : 0;
  return mask;
}

int64_t LayoutAttr::offset(int64_t row, int64_t column) const {
  int64_t chunk = (column / getChunk()) ^ rowMask(row);
  return row * getColumns() + chunk * getChunk() + column % getChunk();
}

LogicalResult ViewOp::verify() {
  if (getSource().getType().getSpace() == Space::Global ||
      getSource().getType().getSpace() != getResult().getType().getSpace())
    return emitOpError("is of a ring, and in the same memory");
  return success();
}

LogicalResult WaitOp::verify() {
  if (getPending() && (getWave() || isNegative(*getPending())))
    return emitOpError("'pending' is not negative, and does not go with 'wave'");
  if ((getUnits() || getThreads()) && getWave())
    return emitOpError("'units' and 'threads' do not go with 'wave'");
  if (getThreads() && (*getThreads() == 0 || isNegative(*getThreads())))
    return emitOpError("needs a number of threads");
  return success();
}

LogicalResult CopyBoxOp::verify() {
  if (getSource().getType().getSpace() != Space::Global || getDestination().getType().getSpace() != Space::Group ||
      getPipe().getType().getSpace() != Space::Group)
    return emitOpError("copies from global memory into group memory, on a pipe there");
  if (getSource().getType().getElementType() != getDestination().getType().getElementType())
    return emitOpError("needs equal element types");
  size_t rank = getAt().size();
  if (rank < 1 || rank > kMaxMapRank || getSizes().size() != rank || getPitches().size() + 1 != rank ||
      getBox().size() != rank)
    return emitOpError() << "needs 1 to " << kMaxMapRank
                         << " dimensions, each with a place, a size and an extent of the box, and but for one a pitch";
  for (Attribute expr : llvm::concat<const Attribute>(getSizes(), getPitches()))
    if (!ir::toDimExpr(cast<StringAttr>(expr)).isValid())
      return emitOpError() << expr << " is not an expression";
  if (!ir::toDimExpr(getOffsetAttr()).isValid())
    return emitOpError() << getOffsetAttr() << " is not an expression";
  if (llvm::any_of(getBox(), [](int64_t extent) { return extent < 1 || extent > 256; }))
    return emitOpError("needs a box of 1 to 256 elements along each dimension");
  if (int64_t bytes = getSwizzle(); bytes != 0 && bytes != 32 && bytes != 64 && bytes != 128)
    return emitOpError("needs a swizzle of 0, 32, 64 or 128 bytes");
  return success();
}

LogicalResult PipeOp::verify() {
  for (uint64_t number : {getStages(), getBytes(), getReaders()})
    if (number == 0 || isNegative(number))
      return emitOpError("needs stages, bytes and readers");
  if (!getResult().getType().getElementType().isInteger(64) || getResult().getType().getSpace() != Space::Group)
    return emitOpError("is words of i64 in group memory");
  return success();
}

LogicalResult FragOp::verify() {
  if (getRing().getType().getSpace() != Space::Group)
    return emitOpError("reads from group memory");
  if (getFragments().empty() || !llvm::all_equal(getFragments().getTypes()))
    return emitOpError("gives one fragment or several of one type");
  for (Type type : getFragments().getTypes())
    if (failed(verifyAccess(*this, getRing().getType(), type)))
      return failure();
  if (isNegative(getK()))
    return emitOpError("begins at a step that is not negative");
  return success();
}

LogicalResult MultiplyOp::verify() {
  if (getA().getType().getSpace() != Space::Group || getB().getType().getSpace() != Space::Group)
    return emitOpError("reads from group memory");
  bool fromZero = getAccumulators().empty();
  if (getResults().empty() || (!fromZero && getAccumulators().getTypes() != getResults().getTypes()) ||
      !llvm::all_equal(getResults().getTypes()))
    return emitOpError("adds to one accumulator or several of one type, and gives as many");
  if (getSteps() == 0 || isNegative(getSteps()))
    return emitOpError("takes a positive number of steps");
  return success();
}

LogicalResult MultiplyHeldOp::verify() {
  if (getB().getType().getSpace() != Space::Group)
    return emitOpError("reads from group memory");
  if (getAccumulators().empty() || getAccumulators().getTypes() != getResults().getTypes() ||
      !llvm::all_equal(getResults().getTypes()))
    return emitOpError("adds to one accumulator or several of one type, and gives as many");
  if (getFragments().empty() || getFragments().size() % getAccumulators().size() != 0 ||
      !llvm::all_equal(getFragments().getTypes()))
    return emitOpError("takes fragments of one type, as many for each accumulator");
  return success();
}

LogicalResult PutOp::verify() {
  if (getRing().getType().getSpace() != Space::Group)
    return emitOpError("writes to group memory");
  bool isWhole = getAccumulator().getType().getNumElements() > 1; // else the unit can tell its columns apart
  if (isNegative(getRow()) || (isWhole && isNegative(getColumn())))
    return emitOpError("writes at a row and a column that are not negative");
  return verifyAccess(*this, getRing().getType(), getAccumulator().getType());
}

LogicalResult ReduceOp::verify() {
  if (getResult().getType() != getElementTypeOrSelf(getValue().getType()))
    return emitOpError() << "gives " << getResult().getType() << " from " << getValue().getType();
  if (auto threads = getThreads(); threads && (isNegative(*threads) || !llvm::isPowerOf2_64(*threads)))
    return emitOpError("combines a power of two of neighbours");
  if (auto apart = getApart(); apart && (isNegative(*apart) || !llvm::isPowerOf2_64(*apart)))
    return emitOpError("combines threads that are a power of two apart");
  return success();
}
