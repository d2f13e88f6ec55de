//===- Typed.h - A kernel, typed and inlined ---*- C++ -*-===//
//
// Part of Flex, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What semantic analysis gives to emission: one kernel instance as a list of
// statements, each `tensor[i, j] = scalar expression`, with every function
// inlined, every type and extent known. Whole-tensor notation is gone.
// Invariant: expressions are DAGs; a shared node is the same value.
//
//===----------------------------------------------------------------------===//
#pragma once

#include "flex/KernelLang/Source.h"
#include "flex/KernelLang/Types.h"
#include "flex/Support/DimExpr.h"

#include <functional>
#include <memory>
#include <variant>

namespace flex::lang {

/// One loop: a free index of a statement or an index of a reduction. Runs from
/// 0 to extent - 1. `symbol` is unique in the kernel and stands for it in every
/// DimExpr; `name` is what the user wrote.
struct IndexVar {
  std::string name;
  std::string symbol;
  SourceRange range;
  std::optional<DimExpr> extent;
  std::string extentFrom; ///< for messages: "'x'" or "its range"
  SourceRange extentRange;
  DimExpr first;                         ///< what the user sees is symbol + first
  bool isExplicit = false;               ///< `[i in a..b]`
  std::optional<DimExpr> weakExtent;     ///< from an access with a boundary rule
  std::optional<DimExpr> declaredExtent; ///< of the declared result's axis that the index makes
  SourceRange weakRange;
};
using IndexVarRef = std::shared_ptr<IndexVar>;

enum class BoundaryRule : uint8_t { None, Clamp, Wrap, Mirror, Zero, Fill };
const char *boundaryName(BoundaryRule rule);

enum class ReduceKind : uint8_t { Sum, Prod, Max, Min, Any, All, Mean, ArgMax, ArgMin };
const char *reduceName(ReduceKind kind);

/// Scalar operations. Operands have one type unless said otherwise; comparisons
/// and tests give bool; Select takes (bool, T, T), Fma three operands; a Bitcast's result has another type of its
/// width.
enum class ScalarOp : uint8_t {
  Add,
  Sub,
  Mul,
  Div,
  Mod,
  Pow,
  Atan2,
  CopySign,
  Min,
  Max,
  And,
  Or,
  Xor,
  Shl,
  Shr,
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  Neg,
  Not,
  Abs,
  Sign,
  Exp,
  Exp2,
  Expm1,
  Log,
  Log2,
  Log10,
  Log1p,
  Sin,
  Cos,
  Tan,
  Asin,
  Acos,
  Atan,
  Sinh,
  Cosh,
  Tanh,
  Asinh,
  Acosh,
  Atanh,
  Erf,
  Sqrt,
  Rsqrt,
  Cbrt,
  Floor,
  Ceil,
  Round,
  Trunc,
  IsNan,
  IsInf,
  IsFinite,
  PopCount,
  LeadingZeros,
  TrailingZeros,
  Bitcast,
  Fma,
  Select
};
const char *scalarOpName(ScalarOp op);

struct TExpr;
using TExprRef = std::shared_ptr<const TExpr>;

enum class TKind : uint8_t { Const, Index, Access, Load, Apply, Cast, Reduce };

/// One node; which fields count is said beside them.
struct TExpr {
  TKind kind = TKind::Const;
  DType type = DType::LiteralInt;
  SourceRange range;
  uint32_t height = 1;
  uint64_t intValue = 0;      ///< Const of an integer type or bool: two's complement
  double floatValue = 0;      ///< Const of a float type
  std::optional<DimExpr> dim; ///< Index: the value; any LiteralInt node that is a DimExpr: the same
  int tensor = -1;            ///< Access, Load: index into TypedKernel::tensors
  /// Access, Load. A Load's may use `$0`, `$1`, …: its operands in order, without the fill; each is i64. A Load
  /// of the statement's own tensor reads an earlier element of a scan.
  std::vector<DimExpr> indices;
  BoundaryRule rule = BoundaryRule::None; ///< Access, Load (never None); for Zero and Fill operands[0] is a Const
  ScalarOp op = ScalarOp::Add;            ///< Apply
  ReduceKind reduce = ReduceKind::Sum;    ///< Reduce of operands[0] over loops
  std::vector<IndexVarRef> loops;
  std::vector<TExprRef> operands;
};

/// The first node of a DAG, from the root on, for which `holds`, asked once for each; null if there is none.
const TExpr *findNode(const TExpr &root, const std::function<bool(const TExpr &)> &holds);
/// Calls `visit` for each node of a DAG, once, in the order of findNode.
void visitNodes(const TExpr &root, const std::function<void(const TExpr &)> &visit);

struct TTensor {
  std::string name;
  DType type = DType::F32;
  std::vector<DimExpr> shape;
  bool isParam = false;
  SourceRange range;
};

enum class ScatterKind : uint8_t { Add, Mul, Max, Min, Set };
const char *scatterName(ScatterKind kind);

/// `tensors[tensor][axes] = value` for all values of the axes; the other kinds:
/// - Scan: in the order of `ordered`, some of the axes; the value may read earlier elements.
/// - Scatter: starts as tensor `base`; for all values of `axes` (parallel) and `ordered` (in this order), combines
///   value into the element `place`, whose `$n` are `data`.
/// - ArgSort: the positions along the axis `ordered[0]` of its first `count` values, sorted.
struct TStatement {
  enum class Kind : uint8_t { Map, Scan, Scatter, ArgSort };
  int tensor = -1;
  std::vector<IndexVarRef> axes;
  TExprRef value;
  SourceRange range;
  Kind kind = Kind::Map;
  std::vector<IndexVarRef> ordered = {};
  int base = -1;
  ScatterKind scatter = ScatterKind::Add;
  std::vector<DimExpr> place = {};
  std::vector<TExprRef> data = {};
  bool descending = false;
  DimExpr count = 0;
};

/// A condition on the dimensions that whoever calls the kernel must meet.
struct Constraint {
  enum class Kind : uint8_t { LessEqual, Equal, Divisible };
  Kind kind = Kind::Equal;
  DimExpr lhs, rhs;
  std::string source; ///< as written, for messages
  SourceRange range;
  std::string str() const;
};

/// `key value` of a schedule; what a key means is lib/ScheduledLoops' matter.
struct ScheduleSetting {
  std::string key;
  std::variant<bool, int64_t, std::string> value;
};

/// `schedule kernel for target { … }`, its names checked against the kernel.
struct KernelSchedule {
  std::string target;
  std::vector<ScheduleSetting> settings;
};

struct TypedKernel {
  std::string name;
  std::string doc;
  std::vector<std::string> dims; ///< open dimension names, in the order of first use
  std::vector<TTensor> tensors;  ///< the parameters first, in order
  size_t paramCount = 0;
  std::vector<TStatement> statements; ///< in an order in which each reads what is defined before
  std::vector<int> results;
  std::vector<std::string> resultNames;
  std::vector<int> resultAliases;    ///< per result: the parameter it overwrites (inout), or -1
  std::vector<TExprRef> argDefaults; ///< per parameter: a Const of its type, or null
  std::string numerics = "default";  ///< "strict", "default" or "fast"
  std::vector<KernelSchedule> schedules;
  std::vector<Constraint> constraints;
  SourceRange range;
};

/// The kernel as text, one statement a line, for tests and `--emit=ast`.
std::string dump(const TypedKernel &kernel);
std::string shapeText(const std::vector<DimExpr> &shape);

} // namespace flex::lang
