"""Forms: an expression together with its transpose, and the products made of them.

Transposes are decided at the end: an operand is carried in both orientations, each in its cheapest
shape and made only when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from matcalc import expr as ex
from matcalc.dimensions import ONE, Dimension
from matcalc.expr import Expr, Rational, magnitude
from matcalc.reading import last_word, reading_key

Make = Callable[[], Expr]

# Transposes inside operands are counted in expressions of at most this cost.
LONGEST_COMPARED = 40


class Form:
    """An expression and its transpose."""

    __slots__ = ("_straight", "_turned")

    def __init__(self, straight: Expr | Make, turned: Expr | Make) -> None:
        self._straight = straight
        self._turned = turned

    @property
    def straight(self) -> Expr:
        if not isinstance(self._straight, Expr):
            self._straight = self._straight()
        return self._straight

    @property
    def turned(self) -> Expr:
        if not isinstance(self._turned, Expr):
            self._turned = self._turned()
        return self._turned

    def flipped(self) -> Form:
        """The form of the transpose."""
        if isinstance(self._straight, Expr) and isinstance(self._turned, Expr):
            return Form(self._turned, self._straight)
        return Form(lambda: self.turned, lambda: self.straight)

    def negated(self) -> Form:
        """Minus the form."""
        return Form(ex.neg(self.straight), lambda: ex.neg(self.turned))


Chain = tuple[Form, ...]  # a matrix product, left to right
Part = tuple[Chain, Rational]  # one factor of an entrywise product, with its power


def same(expression: Expr) -> Form:
    """A scalar or a symmetric matrix."""
    return Form(expression, expression)


def both(expression: Expr) -> Form:
    """An expression whose transpose is written with '."""
    return Form(expression, lambda: ex.transpose(expression))


def cost_of(expression: Expr) -> int:
    return expression.cost


def flipped(chain: Chain) -> Chain:
    """The transpose of a chain."""
    return tuple([form.flipped() for form in reversed(chain)])


def chain_form(chain: Chain) -> Form:
    """A chain multiplied out, and its transpose."""
    if len(chain) == 1:
        return chain[0]
    return Form(lambda: multiplied(chain), lambda: multiplied(flipped(chain)))


def chain_cost(chain: Chain) -> int:
    """The cost of a chain in the orientation it has."""
    return chain_form(chain).straight.cost


def multiplied(chain: Chain) -> Expr:
    """The product; a repeated square factor becomes a power."""
    links: list[Expr] = []
    counts: list[int] = []
    for form in chain:
        straight = form.straight
        for part in straight.args if straight.op == "mul" and not straight.args[0].is_scalar else (straight,):
            if links and part.shape[0] == part.shape[1] != ONE and are_equal(links[-1], part):
                counts[-1] += 1
            else:
                links.append(part)
                counts.append(1)
    total: Expr | None = None
    for link, count in zip(links, counts):
        factor = link if count == 1 else ex.power(link, ex.number(count))
        total = factor if total is None else ex.mul(total, factor)
    assert total is not None
    return total


def are_equal(a: Expr, b: Expr) -> bool:
    """Whether two expressions are equal; their cost tells most apart without a closer look."""
    return a is b or (a.cost == b.cost and a == b)


def is_plain(parts: list[Part]) -> bool:
    """Whether an entrywise product is one factor to the power 1."""
    return len(parts) == 1 and parts[0][1] == 1


def as_chain(parts: list[Part]) -> Chain:
    """An entrywise product as a chain."""
    return parts[0][0] if is_plain(parts) else (entry_powers(parts),)


def entry_powers(parts: list[Part]) -> Form:
    """The entrywise product of powers."""
    return Form(
        lambda: _entrywise([(chain_form(c).straight, e) for c, e in parts]),
        lambda: _entrywise([(chain_form(c).turned, e) for c, e in parts]),
    )


