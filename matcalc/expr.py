"""Typed matrix expressions: what the parser builds, what recovery gives back, what printers print.

One node class; `op` says what it is. Nodes are immutable and interned, every node knows its shape
(rows, columns), and equal structure means equal node.

| op | args | value | written |
|---|---|---|---|
| number | - | int or Fraction, >= 0 | `2`, `0.5` |
| symbol | - | Symbol(name, kind), or a Member | `X`, `x_i` |
| size | - | Dimension | `n` (a dimension used as a positive scalar) |
| call | operands | function name | `exp(x)`, `eye(n)`, `sum(X, 1)` |
| add | two or more, a term may be `neg` | - | `a + b - c` |
| neg | one | - | `-a` |
| mul | two or more, left to right | - | `A*B*x`, `2*x` |
| had | two or more, same shape | - | `x.*y` |
| div | numerator, scalar denominator | - | `x/s` |
| haddiv | numerator, denominator | - | `x./y`, `1./x` |
| pow | scalar or square base, scalar exponent | - | `s^2`, `A^-1` |
| hadpow | base, scalar or same-shape exponent | - | `x.^2` |
| transpose | one | - | `X'` |
| entry | base, row, column (either may be None) | (row, column) | `X[i,j]`, `X[i,:]`, `x[i]` |
| stack | blocks by rows | (rows, columns) of blocks | `[a, b; c, d]`, `[A; B]` |
| index_sum | one | Index | `sum_i(x_i)` |
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from matcalc.dimensions import ONE, SCALAR, Dimension, Shape, total_size
from matcalc.interning import digest_of, new_table, remember
from matcalc.kinds import Kind
from matcalc.symbols import NO_INDICES, Index, IndexSet
from matcalc.symbols import Symbol as Symbol

Rational = int | Fraction


class Expr:
    """An interned node; build it with the functions of this module, never directly."""

    __slots__ = ("_digest", "args", "cost", "free", "is_scalar", "op", "shape", "value")

    op: str
    args: tuple[Expr, ...]
    value: Any
    shape: Shape
    is_scalar: bool
    free: IndexSet  # the indices it depends on, apart from those it sums over itself
    cost: int  # what "simpler" means: see token_cost
    _digest: bytes | None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Expr) and self.digest == other.digest)

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> bytes:
        """Sixteen bytes that name the structure, the same in every process; found when first asked for."""
        pending = [self] if self._digest is None else []
        while pending:  # only through nodes that have none yet, so that asking again and again stays linear
            node = pending[-1]
            missing = [a for a in node.args if a._digest is None]
            if missing:
                pending += missing
                continue
            rows, columns = node.shape
            text = f"{node.op}|{node.value!r}|{rows.text}|{columns.text}|"
            node._digest = digest_of(text.encode() + b"".join([a._digest or b"" for a in node.args]))
            pending.pop()
        assert self._digest is not None
        return self._digest

    @property
    def is_column(self) -> bool:
        return self.shape[1] == ONE and self.shape[0] != ONE

    @property
    def is_row(self) -> bool:
        return self.shape[0] == ONE and self.shape[1] != ONE


# From operation, value and the identities of the operands to the node. A node keeps its operands
# alive, so an identity in a key stays that of the same operand as long as the entry is there.
_table: dict[tuple[Any, ...], Expr] = new_table()


def _node(op: str, args: tuple[Expr, ...], value: Any, shape: Shape) -> Expr:
    key = (op, value, *map(id, args))
    found = _table.get(key)
    if found is not None and found.shape == shape:
        return found
    node = Expr.__new__(Expr)
    node.op, node.args, node.value, node.shape, node._digest = op, args, value, shape, None
    node.is_scalar = shape[0] is ONE and shape[1] is ONE
    node.free = _free_indices(node)
    node.cost = token_cost(node)
    kept: Expr = remember(_table, key, node)
    return kept if kept.shape == shape else node


def _free_indices(node: Expr) -> IndexSet:
    """What a node depends on: its operands say it, but for a member and a sum over an index."""
    if node.op == "symbol":
        found: IndexSet = node.value.free
        return found
    free = NO_INDICES
    for arg in node.args:
        if arg.free:
            free = free | arg.free
    return free - {node.value} if node.op == "index_sum" else free


def token_cost(node: Expr) -> int:
    """The names, numbers and operators in the text of a node; brackets and commas are free.

    This is the one meaning of "simpler": every optional rewriting is kept only if it falls.
    """
    op, count, inside = node.op, len(node.args), 0
    for arg in node.args:
        inside += arg.cost
    if op == "mul" or op == "had":
        return inside + count - 1
    if op == "add":  # `a - b` has one operator, not two
        minus = sum([a.op == "neg" for a in node.args[1:]])
        return inside - minus + count - 1
    if op == "size":
        text: str = node.value.text
        return 1 + sum(map(text.count, "*+-"))
    if op == "number":
        return 3 if not isinstance(node.value, int) and not prints_as_decimal(node.value) else 1
    if op == "entry":
        return inside + sum(at is not None for at in node.value)
    return inside if op == "stack" else inside + 1


def magnitude(value: Rational) -> Rational:
    """The absolute value."""
    return -value if value < 0 else value


def prints_as_decimal(value: Fraction) -> bool:
    """Whether a fraction is written as a decimal: at most three digits, or shorter than p/q."""
    rest, digits = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        digits = max(digits, count)
    if rest != 1:
        return False
    return digits <= 3 or digits + 2 < len(str(value.numerator)) + len(str(value.denominator)) + 1


def number(value: Rational) -> Expr:
    """An exact number; a negative one is a `neg` of its absolute value."""
    if not isinstance(value, int) and value.denominator == 1:
        value = int(value)
    if value < 0:
        return neg(number(-value))
    return _node("number", (), value, SCALAR)


def symbol(name: str, kind: Kind) -> Expr:
    """A variable or constant of the given kind."""
    return named(Symbol(name, kind))


def named(variable: Symbol) -> Expr:
    """The expression of a symbol."""
    return _node("symbol", (), variable, variable.kind.shape)


def size(dimension: Dimension) -> Expr:
    """A dimension as a positive scalar; an integer dimension is that number."""
    known = dimension.number
    return number(known) if known is not None else _node("size", (), dimension, SCALAR)


def call(name: str, args: tuple[Expr, ...], shape: Shape) -> Expr:
    """A function by name; the caller knows the shape of the result."""
    return _node("call", args, name, shape)


def neg(arg: Expr) -> Expr:
    """Minus `arg`; a double minus cancels."""
    return arg.args[0] if arg.op == "neg" else _node("neg", (arg,), None, arg.shape)


# the function that X^k is, where k is no number
MATRIX_POWER = "mpower"
# The most operands of a sum or product. A longer one has the first of them as its first operand, so that
# a chain of definitions, each one term longer than the last, does not copy all its terms at every step.
MOST_OPERANDS = 64


def _extensible(op: str, left: Expr) -> tuple[Expr, ...]:
    """The operands to which another is appended: those of `left`, or `left` itself when that is full."""
    return left.args if left.op == op and len(left.args) < MOST_OPERANDS else (left,)


def literal(value: int | str) -> Expr:
    """What must stand in a place of a signature: a number, or `inf`."""
    return number(value) if isinstance(value, int) else call(value, (), SCALAR)


def add(*args: Expr) -> Expr:
    """A sum; nested sums on the left are flattened, scalars spread over the larger shape."""
    flat = _extensible("add", args[0]) + args[1:]
    if len(flat) == 1:
        return flat[0]
    terms = flat[:MOST_OPERANDS]
    for start in range(MOST_OPERANDS, len(flat), MOST_OPERANDS - 1):
        full = _node("add", terms, None, spread_shape(terms))
        terms = (full, *flat[start : start + MOST_OPERANDS - 1])
    return _node("add", terms, None, spread_shape(terms))


def spread_shape(args: tuple[Expr, ...]) -> Shape:
    """The shape of an entrywise combination, where scalars, rows and columns spread."""
    rows = next((a.shape[0] for a in args if a.shape[0] != ONE), ONE)
    columns = next((a.shape[1] for a in args if a.shape[1] != ONE), ONE)
    return rows, columns


def mul(left: Expr, right: Expr) -> Expr:
    """The product, left associative. A minus moves to the front, and a scalar made of non-scalars
    stays a group of its own: `(x'*A*x)*B`."""
    if left.op == "neg":
        return neg(mul(left.args[0], right))
    if right.op == "neg":
        return neg(mul(left, right.args[0]))
    if left.is_scalar:
        shape = right.shape
    elif right.is_scalar:
        shape = left.shape
    else:
        shape = (left.shape[0], right.shape[1])
    grouped = left.is_scalar and not right.is_scalar and not all(a.is_scalar for a in left.args)
    flat = (left,) if grouped else _extensible("mul", left)
    return _node("mul", (*flat, right), None, shape)


def had(left: Expr, right: Expr) -> Expr:
    """The entrywise product, left associative; a minus moves to the front."""
    if left.op == "neg":
        return neg(had(left.args[0], right))
    if right.op == "neg":
        return neg(had(left, right.args[0]))
    args = (*_extensible("had", left), right)
    return _node("had", args, None, spread_shape(args))


def div(numerator: Expr, denominator: Expr) -> Expr:
    """Division by a scalar; a minus in the numerator moves to the front."""
    if numerator.op == "neg":
        return neg(div(numerator.args[0], denominator))
    return _node("div", (numerator, denominator), None, numerator.shape)


def haddiv(numerator: Expr, denominator: Expr) -> Expr:
    """Entrywise division; a minus in the numerator moves to the front."""
    if numerator.op == "neg":
        return neg(haddiv(numerator.args[0], denominator))
    return _node("haddiv", (numerator, denominator), None, spread_shape((numerator, denominator)))


def power(base: Expr, exponent: Expr) -> Expr:
    """A scalar to a scalar power, or a square matrix to an integer power."""
    return _node("pow", (base, exponent), None, base.shape)


def hadpow(base: Expr, exponent: Expr) -> Expr:
    """The entrywise power."""
    return _node("hadpow", (base, exponent), None, spread_shape((base, exponent)))


def transpose(arg: Expr) -> Expr:
    """The transpose; a double one cancels, that of a scalar is the scalar."""
    if arg.is_scalar:
        return arg
    if arg.op == "transpose":
        return arg.args[0]
    return _node("transpose", (arg,), None, (arg.shape[1], arg.shape[0]))


def with_args(node: Expr, args: tuple[Expr, ...]) -> Expr:
    """The node over other operands of the same shapes."""
    return _node(node.op, args, node.value, node.shape)


def entry(base: Expr, row: int | str | None, column: int | str | None) -> Expr:
    """An entry, or the row or column left when one index is None; indices count from 1."""
    shape = (base.shape[0] if row is None else ONE, base.shape[1] if column is None else ONE)
    return _node("entry", (base,), (row, column), shape)


def stack(args: tuple[Expr, ...], rows: int, columns: int) -> Expr:
    """Blocks arranged by rows; those side by side have the same height, those above each other the same width.

    Stacks side by side that are divided alike are one stack of their blocks, and so are stacks above each other:
    what is written as a list of lists has one meaning.
    """
    if rows == 1 and columns > 1 and _divided_alike(args, 0):
        height = args[0].value[0]
        lines = [[b for a in args for b in a.args[k * a.value[1] : (k + 1) * a.value[1]]] for k in range(height)]
        return stack(tuple([block for line in lines for block in line]), height, len(lines[0]))
    if columns == 1 and rows > 1 and _divided_alike(args, 1):
        blocks = tuple([block for arg in args for block in arg.args])
        width = args[0].value[1]
        return stack(blocks, len(blocks) // width, width)
    heights = [args[k * columns].shape[0] for k in range(rows)]
    widths = [block.shape[1] for block in args[:columns]]
    return _node("stack", args, (rows, columns), (total_size(heights), total_size(widths)))


def _divided_alike(args: tuple[Expr, ...], axis: int) -> bool:
    """Whether all are stacks, with blocks of the same heights (axis 0) or widths (axis 1)."""
    if any(arg.op != "stack" for arg in args):
        return False
    divisions = [[b.shape[axis] for b in (arg.args[:: arg.value[1]], arg.args[: arg.value[1]])[axis]] for arg in args]
    return all(division == divisions[0] for division in divisions)


def index_sum(index: Index, body: Expr) -> Expr:
    """The sum of the body over all values of an index; a minus moves to the front."""
    if body.op == "neg":
        return neg(index_sum(index, body.args[0]))
    return _node("index_sum", (body,), index, body.shape)


def is_reduction(node: Expr) -> bool:
    """Whether a call is the max or min over all entries of one operand, not that of two, entry by entry."""
    return node.value in ("max", "min") and len(node.args) == 1


def postorder(*roots: Expr) -> list[Expr]:
    """Every node below the roots once, operands before the nodes that use them."""
    seen: set[int] = set()
    order: list[Expr] = []
    for root in roots:
        if id(root) in seen:
            continue
        seen.add(id(root))
        pending: list[tuple[Expr, Iterator[Expr]]] = [(root, iter(root.args))]
        while pending:
            node, rest = pending[-1]
            for child in rest:
                if id(child) not in seen:
                    seen.add(id(child))
                    if child.args:
                        pending.append((child, iter(child.args)))
                        break
                    order.append(child)
            else:
                order.append(node)
                pending.pop()
    return order


def symbols(*roots: Expr) -> list[Symbol]:
    """The variables below the roots, in order of first appearance in a left to right reading."""
    return [node.value for node in postorder(*roots) if node.op == "symbol"]
