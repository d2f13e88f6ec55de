//===- SemaImpl.h - Semantic analysis: state and steps ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One Sema analyses one kernel (or one function on its own) for given types and
// dimensions: it evaluates the AST symbolically, inlining every call, and collects
// typed statements. Files: Sema.cpp (dimensions, types), SemaRoot.cpp (entry), SemaStmt.cpp,
// SemaControl.cpp (var, for, if), SemaExpr.cpp (names, operators), SemaValue.cpp (elementwise, literals,
// statements), SemaIndex.cpp (index notation), SemaCall.cpp, SemaBuiltin.cpp,
// SemaAccess.cpp (brackets), SemaTensor.cpp (concat, reshape, …), SemaScan.cpp,
// SemaOrder.cpp (sort, scatter), SemaLift.cpp (these inside of index notation).
// Invariant: a Value of kind Error means that an error has been reported.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "Prover.h"
#include "flex/KernelLang/Frontend.h"

#include <functional>

namespace flex::lang {

constexpr unsigned kMaxTypedHeight = 1000;
constexpr size_t kMaxNodes = 1u << 19;
constexpr size_t kMaxStatements = 4096;
constexpr unsigned kMaxCallDepth = 64;
constexpr size_t kMaxRank = 8;
constexpr size_t kMaxTypeCombinations = 64;
constexpr size_t kMaxUnrolled = 1u << 16; ///< statements repeated by the loops of a kernel

/// What an expression means: a scalar, or a tensor as a scalar over its axes.
struct Value {
  enum class Kind : uint8_t { Error, Scalar, Tensor };
  Kind kind = Kind::Error;
  TExprRef expr;
  std::vector<IndexVarRef> axes;          ///< Tensor
  BoundaryRule rule = BoundaryRule::None; ///< a view: `expr` then reads a tensor at `axes`
  TExprRef fill;
  std::string name;  ///< what messages call it
  SourceRange range; ///< where it was written

