//===- SemaImpl.h - Semantic analysis: state and steps ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One Sema analyses one kernel (or one function on its own) for given types and
// dimensions: it evaluates the AST symbolically, inlining every call, and collects
// typed statements. Files: Sema.cpp (entry, dimensions, types), SemaStmt.cpp,
// SemaExpr.cpp (names, operators), SemaValue.cpp (elementwise, literals,
// statements), SemaIndex.cpp (index notation), SemaCall.cpp, SemaBuiltin.cpp,
// SemaTensor.cpp (concat, reshape, …), SemaSlice.cpp, SemaGather.cpp (data as
// indices), SemaScan.cpp, SemaOrder.cpp (sort, top_k).
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
};

struct IndexScope {
  std::vector<IndexVarRef> vars;
  std::vector<PendingAccess> accesses;
  unsigned reportsBefore = 0;
};

struct FunctionRef {
  const LoadedModule *module = nullptr;
  const ast::Function *function = nullptr;
};

/// True if `name` is a builtin function, reducer or boundary rule.
bool isBuiltinFunction(std::string_view name);
std::vector<std::string> builtinFunctionNames();
/// What `name` is if it is promised for later, e.g. "argmax"; empty otherwise.
bool isFutureFunction(std::string_view name);
std::optional<ReduceKind> reduceKindFromName(std::string_view name);
bool isFutureReducer(std::string_view name);

/// The type parameters of a function: written ones, then the categories (float,
/// int, number) it uses. `dims` receives the `<N: dim>` ones. `report` may be null.
std::vector<TypeParam> typeParamsOf(const ast::Function &function, std::vector<ast::Name> &dims,
                                    DiagnosticEngine *report);

class Sema {
public:
  Sema(FunctionRef root, const Bindings &bindings, DiagnosticEngine &diagnostics);
  /// The typed kernel; nothing if errors were reported.
  std::optional<TypedKernel> run();
  const TypedKernel &partial() const { return kernel; }

private:
  using Combine = std::function<TExprRef(const std::vector<TExprRef> &)>;

  // Sema.cpp
  Frame &frame() { return *frames.back(); }
  DiagnosticBuilder report(Diag kind, SourceRange range, std::initializer_list<std::string> arguments = {});
  void notSupported(SourceRange range, const std::string &what, const std::string &hint = "");
  bool bindRootTypes();
  void bindRootDims();
  void declareRootDim(const std::string &name, const std::string &origin, SourceRange range);
  void bindRootParams();
  std::optional<DimExpr> toDimension(const ast::Expr *expr);
  std::optional<DimExpr> dimensionOperation(const ast::Expr *expr);
  std::optional<DType> resolveElement(const ast::Name &name);
  ResolvedType resolveType(const ast::TypeExpr &type);
  void addConstraints(const ast::Function &function, bool isRoot);
  bool toConstraint(const ast::Expr *expr, Constraint &constraint);
  /// Proves a condition or makes it the caller's duty.
  void require(Constraint constraint);
  void requireNonNegative(const DimExpr &extent, SourceRange range);
  std::vector<std::string> visibleNames();

  // SemaStmt.cpp
  std::vector<Value> evalBlock(const ast::Block &block, const std::vector<ResolvedType> *declared);
  void evalLet(const ast::Stmt &stmt);
  void bindLet(const ast::Stmt &stmt, const ast::Name &name, Value value);
  std::vector<Value> evalResults(const ast::Stmt &stmt, const std::vector<ResolvedType> *declared);
  Value evalIndexed(const std::vector<ast::IndexDecl> &indices, const ast::Expr *expr, const ResolvedType *declared);
  std::vector<Value> evalBody(const std::vector<ResolvedType> &declared);
  Value checkResult(Value value, const ResolvedType &declared, const ast::TypeExpr &written, SourceRange range);
  bool bind(const ast::Name &name, Binding binding);
  Binding *findBinding(const std::string &name);
  void warnUnused(const std::map<std::string, Binding> &scope);

  // SemaExpr.cpp
  Value eval(const ast::Expr *expr);
  Value evalName(const ast::NameExpr &expr);
  Value evalUnary(const ast::UnaryExpr &expr);
  Value evalBinary(const ast::BinaryExpr &expr);
  Value evalMatMul(const ast::BinaryExpr &expr);
  Value evalIf(const ast::IfExpr &expr);
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
  bool dependsOnOuter(const Value &value) const;
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
  void addPending(const Value &base, const ast::IndexExpr &expr, const std::string &name,
                  const std::vector<DimExpr> &indices);
  void requirePositive(const DimExpr &value, const PendingAccess &access, const std::vector<DimExpr> &facts);
  void checkAccess(const PendingAccess &access);
  void reportOutOfRange(const PendingAccess &access);
  bool declareIndices(const std::vector<ast::IndexDecl> &decls, bool makesAxes, std::vector<IndexVarRef> &vars);
  bool setExplicitRange(IndexVar &var, const ast::IndexDecl &decl);
  void bindExtent(IndexVar &var, const DimExpr &extent, const Value &base, SourceRange range);
  void bindShifted(const DimExpr &index, const DimExpr &extent, const Value &base, SourceRange range);
  Value evalIndex(const ast::IndexExpr &expr);
  /// `base[1:, ..., i]`: an index list with a slice, or with a `...` for which indexPack() is null.
  Value evalSlice(const ast::IndexExpr &expr, Value base);
  /// In index notation of a rank-generic function: the indices `...` stands for.
  const std::vector<IndexVarRef> *indexPack();
  /// `let a[t, s] = scan(t) body`.
  Value evalScan(const ast::Name &name, const std::vector<ast::IndexDecl> &indices, const ast::ScanExpr &scan);
  std::optional<DimExpr> evalIndexValue(const ast::Expr *expr);
  Value evalReduce(const ast::ReduceExpr &expr);
  TExprRef reduceScalar(ReduceKind kind, TExprRef body, std::vector<IndexVarRef> loops, SourceRange name,
                        SourceRange range);

