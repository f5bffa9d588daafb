"""The input's choices among ways to write the same thing, kept in the answer where they cost no more.

What the input writes is read off its expression, so the choice depends neither on names nor on the order of operands.

| the input has | so the answer has | in place of |
|---|---|---|
| `mean`, `var` or `std` | `mean(x)` | `sum(x)/n` |
| a norm, no `x'*x` | `norm2(x)^2`, `norm2(x)^4` | `x'*x`, `(x'*x)^2` |
| no `norm2(A)` of a matrix | `normF(A)` | `norm2(A)` |
| `sum` and no norm | `sum(A.^2)` | `norm2(A)^2` |
| `x/2`, no decimals | `x/2` | `0.5*x` |
| no decimals | `y/(2*s)` | `0.5*y/s` |
| `1/n*x` | `2/n*x` | `2*x/n` |
| `x.*x`, no `x.^2` | `x.*x` | `x.^2` |
| no `inv(A^2)` | `inv(A)^2` | `inv(A^2)` |
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce

from matcalc import expr as ex
from matcalc.dimensions import ONE
from matcalc.expr import Expr, postorder
from matcalc.forms import exponent_expr
from matcalc.formulas import rebuilt
from matcalc.sums import exact

AVERAGES = frozenset({"mean", "var", "std"})
NORMS = frozenset({"norm2", "normF", "norm"})


class Wording:
    """What an expression uses where there is a choice."""

    __slots__ = (
        *("calls", "has_decimals", "has_halves", "has_matrix_norm2", "leads_with_quotients"),
        *("inverts_powers", "multiplies_equals", "squares_by_products"),
    )

    def __init__(self, expression: Expr) -> None:
        self.calls: set[str] = set()
        self.has_decimals = self.has_halves = self.has_matrix_norm2 = False
        self.inverts_powers = self.leads_with_quotients = self.squares_by_products = False
        equals, powers = False, False
        for node in postorder(expression):
            if node.op == "call":
                self.calls.add(node.value)
                self.inverts_powers |= node.value == "inv" and node.args[0].op == "pow"
                self.has_matrix_norm2 |= node.value == "norm2" and ONE not in node.args[0].shape
            elif node.op == "number":
                self.has_decimals |= isinstance(node.value, Fraction)
            elif node.op == "div":
                self.has_halves |= node.args[0].op != "number" and node.args[1].op == "number"
            elif node.op == "mul":
                self.leads_with_quotients |= any(a.op == "div" and a.args[0].op == "number" for a in node.args)
                self.squares_by_products |= square_of(node) is not None
            elif node.op == "had":
                factors = _entrywise_factors(node)
                equals |= len(set(factors)) < len(factors)
            elif node.op == "hadpow":
                powers |= node.args[1] == ex.number(2)
        self.multiplies_equals = equals and not powers

    @property
    def prefers_trace(self) -> bool:
        """Whether `tr(A*B)` is written rather than a sum over entries that costs as much."""
        return "sum" not in self.calls

    @property
    def prefers_norm(self) -> bool:
        """Whether `norm2(x)^2` is written rather than `x'*x`."""
        return bool(self.calls & NORMS) and not self.squares_by_products


def worded(expression: Expr, wording: Wording) -> Expr:
    """An equal expression, no longer, in the words of the input.

    >>> from matcalc.parser import parse
    >>> from matcalc.printers.text import text
    >>> text(worded(parse("(y - sum(y)/n)/n", {"y": "vector(n)"}).expr, Wording(parse("mean(x)").expr)))
    '(y - mean(y))/n'
    """
    done: dict[int, Expr] = {}
    for node in postorder(expression):
        args = tuple([done[id(arg)] for arg in node.args])
        same = node if all(a is b for a, b in zip(args, node.args)) else rebuilt(node, args)
        done[id(node)] = _chosen(same, wording)
    return done[id(expression)]


def _chosen(node: Expr, wording: Wording) -> Expr:
    for op, choice in _CHOICES:
        other = choice(node, wording) if node.op == op else None
        if other is not None and other.cost <= node.cost:
            node = other
    return node


def with_fractions(expression: Expr) -> Expr:
    """The same with one number over another in place of every decimal."""
    done: dict[int, Expr] = {}
    for node in postorder(expression):
        args = tuple([done[id(arg)] for arg in node.args])
        if node.op == "number" and isinstance(node.value, Fraction):
            done[id(node)] = ex.div(ex.number(node.value.numerator), ex.number(node.value.denominator))
        else:
            done[id(node)] = node if all(a is b for a, b in zip(args, node.args)) else rebuilt(node, args)
    return done[id(expression)]


def _entrywise_factors(node: Expr) -> list[Expr]:
    """The factors of an entrywise product and of those inside it, as if it were written without brackets."""
    found: list[Expr] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if part.op == "had":
            pending += part.args
        else:
            found.append(part)
    return found


def square_of(node: Expr) -> Expr | None:
    """The column x of a product x'*x, with scalars before it or without."""
    vectors = [arg for arg in node.args if not arg.is_scalar]
    if not node.is_scalar or len(vectors) != 2:
        return None
    left, right = vectors
    return right if right.is_column and left.op == "transpose" and left.args[0] == right else None