  bool isError() const { return kind == Kind::Error; }
  bool isTensor() const { return kind == Kind::Tensor; }
  bool isScalar() const { return kind == Kind::Scalar; }
};

/// A name in a scope: a value, or an index of index notation.
struct Binding {
  Value value;
  IndexVarRef index;
  std::vector<IndexVarRef> pack; ///< of the name "...": the indices it stands for
  std::vector<Value> tuple;      ///< several values, for `let a, b = name` and `return name`
  bool isVar = false;            ///< may be rebound
  SourceRange range;
  const char *what = "value"; ///< parameter, value, index
  bool used = false;
};

struct DimBinding {
  DimExpr value;
  std::string origin; ///< the parameter whose shape gave it
  SourceRange range;
};

struct ResolvedType {
  DType type = DType::F32;
  std::vector<DimExpr> shape;
  bool ok = false;
  std::string str() const;
};

/// One function being inlined.
struct Frame {
  const LoadedModule *module = nullptr;
  const ast::Function *function = nullptr;
  SourceRange call; ///< invalid for the root
  std::map<std::string, DType> types;
  std::map<std::string, DimBinding> dims;
  std::optional<std::vector<DimExpr>> pack; ///< the axes that `...` of the signature stands for
  std::vector<std::map<std::string, Binding>> scopes;
  size_t assignableFrom = 0; ///< a `var` of an outer scope cannot be rebound here
};

/// Sets a variable for the length of a scope.
template <typename T> struct Restore {
  Restore(T &variable, T value) : variable(variable), old(variable) { variable = value; }
  ~Restore() { variable = old; }
  T &variable;
  T old;
};

/// An access whose range is checked when its statement's ranges are known.
struct PendingAccess {
  DimExpr index, extent;
  size_t axis = 0;
  std::string tensor;
  SourceRange range, tensorRange;
  std::vector<IndexVarRef> nonEmpty; ///< indices that have a value where this is read
  BoundaryRule rule = BoundaryRule::None;
  IndexVarRef loop;     ///< instead of an axis: a reduction's index that must have a value
  bool guarded = false; ///< must be inside only where the dependent ranges around it are
};

struct IndexScope {
  std::vector<IndexVarRef> vars;
  std::vector<PendingAccess> accesses;
  unsigned reportsBefore = 0;
};

/// The range of a reduction's index whose ends use the indices around it.
struct DependentRange {
  DimExpr first, last;
  bool maskFirst = false, maskLast = false; ///< the end differs from that of the loop
  SourceRange range;
  std::vector<DimExpr> axes; ///< that the index stands alone on
};

struct FunctionRef {
  const LoadedModule *module = nullptr;
  const ast::Function *function = nullptr;
};

/// True if a type with this shape takes a value of `rank` axes; one `...` takes any number.
bool acceptsRank(const ast::TypeExpr &type, size_t rank);
/// The position of `...` in a shape, or nothing.
std::optional<size_t> packPosition(const ast::TypeExpr &type);

/// True if `name` is a builtin function, reducer or boundary rule.
bool isBuiltinFunction(std::string_view name);
std::vector<std::string> builtinFunctionNames();
/// A builtin that a file's own function of this name hides.
bool isTensorBuiltin(std::string_view name);
std::optional<ReduceKind> reduceKindFromName(std::string_view name);

/// True if the function has `<name: dim>`; a call gives it by name.
bool isDimTypeParam(const ast::Function &function, const std::string &name);

/// True for `stride: dim`: a function's parameter that is a dimension, given by the call.
bool isDimParam(const ast::Param &param);

/// The type parameters of a function: written ones, then the categories (float,
/// int, number) it uses. `dims` receives the `<N: dim>` ones. `report` may be null.
std::vector<TypeParam> typeParamsOf(const ast::Function &function, std::vector<ast::Name> &dims,
                                    DiagnosticEngine *report);

/// What the range covers, if short enough for a hint; else "…".
std::string shortText(SourceRange range);
/// For an index of a type that none has.
std::string indexTypeHint(DType type, const std::string &text);
/// "axes are counted from 0 to 1, …" for a tensor of 2 axes.
std::string axisHint(size_t rank);
/// The module of the standard library that has the function; empty if none has.
std::string standardModuleOf(std::string_view function);

class Sema {
public:
  /// `generic`: checks the function for any value of its open dimensions; the result is good for its
  /// signature, not for compilation.
  Sema(FunctionRef root, const Bindings &bindings, DiagnosticEngine &diagnostics, bool generic = false);
  /// The typed kernel; nothing if errors were reported.
  std::optional<TypedKernel> run();
  const TypedKernel &partial() const { return kernel; }
  /// Notes the types, shapes and ranges of the names that the root declares.
  void recordFacts(std::map<uint32_t, NameFact> &into) { facts = &into; }

private:
  using Combine = std::function<TExprRef(const std::vector<TExprRef> &)>;

  // Sema.cpp
  Frame &frame() { return *frames.back(); }
  DiagnosticBuilder report(Diag kind, SourceRange range, std::initializer_list<std::string> arguments = {});
  std::optional<DimExpr> toDimension(const ast::Expr *expr);
  std::optional<DimExpr> dimensionOperation(const ast::Expr *expr);
  std::optional<DType> resolveElement(const ast::Name &name);
  ResolvedType resolveType(const ast::TypeExpr &type);
  void addConstraints(const ast::Function &function);
  void addConstraint(const ast::Expr *expr);
  bool toConstraint(const ast::Expr *expr, Constraint &constraint);
  /// Proves a condition or makes it the caller's duty.
  void require(Constraint constraint);
  void requireNonNegative(const DimExpr &extent, SourceRange range);
  std::vector<std::string> visibleNames();

  // SemaRoot.cpp
  bool bindRootTypes();
  void bindRootPack();
  void bindRootDims();
  void declareRootDim(const std::string &name, const std::string &origin, SourceRange range);
  void bindRootParams();
  void bindRootDefault(const ast::Param &param, const ResolvedType &type);
  void addResult(const Value &value, const std::string &name, int alias);
  std::vector<std::string> loopNames() const;
  void addSchedules();
  std::optional<ScheduleSetting> scheduleSetting(const ast::ScheduleEntry &entry);