def triangle(name: str, axes: tuple[Dimension, ...]) -> Expr:
    """The triangle of ones: `tril(ones(m,n))`."""
    shape = (axes[0], axes[1])
    return ex.call(name, (ex.call("ones", (ex.size(shape[0]), ex.size(shape[1])), shape),), shape)


def _is_triangle(expression: Expr) -> bool:
    """Whether an expression is a triangle of ones, which is no factor but picks entries."""
    if expression.op != "call" or expression.value not in ("tril", "triu"):
        return False
    inner = expression.args[0]
    return inner.op == "call" and inner.value == "ones"


def _entrywise(parts: list[tuple[Expr, Rational]]) -> Expr:
    triangles = [base for base, exponent in parts if exponent == 1 and _is_triangle(base)]
    rest = [(base, exponent) for base, exponent in parts if exponent != 1 or not _is_triangle(base)]
    whole = _entry_product(rest) if rest else triangles.pop()
    for mask in triangles:
        whole = ex.call(mask.value, (whole,), mask.shape)
    return whole


def _entry_product(parts: list[tuple[Expr, Rational]]) -> Expr:
    above = [_entry_power(b, e) for b, e in parts if e > 0]
    below = [_entry_power(b, -e) for b, e in parts if e < 0]
    if not above and len(below) == 1:
        base, exponent = parts[0]
        if exponent not in (-1, Fraction(-1, 2)):
            return ex.hadpow(base, exponent_expr(exponent))
    top = _hadamard(above) if above else ex.number(1)
    return ex.haddiv(top, _hadamard(below)) if below else top


def _entry_power(base: Expr, exponent: Rational) -> Expr:
    if exponent == 1:
        return base
    if exponent == Fraction(1, 2):
        return ex.call("sqrt", (base,), base.shape)
    return ex.hadpow(base, exponent_expr(exponent))


def exponent_expr(exponent: Rational) -> Expr:
    """An exponent as it is written: a decimal, or one number over another."""
    if isinstance(exponent, int) or ex.prints_as_decimal(exponent):
        return ex.number(exponent)
    return ex.div(ex.number(exponent.numerator), ex.number(exponent.denominator))


def _hadamard(factors: list[Expr]) -> Expr:
    """The entrywise product, cheap factors first; equal ones become a power."""
    if len(factors) == 1:
        return factors[0]
    counts: dict[Expr, int] = {}
    for factor in factors:
        counts[factor] = counts.get(factor, 0) + 1
    merged = [factor if count == 1 else ex.hadpow(factor, ex.number(count)) for factor, count in counts.items()]
    merged.sort(key=lambda f: (f.cost, reading_key(f)))
    total = merged[0]
    for factor in merged[1:]:
        total = ex.had(total, factor)
    return total


def diag_form(vector: Form) -> Form:
    """The diagonal matrix of a column; that of the diagonal of a diagonal matrix is the matrix."""
    column = vector.straight
    if column.op == "call" and column.value == "diag":
        inner = column.args[0]
        if inner.op == "symbol" and "diagonal" in inner.value.kind.facts:
            return same(inner)
    if column.op == "transpose":  # diag takes a row as well
        column = column.args[0]
    size = vector.straight.shape[0]
    return same(ex.call("diag", (column,), (size, size)))


def total_of(matrix: Expr) -> Expr:
    """The sum of all entries; of squares, the squared norm."""
    if matrix.op == "hadpow" and matrix.args[1] == ex.number(2):
        return norm_squared(matrix.args[0])
    return ex.call("sum", (matrix,), (ONE, ONE))


def row_sums(matrix: Form) -> Form:
    """The column of row sums, and the same as a row."""

    def column() -> Expr:
        return ex.call("sum", (matrix.straight, ex.number(2)), (matrix.straight.shape[0], ONE))

    def row() -> Expr:
        return ex.call("sum", (matrix.turned, ex.number(1)), (ONE, matrix.straight.shape[0]))

    return Form(
        lambda: min(column(), ex.transpose(row()), key=_cost_and_turned_operand),
        lambda: min(row(), ex.transpose(column()), key=_cost_and_turned_operand),
    )