def _norm_squared(node: Expr, wording: Wording) -> Expr | None:
    column = square_of(node) if wording.prefers_norm else None
    if column is None:
        return None
    square = ex.power(ex.call("norm2", (column,), (ONE, ONE)), ex.number(2))
    return reduce(ex.mul, [*[arg for arg in node.args if arg.is_scalar], square])


def _power_of_norm(node: Expr, wording: Wording) -> Expr | None:
    """One power of a norm rather than the power of its square."""
    base, exponent = node.args
    is_power = base.op == "pow" and base.args[0].op == "call" and base.args[0].value in NORMS
    if not is_power or exponent.op != "number" or base.args[1].op != "number":
        return None
    return ex.power(base.args[0], exponent_expr(exact(Fraction(base.args[1].value) * exponent.value)))


def _matrix_norm(node: Expr, wording: Wording) -> Expr | None:
    """The norm of all entries of a matrix under the name that is no other norm's."""
    if node.value != "norm2" or ONE in node.args[0].shape or wording.has_matrix_norm2:
        return None
    return ex.call("normF", node.args, node.shape)


def _inverse_power(node: Expr, wording: Wording) -> Expr | None:
    """The power of an inverse rather than the inverse of a power."""
    inner = node.args[0] if node.value == "inv" and not wording.inverts_powers else node
    if inner.op != "pow" or inner.args[1].op != "number" or not isinstance(inner.args[1].value, int):
        return None
    base, exponent = inner.args
    return ex.power(ex.call("inv", (base,), node.shape), exponent)


def _turned_power(node: Expr, wording: Wording) -> Expr | None:
    """The transpose of the power of an inverse rather than the power of the transpose."""
    base, exponent = node.args
    is_turned_inverse = base.op == "transpose" and base.args[0].op == "call" and base.args[0].value == "inv"
    return ex.transpose(ex.power(base.args[0], exponent)) if is_turned_inverse else None


def _sum_of_squares(node: Expr, wording: Wording) -> Expr | None:
    base, exponent = node.args
    if "sum" not in wording.calls or wording.calls & NORMS or exponent != ex.number(2) or base.op != "call":
        return None
    if base.value not in ("norm2", "normF") or ONE in base.args[0].shape:
        return None
    return ex.call("sum", (ex.hadpow(base.args[0], exponent),), (ONE, ONE))


def _equal_factors(node: Expr, wording: Wording) -> Expr | None:
    base, exponent = node.args
    return ex.had(base, base) if wording.multiplies_equals and exponent == ex.number(2) and base.cost == 1 else None


def _halved(node: Expr, wording: Wording) -> Expr | None:
    """A product with a number such as 0.5 in front as a quotient."""
    share = _share(node.args[0])
    if share is None or not wording.has_halves or wording.has_decimals:
        return None
    return ex.div(reduce(ex.mul, node.args[1:]), share)