  // SemaStmt.cpp
  std::vector<Value> evalBlock(const ast::Block &block, const std::vector<ResolvedType> *declared);
  void evalLet(const ast::Stmt &stmt);
  void evalStatement(const ast::Stmt &stmt);
  std::vector<Value> evalBound(const ast::Stmt &stmt);
  void bindLet(const ast::Stmt &stmt, const ast::Name &name, Value value);
  void bindTuple(const ast::Stmt &stmt, std::vector<Value> values);
  Value named(Value value, const ast::Name &name, SourceRange range);
  Value respelled(Value value, const std::vector<DimExpr> &shape);
  std::vector<Value> evalResults(const ast::Stmt &stmt, const std::vector<ResolvedType> *declared);
  Value evalIndexed(const std::vector<ast::IndexDecl> &indices, const ast::Expr *expr, const ResolvedType *declared);
  std::vector<Value> evalBody(const std::vector<ResolvedType> &declared);
  Value checkResult(Value value, const ResolvedType &declared, const ast::TypeExpr &written, SourceRange range);
  bool bind(const ast::Name &name, Binding binding);
  Binding *findBinding(const std::string &name);
  void warnUnused(const std::map<std::string, Binding> &scope);

  // SemaControl.cpp
  std::vector<Value> evalMany(const ast::Expr *expr);
  std::vector<Value> evalBranches(const ast::IfExpr &expr);
  Binding *findVar(const ast::Name &name);
  void evalAssign(const ast::Stmt &stmt);
  Value rebound(const ast::Stmt &stmt, const ast::Name &name, Value value, const Value &old, SourceRange declared);
  std::optional<DimExpr> evalStatic(const ast::Expr *expr);
  void evalFor(const ast::Stmt &stmt);
  void evalForBody(const ast::Stmt &stmt, Value counter);
  bool countRepeated(size_t statements, SourceRange range);

  // SemaExpr.cpp
  Value eval(const ast::Expr *expr);
  Value evalName(const ast::NameExpr &expr);
  Value evalUnary(const ast::UnaryExpr &expr);
  Value evalBinary(const ast::BinaryExpr &expr);
  Value evalMatMul(const ast::BinaryExpr &expr);
  Value select(const Value &condition, const Value &a, const Value &b, SourceRange range);
  TExprRef applyBinary(ast::BinaryOp op, TExprRef a, TExprRef b, SourceRange opRange);
  TExprRef applyPower(TExprRef base, TExprRef exponent, SourceRange range);
  TExprRef applyUnary(ast::UnaryOp op, const TExprRef &a, SourceRange range);

  // SemaValue.cpp
  TExprRef make(TExpr node);
  TExprRef makeApply(ScalarOp op, DType type, std::vector<TExprRef> operands, SourceRange range);
  TExprRef makeIndex(const DimExpr &dim, SourceRange range);
  TExprRef makeConst(DType type, uint64_t bits, double value, SourceRange range);
  TExprRef makeReduce(ReduceKind kind, TExprRef body, std::vector<IndexVarRef> loops, SourceRange range);
  TExprRef adapt(const TExprRef &expr, DType type);
  TExprRef adaptNode(const TExprRef &expr, DType type, std::map<const TExpr *, TExprRef> &memo);
  TExprRef adaptConstant(const TExpr &expr, DType type);
  TExprRef castTo(const TExprRef &expr, DType type, SourceRange range);
  bool unify(TExprRef &a, TExprRef &b, SourceRange opRange, const char *op);
  TExprRef substitute(const TExprRef &expr, const std::map<std::string, DimExpr> &replacements);
  /// The element of a tensor at index expressions; a scalar as it is.
  TExprRef at(const Value &value, const std::vector<DimExpr> &indices);
  /// The same under the value's boundary rule.
  TExprRef elementOf(const Value &value, const std::vector<DimExpr> &indices, SourceRange range);
  Value scalar(TExprRef expr, SourceRange range);
  Value tensor(TExprRef expr, std::vector<IndexVarRef> axes, SourceRange range);
  bool broadcast(const std::vector<Value> &operands, SourceRange range, std::vector<IndexVarRef> &axes);
  TExprRef atBroadcast(const Value &value, const std::vector<IndexVarRef> &axes);
  Value elementwise(const std::vector<Value> &operands, SourceRange range, const Combine &combine);
  bool isPlain(const Value &value) const;
  bool isView(const Value &value) const;
  /// Makes a statement of the value unless it is a tensor already, or depends on
  /// an index that only exists outside of it.
  Value materialize(Value value, const std::string &name, SourceRange range);
  int addTensor(const std::string &name, DType type, std::vector<DimExpr> shape, bool isParam, SourceRange range);
  Value tensorRef(int tensor, SourceRange range);
  static std::vector<DimExpr> shapeOf(const Value &value);
  std::string describe(const Value &value) const;
  std::string axesText(size_t count) const;

