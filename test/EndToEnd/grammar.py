"""Random well-typed kernels: a grammar of the language with types, indices and shapes, made so that every kernel compiles.

`Generator(seed).kernel()` gives a `Kernel`: text, sizes to run it at, kinds of values. `shrink` makes a kernel that fails smaller.
What a new piece of the language adds here is a method that `statement` or `expression` picks.
"""

import random
from dataclasses import dataclass, field

FLOATS = ("f32", "f64", "f16", "bf16")
INTEGERS = ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64")
STORED = ("f8e4m3fn", "f8e5m2", "i4", "u4")
SPECIAL = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf"), float("nan"), 1e-40, -3e-39, 6e4, -1e30, 0.1, 3.0, -1.0, 1e-8]
FUNCTIONS = ("exp", "exp2", "expm1", "log", "log1p", "sin", "cos", "tanh", "erf", "sqrt", "rsqrt", "floor", "ceil", "round", "trunc", "abs", "sign",
             "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "cbrt")
RULES = ("clamp", "wrap", "mirror", "zero", "fill")


@dataclass
class Node:
    """A piece of text with holes for its children; `plain` indices stand alone on an axis in it, which gives them their range."""

    dtype: str
    text: str
    kids: list = field(default_factory=list)
    plain: frozenset = frozenset()
    binds: frozenset = frozenset()

    def render(self):
        return self.text.format(*(kid.render() for kid in self.kids))

    def indices(self):
        return self.plain.union(*(kid.indices() for kid in self.kids)) - self.binds

    def walk(self):
        yield self
        for kid in self.kids:
            yield from kid.walk()


@dataclass
class Tensor:
    name: str
    dtype: str
    shape: tuple


@dataclass
class Statement:
    """`let name[axes] = value`, or with no axes `let name = value`."""

    tensor: Tensor
    axes: tuple
    value: Node
    head: str = ""  # in place of the name and axes; "raw": the value is the whole statement

    def render(self):
        if self.head:
            return self.value.render() if self.head == "raw" else f"let {self.head}{self.value.render()}"
        if not self.axes:
            return f"let {self.tensor.name} = {self.value.render()}"
        known = self.value.indices()
        axes = ", ".join(i if i in known else f"{i} in 0..{extent}-1" for i, extent in self.axes)
        return f"let {self.tensor.name}[{axes}] = {self.value.render()}"


@dataclass
class Kernel:
    params: list
    statements: list
    results: list
    where: str
    runs: list
    values: dict

    def source(self):
        def typed(tensor):
            return tensor.dtype + (f"[{', '.join(map(str, tensor.shape))}]" if tensor.shape else "")
        head = ", ".join(f"{p.name}: {typed(p)}" for p in self.params)
        results = ", ".join(typed(r) for r in self.results)
        body = "".join(f"  {s.render()}\n" for s in self.statements)
        names = ", ".join(r.name for r in self.results)
        return f"kernel k({head}) -> ({results}){self.where} {{\n{body}  return {names}\n}}\n"


ATTENTION_FROM = 10**6  # kernels before that number stay what they were


class Generator:
    def __init__(self, seed):
        self.rng, self.count, self.attends = random.Random(seed), 0, seed >= ATTENTION_FROM

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, probability):
        return self.rng.random() < probability

    def dtype(self):
        return self.rng.choices(FLOATS + INTEGERS + ("bool",), [8, 4, 2, 2, 1, 1, 4, 2, 1, 1, 2, 1, 1])[0]

    def name(self, letter):
        self.count += 1
        return f"{letter}{self.count}"

    # The kernel

    def kernel(self):
        dims = ["M", "N", "K"][: self.rng.choices([1, 2, 3], [3, 5, 3])[0]]
        self.nonempty = self.chance(0.7)
        self.where = [f"{d} >= 1" for d in dims] if self.nonempty else []
        params = [Tensor(self.name("p"), self.dtype(), (d,)) for d in dims]  # each dimension is an axis of an argument
        for _ in range(self.rng.randint(0, 3)):
            rank = self.rng.choices([0, 1, 2, 3], [1, 2, 4, 1])[0]
            params.append(Tensor(self.name("p"), self.dtype(), tuple(self.pick(*dims, *dims, 3) for _ in range(rank))))
        self.dims, self.params, self.tensors, statements = dims, params, list(params), []
        made = [self.statement] * self.rng.randint(1, 5)
        if self.attends and self.chance(0.3):
            made = [*made[1:], self.attended, *made[:self.rng.randint(0, 1)]]
        for make in made:
            statement = make()
            statements.append(statement)
            self.tensors.append(statement.tensor)
        results = [s.tensor for s in statements[-self.rng.randint(1, 2):]]
        largest = {1: 60 if any(len(t.shape) > 2 for t in self.tensors) else 300, 2: 40, 3: 13}[len(dims)]
        sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16, 17, 23, 31, 32, 33, 40, 63, 64, 65, 100, 127, 255, 256, 257, 300]
        sizes = [n for n in sizes if n <= largest and (n or not self.nonempty)]
        runs = [{d: self.rng.choice(sizes) for d in dims} for _ in range(2)]
        values = {p.name: self.pick("normal", "normal", SPECIAL if p.dtype in FLOATS else "wide") for p in params}
        where = f" where {', '.join(self.where)}" if self.where else ""
        return Kernel(params, statements, results, where, runs, values)

    def statement(self):
        whole = [self.elementwise, self.reduced, self.contracted, self.rearranged, self.joined, self.sliced, self.cumulated, self.sorted, self.scattered,
                 self.carried, self.rebound]
        for make in self.rng.sample(whole, len(whole)) if self.chance(0.5) else ():
            statement = make()
            if statement:
                return statement
        rank = self.rng.choices([0, 1, 2, 3], [1, 4, 5, 1])[0]
        axes = tuple((self.name("i"), self.pick(*self.dims, *self.dims, *self.dims, 4)) for _ in range(rank))
        dtype = self.dtype()
        value = self.expression(dtype, self.rng.randint(1, 4), dict(axes))
        if not rank:  # a scalar: nothing to index
            return Statement(Tensor(self.name("t"), dtype, ()), (), value)
        return Statement(Tensor(self.name("t"), dtype, tuple(extent for _, extent in axes)), axes, value)

    def whole(self, dtype, text, shape, kids=()):
        return Statement(Tensor(self.name("t"), dtype, tuple(shape)), (), Node(dtype, text, list(kids)))

    def elementwise(self):
        found = self.rng.choice(self.tensors)
        same = [t for t in self.tensors if t.dtype == found.dtype and t.shape in (found.shape, ())]
        other = self.rng.choice(same)
        if found.dtype == "bool":
            return self.whole("bool", f"{found.name} {self.pick('&&', '||', '!=')} {other.name}", found.shape)
        text = self.pick("{0} + {1}", "{0} * {1}", "max({0}, {1})", "select({0} < {1}, {0}, {1})", "if {0} > {1} {{{{ {0} - {1} }}}} else {{{{ -{0} }}}}")
        if found.dtype[0] == "u" and "-" in text:
            text = "min({0}, {1})"
        return self.whole(found.dtype, text.format(found.name, other.name), found.shape)

    def reduced(self):
        found = [t for t in self.tensors if t.shape]
        tensor = self.rng.choice(found)
        axis = self.rng.randrange(len(tensor.shape))
        kind = self.pick("any", "all") if tensor.dtype == "bool" else self.pick("sum", "max", "min", "prod", *["mean"] * (tensor.dtype in FLOATS))
        keep = self.chance(0.3)
        shape = [1] if keep else []
        shape = (*tensor.shape[:axis], *shape, *tensor.shape[axis + 1:])
        written = axis - len(tensor.shape) if self.chance(0.3) else axis
        return self.whole(tensor.dtype, f"{kind}({tensor.name}, axis = {written}{', keepdims = true' if keep else ''})", shape)

    def contracted(self):
        pairs = [(a, b) for a in self.tensors for b in self.tensors if a.dtype == b.dtype and a.dtype != "bool" and len(a.shape) == len(b.shape) == 2
                 and a.shape[1] == b.shape[0]]
        if not pairs:
            return None
        a, b = self.rng.choice(pairs)
        return self.whole(a.dtype, f"{a.name} @ {b.name}", (a.shape[0], b.shape[1]))

    def attended(self):
        """Operands of their own and a softmax between two contractions, in one of the forms that people write."""
        dtype = self.pick("f32", "f32", "f16", "bf16", "f64")
        queries, keys, depth, width = (self.pick(*self.dims, *self.dims, 4) for _ in range(4))
        batch = (self.pick(*self.dims),) if self.chance(0.3) else ()
        shared = batch and self.chance(0.3)  # keys and values of all heads
        q, k, v = (Tensor(self.name("p"), dtype, (*front, *shape))
                   for front, shape in ((batch, (queries, depth)), (() if shared else batch, (keys, depth)), (() if shared else batch, (keys, width))))
        self.params += [q, k, v]
        h, i, j, r, x = (self.name(letter) for letter in "hijrx")
        head, other = (f"{h}, " if batch else ""), (f"{h}, " if batch and not shared else "")
        scope = {i: queries, j: keys, **({h: batch[0]} if batch else {})}
        scores, masked, top, weights, result = (self.name("t") for _ in range(5))
        scale = self.pick("", " * 0.5", " / sqrt(3)", f" / {dtype}({depth} + 1)")
        lines = [f"let {scores}[{head}{i}, {j}] = (sum({r}) {q.name}[{head}{i}, {r}] * {k.name}[{other}{j}, {r}]){scale}"]
        value = f"{scores}[{head}{i}, {j}]"
        if self.chance(0.3):
            value = self.pick(f"{value} + {self.expression(dtype, 1, scope).render()}", f"3 * tanh({value} / 3)")
        condition = self.pick("", "", f"{j} <= {i}", f"{j} <= {i} + 1", f"{j} + 2 > {i} && {j} <= {i} + 3", f"{i} + {j} < 20", self.expression("bool", 1, scope).render())
        if condition:
            value = f"if {condition} {{ {value} }} else {{ -inf }}"
        lines.append(f"let {masked}[{head}{i}, {j}] = {value}")
        lines.append(f"let {top}[{head}{i}] = max({j}) {masked}[{head}{i}, {j}]")
        lines.append(f"let {weights}[{head}{i}, {j}] = exp({masked}[{head}{i}, {j}] - {top}[{head}{i}])")
        total = f"(sum({r}) {weights}[{head}{i}, {r}])"
        early = self.chance(0.5)  # divided before the product
        if early:
            shares = self.name("t")
            lines.append(f"let {shares}[{head}{i}, {j}] = {weights}[{head}{i}, {j}] / {total}")
            weights = shares
        lines.append(f"let {result}[{head}{i}, {x}] = (sum({j}) {weights}[{head}{i}, {j}] * {v.name}[{other}{j}, {x}]){'' if early else f' / {total}'}")
        text = "\n  ".join(lines).replace("{", "{{").replace("}", "}}")
        tensor = Tensor(result, dtype, (*batch, queries, width))
        return Statement(tensor, (), Node(dtype, text), head="raw")

    def shaped(self, ranks=(1, 2, 3)):
        """A tensor with one of these ranks, or None."""
        found = [t for t in self.tensors if len(t.shape) in ranks]
        return self.rng.choice(found) if found else None

    def axis(self, tensor):
        """An axis, and how it is written."""
        axis = self.rng.randrange(len(tensor.shape))
        return axis, axis - len(tensor.shape) if self.chance(0.3) else axis

    def rearranged(self):
        tensor = self.shaped()
        if not tensor:
            return None
        order = self.rng.sample(range(len(tensor.shape)), len(tensor.shape))
        axis, written = self.axis(tensor)
        flat = "*".join(str(d) for d in tensor.shape)
        text, shape = self.rng.choice([
            (f"transpose({tensor.name}, {', '.join(map(str, order))})", [tensor.shape[i] for i in order]),
            (f"flip({tensor.name}, axis = {written})", tensor.shape),
            (f"flip({tensor.name})", tensor.shape),
            (f"reshape({tensor.name}, {flat})", (flat,)) if len(self.dims) < 3 else (f"{tensor.name}[::-1]", tensor.shape),
            (f"pad({tensor.name}, axis = {written}, before = 2, after = 1)",
             [f"({d} + 3)" if i == axis else d for i, d in enumerate(tensor.shape)]),
        ])
        return self.whole(tensor.dtype, text, shape)

    def joined(self):
        a = self.shaped()
        same = [t for t in self.tensors if a and t.dtype == a.dtype and t.shape == a.shape]
        if not same:
            return None
        b = self.rng.choice(same)
        axis, written = self.axis(a)
        if self.chance(0.5):
            return self.whole(a.dtype, f"stack({a.name}, {b.name}, axis = {axis})", (*a.shape[:axis], 2, *a.shape[axis:]))
        return self.whole(a.dtype, f"concat({a.name}, {b.name}, axis = {written})",
                          [f"(2*{d})" if i == axis else d for i, d in enumerate(a.shape)])

    def sliced(self):
        tensor = self.shaped()
        if not tensor:
            return None
        places, shape = [], []
        for extent in tensor.shape:
            kinds = [(":", [extent]), ("::-1", [extent]), ("::2", [f"ceildiv({extent}, 2)"]), (":0", [0])]
            if self.is_filled(tensor):
                kinds += [("1:", [f"({extent} - 1)"]), ("0", []), ("-1", []), (":-1", [f"({extent} - 1)"])]
            place, left = self.rng.choice(kinds)
            places.append(place)
            shape += left
        if not any(":" in place for place in places):
            return None
        return self.whole(tensor.dtype, f"{tensor.name}[{', '.join(places)}]", shape)

    def is_filled(self, tensor):
        """No axis can be empty."""
        return self.nonempty and all(axis in self.dims or (isinstance(axis, int) and axis > 0) for axis in tensor.shape)

    def cumulated(self):
        tensor = self.shaped()
        if not tensor or tensor.dtype == "bool":
            return None
        _, written = self.axis(tensor)
        return self.whole(tensor.dtype, f"{self.pick('cumsum', 'cumprod', 'cummax', 'cummin')}({tensor.name}, axis = {written})", tensor.shape)

    def sorted(self):
        tensor = self.shaped()
        if not tensor or tensor.dtype == "bool":
            return None
        axis, written = self.axis(tensor)
        options = f"axis = {written}{self.pick('', ', descending = true')}"
        if self.chance(0.3) and self.is_filled(tensor):
            shape = [d for i, d in enumerate(tensor.shape) if i != axis]
            return self.whole("i64", f"{self.pick('argmax', 'argmin')}({tensor.name}, axis = {written})", shape)
        if self.chance(0.2) and self.is_filled(tensor):
            taken = self.pick(1, 3) if tensor.shape[axis] == 3 else 1
            best = f"top_k({tensor.name}, {taken}, axis = {written})"
            shape = tuple(taken if i == axis else d for i, d in enumerate(tensor.shape))
            number = self.rng.randrange(2)
            values, places = self.name("t"), self.name("t")
            text = f"let {values}, {places} = {best}"
            return Statement(Tensor((values, places)[number], (tensor.dtype, "i64")[number], shape), (), Node(tensor.dtype, text), head="raw")
        if self.chance(0.5):
            return self.whole("i64", f"argsort({tensor.name}, {options})", tensor.shape)
        return self.whole(tensor.dtype, f"sort({tensor.name}, {options})", tensor.shape)

    def scattered(self):
        """Values into places that an integer tensor names; the rest of the axes is carried along."""
        found = [(base, index, values) for base in self.tensors for index in self.tensors for values in self.tensors
                 if index.dtype in INTEGERS and len(index.shape) == 1 and base.shape and base.dtype == values.dtype != "bool"
                 and values.shape == index.shape + base.shape[1:]]
        if not found:
            return None
        base, index, values = self.rng.choice(found)
        kind = self.pick("add", "max", "min", "mul", "set")
        return self.whole(base.dtype, f"scatter_{kind}({base.name}, {index.name}, {values.name})", base.shape)

    def carried(self):
        """A scan over one or two axes that reads itself at earlier steps."""
        rank = self.rng.choice([1, 2, 2, 3])
        axes = tuple((self.name("i"), self.pick(*self.dims)) for _ in range(rank))
        steps = [i for i, _ in self.rng.sample(axes, self.rng.randint(1, min(2, rank)))]
        dtype = self.pick("f32", "f64", "i32", "u8", "i64", "f16")
        tensor = Tensor(self.name("t"), dtype, tuple(extent for _, extent in axes))
        earlier = self.rng.randrange(len(steps))  # the first of the steps that goes back
        places = []
        for i, _ in axes:
            if i in steps:
                place = steps.index(i)
                places.append(i if place < earlier else f"{i} - {self.pick(1, 1, 2)}" if place == earlier else f"{i}{self.pick('', ' - 1', ' + 1')}")
            else:
                places.append(self.pick(i, i, f"{i} - 1", "0"))
        others = [n for n, (i, _) in enumerate(axes) if i not in steps]
        earlier_step = f"fill({tensor.name}, {self.pick(0, 1)})"
        if others and self.chance(0.4):  # all of an earlier step
            n, index = self.rng.choice(others), self.name("r")
            places[n] = index
            kind = self.pick("sum", "max", "min")
            before = Node(dtype, f"({kind}({index} in 0..{axes[n][1]}-1) {earlier_step}[{', '.join(places)}])")
        else:
            before = Node(dtype, f"{earlier_step}[{', '.join(places)}]")
        value = self.expression(dtype, 2, dict(axes))
        combined = Node(dtype, self.pick("({} + {})", "max({}, {})", "select(true, {}, {})", "({} - {})", "min({}, ({} * " + f"{dtype}(2)))"),
                        self.rng.sample([before, value], 2))
        written = ", ".join(f"{i} in 0..{extent}-1" for i, extent in axes)
        kind = f"{dtype}[{', '.join(tensor.shape)}]"
        return Statement(tensor, (), Node(dtype, "{}", [combined]), head=f"{tensor.name}[{written}]: {kind} = scan({', '.join(steps)}) ")

    def rebound(self):
        """`var` and an unrolled `for`, as the text of one statement."""
        tensor = self.shaped((0, 1, 2))
        if not tensor or tensor.dtype == "bool":
            return None
        name, index = self.name("t"), self.name("k")
        step = self.pick(f"{name} + {tensor.name}", f"max({name}, {tensor.name})", f"{name} * {tensor.dtype}({index})", f"min({name}, {tensor.name} + {tensor.dtype}({index}))")
        text = f"var {name} = {tensor.name}\n  for {index} in 1..{self.rng.randint(0, 4)} {{{{\n    {name} = {step}\n  }}}}"
        return Statement(Tensor(name, tensor.dtype, tensor.shape), (), Node(tensor.dtype, text), head="raw")

    # Expressions: `scope` maps the indices in sight to their extents.

    def expression(self, dtype, depth, scope):
        if depth == 0:
            return self.leaf(dtype, scope)
        if self.chance(0.12):
            return self.reduction(dtype, depth - 1, scope)
        if self.chance(0.12):
            return self.conditional(dtype, depth - 1, scope)
        if dtype == "i64" and self.nonempty and self.chance(0.2):
            return self.position(depth - 1, scope)
        if self.chance(0.12):
            other = self.dtype()
            return Node(dtype, f"{dtype}({{}})", [self.expression(other, depth - 1, scope)])
        if self.chance(0.04):  # by way of a type that only stores
            other = self.dtype()
            return Node(dtype, f"{dtype}({self.rng.choice(STORED)}({{}}))", [self.expression(other, depth - 1, scope)])
        kinds = {"bool": self.logic}.get(dtype) or (self.float if dtype in FLOATS else self.integer)
        return kinds(dtype, depth - 1, scope)

    def two(self, dtype, depth, scope):
        return [self.expression(dtype, depth, scope), self.expression(dtype, self.rng.randint(0, depth), scope)]

    def float(self, dtype, depth, scope):
        if self.chance(0.3):
            return Node(dtype, f"{self.rng.choice(FUNCTIONS)}({{}})", [self.expression(dtype, depth, scope)])
        if self.chance(0.15):
            return Node(dtype, self.pick("(-{})", "({} ** 2)", "({} ** 3)", "({} ** -1)"), [self.expression(dtype, depth, scope)])
        if dtype in ("f32", "f64") and self.chance(0.05):
            return Node(dtype, "fma({}, {}, {})", [*self.two(dtype, depth, scope), self.expression(dtype, 0, scope)])
        text = self.pick("({} + {})", "({} - {})", "({} * {})", "({} * {})", "({} / {})", "min({}, {})", "max({}, {})", "atan2({}, {})", "hypot({}, {})")
        return Node(dtype, text, self.two(dtype, depth, scope))

    def integer(self, dtype, depth, scope):
        if self.chance(0.15):
            text = self.pick("(~{})", "({} ** 2)", "abs({})", "sign({})", "popcount({})", "clz({})", "ctz({})", *["(-{})"] * (dtype[0] == "i"))
            return Node(dtype, text, [self.expression(dtype, depth, scope)])
        text = self.pick("({} + {})", "({} - {})", "({} * {})", "({} / {})", "({} % {})", "({} & {})", "({} | {})", "({} ^ {})", "({} << {})", "({} >> {})",
                         "min({}, {})", "max({}, {})", "({} ** {})")
        return Node(dtype, text, self.two(dtype, depth, scope))

    def logic(self, dtype, depth, scope):
        if self.chance(0.3):
            return Node(dtype, self.pick("({} && {})", "({} || {})", "({} == {})", "({} ^ {})"), self.two("bool", depth, scope))
        if self.chance(0.15):
            return Node(dtype, "(!{})", [self.expression("bool", depth, scope)])
        other = self.pick(*FLOATS, *INTEGERS)
        if other in FLOATS and self.chance(0.2):
            return Node(dtype, self.pick("isnan({})", "isinf({})", "isfinite({})"), [self.expression(other, depth, scope)])
        return Node(dtype, f"({{}} {self.pick('==', '!=', '<', '<=', '>', '>=')} {{}})", self.two(other, depth, scope))

    def conditional(self, dtype, depth, scope):
        kids = [self.expression("bool", depth, scope), *self.two(dtype, depth, scope)]
        return Node(dtype, self.pick("select({}, {}, {})", "(if {} {{ {} }} else {{ {} }})"), kids)

    def reduction(self, dtype, depth, scope):
        index, extent = self.name("r"), self.pick(*self.dims, *self.dims, 3)
        kind = self.pick("any", "all") if dtype == "bool" else self.pick("sum", "sum", "max", "min", "prod", *["mean"] * (dtype in FLOATS))
        body = self.expression(dtype, depth, {**scope, index: extent})
        written = index if index in body.indices() else f"{index} in 0..{extent}-1"
        return Node(dtype, f"({kind}({written}) ({{}}))", [body], binds=frozenset([index]))

    def position(self, depth, scope):
        index, extent = self.name("r"), self.pick(*self.dims)
        other = self.pick("f32", "f64", "i32", "u8", "bf16", "i64")
        body = self.expression(other, depth, {**scope, index: extent})
        written = index if index in body.indices() else f"{index} in 0..{extent}-1"
        return Node("i64", f"({self.pick('argmax', 'argmin')}({written}) ({{}}))", [body], binds=frozenset([index]))

    def leaf(self, dtype, scope):
        found = [t for t in self.tensors if t.dtype == dtype]
        if found and self.chance(0.8):
            return self.access(self.rng.choice(found), scope)
        if dtype == "bool":
            return Node(dtype, self.pick("true", "false"))
        if scope and self.chance(0.4):
            return Node(dtype, f"{dtype}({self.rng.choice(list(scope))})")
        if self.chance(0.2):
            return Node(dtype, f"{dtype}({self.rng.choice(self.dims)})")
        number = self.rng.choice([0.5, 1.5, 2.0, -0.25, 3.0]) if dtype in FLOATS else self.rng.choice([0, 1, 2, 3, 7])
        return Node(dtype, f"{dtype}({number})")

    def access(self, tensor, scope):
        if not tensor.shape:
            return Node(tensor.dtype, tensor.name)
        if len(tensor.shape) == 2 and tensor.dtype != "bool" and self.chance(0.15):
            lifted = self.lifted(tensor, scope)
            if lifted:
                return lifted
        fitting = [[i for i, extent in scope.items() if extent == axis] for axis in tensor.shape]
        if all(fitting) and self.chance(0.75):
            chosen = [self.rng.choice(indices) for indices in fitting]
            return Node(tensor.dtype, f"{tensor.name}[{', '.join(chosen)}]", plain=frozenset(chosen))
        rule = self.pick(*RULES) if self.is_filled(tensor) else self.pick("zero", "fill")
        base = f"fill({tensor.name}, {'true' if tensor.dtype == 'bool' else self.pick('2', '0', '3')})" if rule == "fill" else f"{rule}({tensor.name})"
        if self.chance(0.35):  # places that data decides
            kids = [self.expression(self.pick(*INTEGERS), 1, scope) if self.chance(0.6) else Node("i64", self.index(scope)) for _ in tensor.shape]
            return Node(tensor.dtype, f"{base}[{', '.join(['{}'] * len(kids))}]", kids)
        return Node(tensor.dtype, f"{base}[{', '.join(self.index(scope) for _ in tensor.shape)}]")

    def lifted(self, tensor, scope):
        """A whole-tensor function of one row or column, inside of index notation."""
        axis = self.rng.randrange(2)
        outer = [i for i, extent in scope.items() if extent == tensor.shape[axis]]
        inner = [i for i, extent in scope.items() if extent == tensor.shape[1 - axis]]
        if not outer or not inner:
            return None
        chosen, place = self.rng.choice(outer), self.rng.choice(inner)
        row = f"{tensor.name}[{chosen}, :]" if axis == 0 else f"{tensor.name}[:, {chosen}]"
        text = self.pick(f"sort({row})[{place}]", f"cumsum({row})[{place}]", f"cummax({row})[{place}]", f"zero(max({row}, {row}[::-1]))[{place} - 1]",
                         f"concat({row}, {row})[{place} + 0]", f"scatter_add({row}, argsort({row}), 1)[{place}]")
        return Node(tensor.dtype, text, plain=frozenset([chosen]))

    def index(self, scope):
        if not scope or self.chance(0.15):
            return str(self.rng.randint(-2, 5))
        i = self.rng.choice(list(scope))
        return self.pick(f"{i} + 0", f"{i} - 1", f"{i} + 2", f"2*{i}", f"-{i}", f"{i} / 2", f"{i} % 3", f"3*{i} - 4", f"{i} + {self.rng.choice(list(scope))}")