def _cost_and_turned_operand(sums: Expr) -> tuple[int, bool]:
    """Cost, then whether the operand of the sum is a transpose: `sum(X, 1)'` rather than `sum(X', 2)`."""
    called = sums.args[0] if sums.op == "transpose" else sums
    return sums.cost, called.args[0].op == "transpose"


def norm_squared(operand: Expr) -> Expr:
    """The sum of the squared entries."""
    return ex.power(ex.call("norm2", (operand,), (ONE, ONE)), ex.number(2))


def summed(chain: Chain) -> Expr:
    """The sum over all entries of a matrix."""
    form = chain_form(chain)
    return total_of(_best_written([form.straight, form.turned], lambda e: (e.cost,)))


def contracted(parts: list[Part], variable: str | None = None) -> Expr:
    """The sum over one vertex of the product of its labels: `x'*w` ends in the variable, `w'*x_i` in the member."""
    if is_plain(parts):
        return _summed_column(chain_form(parts[0][0]))
    if len(parts) == 1 and parts[0][1] == 2:
        chain = parts[0][0]
        norm = norm_squared(chain_form(chain).straight)
        return min(multiplied(flipped(chain) + chain), norm, key=cost_of)
    candidates = [total_of(entry_powers(parts).straight)]
    for k, (chain, exponent) in enumerate(parts):
        if exponent == 1:
            other = as_chain([p for j, p in enumerate(parts) if j != k])
            for one, two in ((chain, other), (other, chain)):
                candidates.append(multiplied(flipped(one) + two))
                if len(one) > 1 and len(two) > 1:  # (A*x)'*B*y
                    whole = multiplied(one)
                    candidates.append(multiplied((Form(ex.transpose(whole), whole), *two)))
    return _best_written(candidates, lambda e: (e.cost, e.op != "mul", *_ends(e, variable)))


def _ends(product: Expr, variable: str | None) -> tuple[bool, bool]:
    """What an inner product should not start with: a member of a family, the variable."""
    first = product.args[0] if product.op == "mul" else product
    member = first
    while member.args:
        member = member.args[0]
    return bool(member.free), any(symbol.name == variable for symbol in ex.symbols(first))


def _best_written(candidates: Sequence[Expr], key: Callable[[Expr], tuple[int, ...]]) -> Expr:
    """The best by this key, then the first of those with fewest transposes inside their operands.

    Names decide only between products of the same operands, which others may share, so that the cost of the whole
    does not depend on names.
    """
    least = min([key(candidate) for candidate in candidates])
    best = [candidate for candidate in candidates if key(candidate) == least]
    if len(best) == 1:
        return best[0]
    inside = [_inner_transposes(candidate) for candidate in best]
    first = best[inside.index(min(inside))]
    if min(inside):
        return first
    shared = frozenset(_operands(first))
    return min([candidate for candidate in best if frozenset(_operands(candidate)) == shared], key=reading_key)


def _operands(expression: Expr) -> list[Expr]:
    """The factors of a product, or the expression itself, without a transpose around them."""
    factors = expression.args if expression.op == "mul" else (expression,)
    return [factor.args[0] if factor.op == "transpose" else factor for factor in factors]


def _inner_transposes(expression: Expr) -> int:
    """How many transposes stand inside the operands of a product; one where the text is too long to count."""
    if expression.cost > LONGEST_COMPARED:
        return 1
    parts = [part for operand in _operands(expression) for part in ex.postorder(operand)]
    return sum([part.op == "transpose" for part in parts])


def _summed_column(form: Form) -> Expr:
    column = form.straight
    if column.op == "call" and column.value == "sum":
        return total_of(column.args[0])
    return total_of(min(column, form.turned, key=cost_of))