  // SemaIndex.cpp
  IndexVarRef newVar(const std::string &name, SourceRange range);
  IndexVarRef newAxis(const DimExpr &extent, const std::string &name = "d");
  std::vector<IndexVarRef> axesOf(const std::vector<DimExpr> &shape);
  void pushIndexScope();
  void popIndexScope(const std::vector<IndexVarRef> &free = {}, const ResolvedType *declared = nullptr);
  void bindDeclared(IndexVar &var, const DimExpr &extent);
  void requirePositive(const DimExpr &value, const PendingAccess &access, const std::vector<DimExpr> &facts);
  void checkAccess(const PendingAccess &access);
  void reportOutOfRange(const PendingAccess &access);
  bool declareIndices(const std::vector<ast::IndexDecl> &decls, bool makesAxes, std::vector<IndexVarRef> &vars);
  bool declarePack(const ast::IndexDecl &decl, std::vector<IndexVarRef> &vars);
  bool setExplicitRange(IndexVar &var, const ast::IndexDecl &decl, bool makesAxis);
  void bindExtent(IndexVar &var, const DimExpr &extent, const Value &base, SourceRange range);
  void bindShifted(const DimExpr &index, const DimExpr &extent, const Value &base, SourceRange range);
  Value evalReduce(const ast::ReduceExpr &expr);
  TExprRef reduceScalar(ReduceKind kind, TExprRef body, std::vector<IndexVarRef> loops, SourceRange name,
                        SourceRange range);

  // SemaLift.cpp
  /// Symbols of the indices that neither the value's axes nor a reduction inside it declare.
  std::set<std::string> outerIndices(const Value &value) const;
  bool dependsOnOuter(const Value &value) const { return !outerIndices(value).empty(); }
  const TExpr *findSelfRead(const Value &value) const;
  bool indicesToLift(const std::vector<const Value *> &values, const std::string &what, SourceRange range,
                     std::vector<IndexVarRef> &outer);
  Value lift(const Value &value, const std::vector<IndexVarRef> &outer, SourceRange range);
  Value unlift(const Value &lifted, const std::vector<IndexVarRef> &outer, SourceRange range);
  bool liftScatter(TStatement &statement, const std::vector<IndexVarRef> &outer);
  bool liftScan(TStatement &statement, Value &value, size_t firstStatement, const std::vector<IndexVarRef> &outer);

  // SemaAccess.cpp
  struct IndexItem;
  Value evalIndex(const ast::IndexExpr &expr);
  std::optional<DimExpr> evalIndexValue(const ast::Expr *expr);
  /// In index notation of a rank-generic function: the indices `...` stands for.
  const std::vector<IndexVarRef> *indexPack();
  bool indexItems(const ast::IndexExpr &expr, const Value &base, const std::string &name,
                  std::vector<IndexItem> &items);
  DimExpr pointIndex(const IndexItem &item, const Value &base, size_t axis, const std::string &name, bool isView,
                     bool fromEnd, std::vector<std::pair<size_t, DimExpr>> &points);
  std::optional<DimExpr> evalSlice(const ast::SliceExpr *slice, const Value &base, size_t axis, const std::string &name,
                                   std::vector<IndexVarRef> &axes);
  void requireInside(const DimExpr &value, const PendingAccess &access, const DimExpr *last = nullptr);
  void addPending(const Value &base, const std::string &name, size_t axis, const DimExpr &index, SourceRange range,
                  BoundaryRule rule, std::vector<IndexVarRef> nonEmpty = {}, bool guarded = false);
  TExprRef placeOf(TExprRef value, SourceRange range);
  TExprRef makeLoad(const Value &base, const std::vector<DimExpr> &indices, std::vector<TExprRef> data,
                    SourceRange range);