def shrink(kernel, fails, budget=150):
    """A smaller kernel for which `fails(kernel)` is still true; at most `budget` tries."""
    def smaller(kernel):
        for n in range(len(kernel.runs)):
            if len(kernel.runs) > 1:
                yield Kernel(kernel.params, kernel.statements, kernel.results, kernel.where, [kernel.runs[n]], kernel.values)
        for n in range(len(kernel.results)):
            if len(kernel.results) > 1:
                yield Kernel(kernel.params, kernel.statements, [kernel.results[n]], kernel.where, kernel.runs, kernel.values)
        text = kernel.source()
        for n, statement in enumerate(kernel.statements):
            if text.count(statement.tensor.name) == 1 + 0:
                yield Kernel(kernel.params, kernel.statements[:n] + kernel.statements[n + 1:], kernel.results, kernel.where, kernel.runs, kernel.values)
        for n, statement in enumerate(kernel.statements):
            for node in list(statement.value.walk()) if statement.head != "raw" and (statement.axes or statement.head or not statement.tensor.shape) else ():
                for other in [*node.kids, *simple(node)]:
                    if other.dtype == node.dtype and other.render() != node.render():
                        value = replaced(statement.value, node, other)
                        changed = Statement(statement.tensor, statement.axes, value, statement.head)
                        yield Kernel(kernel.params, kernel.statements[:n] + [changed] + kernel.statements[n + 1:], kernel.results, kernel.where, kernel.runs,
                                     kernel.values)

    tries, progress = 0, True
    while progress and tries < budget:
        progress = False
        for candidate in smaller(kernel):
            tries += 1
            if fails(candidate):
                kernel, progress = candidate, True
                break
            if tries >= budget:
                break
    return kernel


def simple(node):
    return [Node("bool", "true")] if node.dtype == "bool" else [Node(node.dtype, f"{node.dtype}(2)")]


def replaced(tree, node, other):
    if tree is node:
        return other
    return Node(tree.dtype, tree.text, [replaced(kid, node, other) for kid in tree.kids], tree.plain, tree.binds)