def _share(node: Expr) -> Expr | None:
    """The number of which this one is the inverse."""
    is_share = node.op == "number" and isinstance(node.value, Fraction) and node.value.numerator == 1
    return ex.number(node.value.denominator) if is_share else None


def _one_divisor(node: Expr, wording: Wording) -> Expr | None:
    """`0.5*y/s` or `(y/2)/s` over one divisor: `y/(2*s)`."""
    top, bottom = node.args
    if wording.has_decimals:
        return None
    if top.op == "div" and top.args[1].op == "number":
        return ex.div(top.args[0], ex.mul(top.args[1], bottom))
    share = _share(top.args[0]) if top.op == "mul" else None
    if share is None or bottom.op == "number":
        return None
    below = reduce(ex.mul, bottom.args, share) if bottom.op == "mul" else ex.mul(share, bottom)
    return ex.div(reduce(ex.mul, top.args[1:]), below)


def _mean(node: Expr, wording: Wording) -> Expr | None:
    """A sum over entries among the factors of a quotient, divided by their number."""
    if not wording.calls & AVERAGES:
        return None
    top, bottom = node.args
    factors = list(top.args) if top.op == "mul" else [top]
    divisors = list(bottom.args) if bottom.op == "mul" else [bottom]
    for place, factor in enumerate(factors):
        turned = factor.op == "transpose"
        sums = factor.args[0] if turned else factor
        if sums.op != "call" or sums.value != "sum":
            continue
        left = _without(divisors, _counted(sums))
        if left is None:
            continue
        mean = ex.call("mean", sums.args, sums.shape)
        factors[place] = ex.transpose(mean) if turned else mean
        whole = reduce(ex.mul, factors)
        return ex.div(whole, reduce(ex.mul, left)) if left else whole
    return None


def _counted(sums: Expr) -> list[Expr]:
    """The sizes along which a sum goes."""
    rows, columns = sums.args[0].shape
    along = (rows, columns) if len(sums.args) == 1 else (rows,) if sums.args[1] == ex.number(1) else (columns,)
    return [ex.size(dimension) for dimension in along if dimension != ONE]


def _without(divisors: list[Expr], sizes: list[Expr]) -> list[Expr] | None:
    """The divisors without these sizes; None where one of them is missing."""
    left = list(divisors)
    for size in sizes:
        place = next((k for k, divisor in enumerate(left) if _is_power_of(divisor, size)), None)
        if place is None:
            return None
        left[place : place + 1] = _one_less(left[place])
    return left if sizes else None


def _is_power_of(divisor: Expr, size: Expr) -> bool:
    is_power = divisor.op == "pow" and divisor.args[1].op == "number" and isinstance(divisor.args[1].value, int)
    return divisor == size or (is_power and divisor.args[0] == size)


def _one_less(divisor: Expr) -> list[Expr]:
    """A power with an exponent that is less by one."""
    if divisor.op != "pow":
        return []
    base, exponent = divisor.args
    return [base if exponent.value == 2 else ex.power(base, ex.number(exponent.value - 1))]


def _leading_quotient(node: Expr, wording: Wording) -> Expr | None:
    top, bottom = node.args
    leads = wording.leads_with_quotients and top.op == "mul" and top.args[0].op == "number" and bottom.op != "number"
    return reduce(ex.mul, top.args[1:], ex.div(top.args[0], bottom)) if leads else None


_CHOICES: tuple[tuple[str, Callable[[Expr, Wording], Expr | None]], ...] = (
    ("mul", _halved),
    ("mul", _norm_squared),
    ("call", _matrix_norm),
    ("call", _inverse_power),
    ("pow", _power_of_norm),
    ("pow", _turned_power),
    ("pow", _sum_of_squares),
    ("hadpow", _equal_factors),
    ("div", _mean),
    ("div", _one_divisor),
    ("div", _leading_quotient),
)