  // SemaScan.cpp
  /// `let a[t, s] = scan(t) body`.
  Value evalScan(const ast::Stmt &stmt, const ast::ScanExpr &scan);
  Value tryScan(const ast::Stmt &stmt, const ast::ScanExpr &scan, const ResolvedType &type);
  std::optional<ResolvedType> trialScan(const ast::Stmt &stmt, const ast::ScanExpr &scan);
  Value evalScanBody(const ast::Stmt &stmt, const ast::ScanExpr &scan, const ResolvedType &type, bool isTrial,
                     int &tensor);
  Value runScan(const ast::Stmt &stmt, const ast::ScanExpr &scan, const ResolvedType &type);
  TExprRef orderSelf(const TStatement &statement, const TExprRef &expr, const std::string &name,
                     std::map<const TExpr *, TExprRef> &done);
  bool orderRead(const TStatement &statement, TExpr &node, const std::string &name);
  bool isEarlier(const TStatement &statement, TExpr &load);
  DimExpr lowestIn(DimExpr expr) const;
  bool readsSelf(const Value &value) const;
  bool isMasked(const DimExpr &index) const;
  bool isInside(const DimExpr &value, const PendingAccess &access, const std::vector<DimExpr> &facts) const;
  TExprRef identityOf(ScalarOp op, DType type, SourceRange range);
  Value evalCumulative(const ast::CallExpr &call);

  // SemaOrder.cpp
  std::vector<Value> evalSort(const ast::CallExpr &call);
  Value argSort(const Value &value, size_t axis, bool descending, const DimExpr &count, const ast::CallExpr &call);
  Value atPositions(const Value &value, const Value &positions, size_t axis, SourceRange range);
  Value evalScatter(const ast::CallExpr &call);
  bool scatterPlaces(const ast::CallExpr &call, const ast::Expr *expr, size_t rank, std::vector<Value> &places);
  TExprRef scatterValue(const ast::CallExpr &call, Value value, const Value &base, const TStatement &statement);

  // SemaDependent.cpp
  std::vector<IndexVarRef> indicesOf(const DimExpr &expr) const;
  std::optional<DimExpr> extremeOf(DimExpr expr, bool largest) const;
  bool declareDependent(IndexVar &var, const ast::IndexDecl &decl, const DimExpr &first, const DimExpr &last);
  void reportDependent(const IndexVar &var, const DependentRange &dependent);
  void settleDependent(IndexVar &var);
  TExprRef identityOf(ReduceKind kind, DType type, SourceRange range);
  TExprRef maskedReduce(ReduceKind kind, TExprRef body, const std::vector<IndexVarRef> &loops, SourceRange name,
                        SourceRange range);

  // SemaCall.cpp
  std::vector<Value> evalCall(const ast::CallExpr &expr);
  struct CallArgument {
    Value value;
    SourceRange range;
  };
  std::vector<Value> inlineCall(const ast::CallExpr &call, FunctionRef callee, const std::vector<CallArgument> &given);
  bool matchArguments(const ast::CallExpr &call, FunctionRef callee, const std::vector<CallArgument> &given,
                      std::vector<CallArgument> &arguments);
  Value evalDefault(FunctionRef callee, const ast::Param &param);
  bool bindDimArguments(const std::vector<CallArgument> &arguments);
  std::vector<Value> inlineElementwise(const ast::CallExpr &call, FunctionRef callee,
                                       const std::vector<CallArgument> &arguments);
  std::vector<Value> inlineFrame(const ast::CallExpr &call, FunctionRef callee, std::vector<CallArgument> arguments);
  bool bindCallTypes(Frame &callee, const ast::CallExpr &call, std::vector<CallArgument> &arguments);
  bool bindTypeParam(Frame &callee, const TypeParam &param, DType type, SourceRange range,
                     std::map<std::string, SourceRange> &origins);
  bool bindDimTypeArguments(Frame &callee, const ast::CallExpr &call);
  bool bindCallDims(const std::vector<CallArgument> &arguments);
  bool bindCallDim(const ast::Expr *dim, const DimExpr &extent, const std::string &param, SourceRange range,
                   bool first);
  bool bindCallPack(const ast::Param &param, const CallArgument &argument, std::string &origin);

  // SemaOverload.cpp
  /// The functions a name means here; none if an error has been reported.
  std::vector<FunctionRef> lookupFunctions(const ast::QualifiedName &name);
  /// The only one that fits; reports the candidates if none or several do.
  std::optional<FunctionRef> chooseOverload(const ast::CallExpr &call, const std::vector<FunctionRef> &candidates,
                                            const std::vector<CallArgument> &given);