  // SemaCall.cpp
  std::vector<Value> evalCall(const ast::CallExpr &expr);
  std::optional<FunctionRef> lookupFunction(const ast::QualifiedName &name);
  struct CallArgument {
    Value value;
    SourceRange range;
  };
  bool matchArguments(const ast::CallExpr &call, FunctionRef callee, std::vector<CallArgument> &arguments);
  std::vector<Value> inlineCall(const ast::CallExpr &call, FunctionRef callee);
  std::vector<Value> inlineElementwise(const ast::CallExpr &call, FunctionRef callee,
                                       const std::vector<CallArgument> &arguments);
  std::vector<Value> inlineFrame(const ast::CallExpr &call, FunctionRef callee, std::vector<CallArgument> arguments);
  bool bindCallTypes(Frame &callee, const ast::CallExpr &call, std::vector<CallArgument> &arguments);
  bool bindTypeParam(Frame &callee, const TypeParam &param, DType type, SourceRange range,
                     std::map<std::string, SourceRange> &origins);
  bool bindCallDims(const std::vector<CallArgument> &arguments);
  bool bindCallDim(const ast::Expr *dim, const DimExpr &extent, const std::string &param, SourceRange range,
                   bool first);

  // SemaBuiltin.cpp
  Value evalBuiltin(const ast::CallExpr &call);
  Value evalCast(const ast::CallExpr &call, DType type);
  Value evalWholeReduce(const ast::CallExpr &call, ReduceKind kind);
  bool reductionAxes(const ast::CallExpr &call, size_t rank, std::vector<bool> &reduced, bool &keepDims);
  std::optional<int64_t> constantArgument(const ast::Expr *expr, const char *what);
  Value evalBoundary(const ast::CallExpr &call);
  void setRule(Value &value, BoundaryRule rule, SourceRange range);
  bool setFill(Value &value, const ast::Expr *fill, const char *what);
  Value evalScalarFunction(const ast::CallExpr &call);
  bool expectArguments(const ast::CallExpr &call, size_t count);

  // SemaTensor.cpp
  bool builtinArguments(const ast::CallExpr &call, const std::vector<std::string> &params, size_t required,
                        std::vector<const ast::Expr *> &given, std::vector<const ast::Expr *> *rest = nullptr);
  Value tensorArgument(const ast::CallExpr &call, const ast::Expr *expr);
  std::optional<size_t> axisArgument(const ast::Expr *expr, size_t rank, const char *what);
  bool axesArgument(const ast::Expr *expr, size_t rank, std::vector<bool> &chosen);
  std::optional<DimExpr> dimensionArgument(const ast::Expr *expr);
  Value stored(Value value, const std::string &what, SourceRange range);
  Value evalTensorBuiltin(const ast::CallExpr &call);
  bool joinable(const ast::CallExpr &call, const Value &a, const Value &b, std::optional<size_t> except);
  Value evalJoin(const ast::CallExpr &call, bool isStack);
  Value evalPad(const ast::CallExpr &call);
  Value evalFlip(const ast::CallExpr &call);
  Value evalTranspose(const ast::CallExpr &call);
  bool reshapedShape(const std::vector<const ast::Expr *> &operands, const Value &value, std::vector<DimExpr> &shape);
  Value evalReshape(const ast::CallExpr &call);

  DiagnosticEngine &diagnostics;
  Bindings bindings;
  TypedKernel kernel;
  Prover prover;
  std::vector<std::unique_ptr<Frame>> frames;
  std::map<std::string, IndexVarRef> symbols;
  std::vector<IndexVarRef> active; ///< indices of the enclosing statements and reductions, outermost first
  /// From here on the active indices surely have a value where the expression is
  /// computed: a reduction is computed outside of the loops it does not use, even if they are empty.
  size_t nonEmptyFrom = 0;
  std::vector<IndexScope> indexScopes;
  std::map<std::string, unsigned> usedTensorNames; ///< with the last number tried
  size_t nodes = 0;
  unsigned nextSymbol = 0;
  unsigned reports = 0; ///< errors so far, repeated ones included
  bool exhausted = false;
};

} // namespace flex::lang