def trace(chain: Chain, variable: str | None = None) -> Expr:
    """The trace, written with the rotation or transpose that costs least; it ends in the variable: `tr(A*X)`."""
    candidates = []
    for k in range(len(chain)):
        turn = chain[k:] + chain[:k]
        candidates += [multiplied(turn), multiplied(flipped(turn))]
    best = _best_written(candidates, lambda e: (e.cost, last_word(e) != variable, _starts_with_sum(e)))
    return ex.call("tr", (best,), (ONE, ONE))


def _starts_with_sum(product: Expr) -> bool:
    return product.op == "mul" and product.args[0].op == "add"


def assembled(coefficient: Rational, scalars: list[tuple[Expr, Rational]], chain: Chain | None) -> tuple[bool, Form]:
    """Sign and form of number * scalars * chain / scalars."""
    if chain is not None and not scalars and magnitude(coefficient) == 1:
        return coefficient < 0, chain_form(chain)
    value = magnitude(coefficient)
    top, bottom = value, 1
    if not isinstance(value, int) and not ex.prints_as_decimal(value):
        top, bottom = value.numerator, value.denominator
    above = sorted([scalar_power(b, e) for b, e in scalars if e > 0], key=_scalar_key)
    below = sorted([scalar_power(b, -e) for b, e in scalars if e < 0], key=_scalar_key)
    if bottom != 1:
        below.insert(0, ex.number(bottom))
    if top != 1 or not (above or chain):
        above.insert(0, ex.number(top))
    if chain is None:
        return coefficient < 0, same(_scalar_quotient(above, below))
    whole = chain
    return coefficient < 0, Form(
        lambda: _quotient(above, chain_form(whole).straight, below),
        lambda: _quotient(above, chain_form(whole).turned, below),
    )


def _scalar_quotient(above: list[Expr], below: list[Expr]) -> Expr:
    if len(above) > 1 and above[-1].op == "index_sum":
        return _quotient(above[:-1], above[-1], below)
    return _over(_scalar_product(above), below)


def _quotient(above: list[Expr], matrix: Expr, below: list[Expr]) -> Expr:
    """Scalars times a matrix, over scalars; before a sum over an index all scalars come first: `2/N*sum_i(x_i)`."""
    if above and below and matrix.op == "index_sum":
        return _times([_over(_scalar_product(above), below)], matrix)
    return _over(_times(above, matrix), below)


def scalar_power(base: Expr, exponent: Rational) -> Expr:
    """A scalar to a positive power, a half as a square root."""
    if exponent == 1:
        return base
    if exponent == Fraction(1, 2):
        return ex.call("sqrt", (base,), (ONE, ONE))
    return ex.power(base, exponent_expr(exponent))


# in front of a matrix: numbers, names and their powers, sums, functions, products of matrices
_RANKS = {"number": 0, "size": 1, "symbol": 1, "add": 2, "call": 3, "mul": 4}


def _scalar_key(expression: Expr) -> tuple[object, ...]:
    base = expression.args[0] if expression.op == "pow" else expression
    return (_RANKS.get(base.op, 4), reading_key(expression))


def _product(factors: list[Expr]) -> Expr:
    total = factors[0]
    for factor in factors[1:]:
        total = ex.mul(total, factor)
    return total


def _scalar_product(above: list[Expr]) -> Expr:
    """Scalars multiplied; the last group needs no brackets: `2*x'*y`."""
    if len(above) > 1 and above[-1].op == "mul":
        return _product([*above[:-1], *above[-1].args])
    return _product(above)


def _times(above: list[Expr], matrix: Expr) -> Expr:
    if not above:
        return matrix
    if matrix.op == "haddiv" and matrix.args[0].is_scalar:  # 0.5./x, not 0.5*(1./x)
        return ex.haddiv(_scalar_product(above), matrix.args[1])
    return _product([*above, *(matrix.args if matrix.op == "mul" else (matrix,))])


def _over(top: Expr, below: list[Expr]) -> Expr:
    return ex.div(top, _product(below)) if below else top