  // SemaBuiltin.cpp
  std::vector<Value> evalBuiltin(const ast::CallExpr &call);
  Value evalCast(const ast::CallExpr &call, DType type);
  Value evalWholeReduce(const ast::CallExpr &call, ReduceKind kind);
  bool reductionAxes(const ast::CallExpr &call, size_t rank, std::vector<bool> &reduced, bool &keepDims);
  std::optional<int64_t> constantArgument(const ast::Expr *expr, const char *what);
  Value evalBoundary(const ast::CallExpr &call);
  void setRule(Value &value, BoundaryRule rule, SourceRange range);
  bool setFill(Value &value, const ast::Expr *fill, const char *what);
  Value evalScalarFunction(const ast::CallExpr &call);
  TExprRef hypotenuse(TExprRef x, TExprRef y, DType type, SourceRange range);
  Value evalBitcast(const ast::CallExpr &call);
  bool expectArguments(const ast::CallExpr &call, size_t count);

  // SemaTensor.cpp
  bool builtinArguments(const ast::CallExpr &call, const std::vector<std::string> &params, size_t required,
                        std::vector<const ast::Expr *> &given, std::vector<const ast::Expr *> *rest = nullptr);
  Value tensorArgument(const ast::CallExpr &call, const ast::Expr *expr);
  std::optional<size_t> axisArgument(const ast::Expr *expr, size_t rank, const char *what);
  bool axesArgument(const ast::Expr *expr, size_t rank, std::vector<bool> &chosen);
  std::optional<DimExpr> dimensionArgument(const ast::Expr *expr);
  std::optional<DimExpr> ofDimensions(const std::string &name, const std::vector<TExprRef> &operands) const;
  Value stored(Value value, const std::string &what, SourceRange range);
  std::vector<Value> evalTensorBuiltin(const ast::CallExpr &call);
  bool joinable(const ast::CallExpr &call, const Value &a, const Value &b, std::optional<size_t> except);
  Value evalJoin(const ast::CallExpr &call, bool isStack);
  Value evalPad(const ast::CallExpr &call);
  Value evalFlip(const ast::CallExpr &call);
  Value evalTranspose(const ast::CallExpr &call);
  bool reshapedShape(const std::vector<const ast::Expr *> &operands, const Value &value, std::vector<DimExpr> &shape);
  Value evalReshape(const ast::CallExpr &call);

  // SemaHints.cpp
  bool isFollowUp(Diag kind, std::initializer_list<std::string> arguments);
  void reportUnknownName(const ast::NameExpr &expr);
  bool reportUnlistedIndex(const ast::Expr *expr);
  std::string unknownModuleHint(const ast::QualifiedName &name, const std::vector<std::string> &known);
  std::string unknownFunctionHint(const std::string &name, const std::vector<std::string> &known);
  const ast::NameExpr *bareTensor(const ast::Expr *expr);
  void reportNeedsIndex(const ast::Expr *expr, const Value &value, const std::string &otherHint = "");
  std::string broadcastHint(const Value &a, const Value &b, const DimExpr &left, const DimExpr &right);
  std::string joinHint(const Value &a, const Value &b);
  std::string contractionHint(const Value &a, const Value &b);
  std::string outOfRangeHint(const PendingAccess &access, const DimExpr &last);

  // SemaFacts.cpp
  void note(SourceRange name, const Value &value);
  void noteRange(const IndexVar &var);

  std::map<uint32_t, NameFact> *facts = nullptr;
  DiagnosticEngine &diagnostics;
  std::set<std::string> saidUnknown; ///< names reported as unknown
  DiagnosticEngine *trial = nullptr; ///< set while errors are only counted
  std::vector<int> selves;           ///< tensors of the scans whose bodies are being read, innermost last
  Bindings bindings;
  bool generic;
  TypedKernel kernel;
  Prover prover;
  std::vector<std::unique_ptr<Frame>> frames;
  std::map<std::string, IndexVarRef> symbols;
  std::vector<IndexVarRef> active; ///< indices of the enclosing statements and reductions, outermost first
  /// From here on the active indices surely have a value where the expression is
  /// computed: a reduction is computed outside of the loops it does not use, even if they are empty.
  size_t nonEmptyFrom = 0;
  std::vector<IndexScope> indexScopes;
  std::map<const IndexVar *, DependentRange> dependents; ///< `symbols` keeps the indices alive
  std::map<std::string, unsigned> usedTensorNames;       ///< with the last number tried
  size_t nodes = 0;
  size_t repeated = 0;    ///< statements that loops have repeated
  unsigned loopDepth = 0; ///< of `for`
  unsigned nextSymbol = 0;
  unsigned reports = 0; ///< errors so far, repeated ones included
  bool exhausted = false;
};

} // namespace flex::lang
