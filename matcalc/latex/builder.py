r"""Syntax out of the tokens of LaTeX: the nodes of the text language, with places in the LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from matcalc.latex.checks import CheckedBuilder
from matcalc.latex.commands import CASES_MEND, SIGNS
from matcalc.latex.factors import Factor, Head, OpenSum, Row
from matcalc.nodes import AS_POWER, OVER_ALL, Node
from matcalc.spelling import ROWWISE

if TYPE_CHECKING:
    from matcalc.latex.operators import LeadingOperators

NAMED_NORMS = frozenset({"", "1", "2", "F"})
SIZE_COUNTS = {"commutation": 2, "duplication": 1, "unit": 2}


class Braced:
    """A node with the place of the braces around it."""

    __slots__ = ("end", "node", "start")

    def __init__(self, node: Node, start: int, end: int) -> None:
        self.node = node
        self.start = start
        self.end = end


class LatexBuilder(CheckedBuilder):
    """The methods of grammar/latex.lark; what it shares with the text language is inherited."""

    __slots__ = ("weighted",)

    def __init__(self, source: str, operators: LeadingOperators, arguments: list[str]) -> None:
        super().__init__(source, operators, arguments)
        self.weighted: list[Node] = []  # the norms that a matrix defines

    def norm(self, parts: list[Any]) -> Node:
        order, start, end = parts[2][0].partition("_")[2], parts[2][1], parts[2][2]
        if order not in NAMED_NORMS and (order.isdecimal() or (len(order) == 1 and order.isalpha())):
            made = self.number([(order, start, end)]) if order.isdecimal() else self.name([(order, start, end)])
            return self.call([("norm", parts[0][1], 0), None, [parts[1], made], (")", end, end)])
        made = super().norm(parts)
        if made.value == "1":
            self.doubtful.append(made)
        return made

    def inside(self, parts: list[Any]) -> Braced:
        return Braced(parts[1], parts[0][1], parts[2][2])

    def equation(self, left: Node, right: Node) -> NoReturn:
        text, other = self.source[left.start : left.end], self.source[right.start : right.end]
        residual = text if other == "0" else f"{text} - ({other})"
        mend = f"give one side alone; for its squared error write \\|{residual}\\|^2"
        self.refuse("this is an equation", left.start, right.end, mend)

    # ---- products ----

    def head(self, parts: list[Any]) -> Head:
        return Head(*parts[0])

    def powered_head(self, parts: list[Any]) -> Head:
        (name, start, _), _, exponent = parts
        return Head(name, start, exponent.end, exponent.node)

    def open_sum(self, parts: list[Any]) -> OpenSum:
        bounds = [part for part in parts[1:] if isinstance(part, Braced)]
        lower, upper = [*(bound.node for bound in bounds), None, None][:2]
        index, start, end = parts[0]
        return OpenSum(index, start, max([end, *(bound.end for bound in bounds)]), lower, upper)

    def sum_to(self, parts: list[Any]) -> OpenSum:
        """A sum with an end alone begins at 1."""
        index, start, end = parts[0]
        return OpenSum(index, start, parts[2].end, self.node("number", (), 1, end, end), parts[2].node)

    def first_factor(self, parts: list[Any]) -> list[Factor]:
        return [Factor(parts[0])]

    def next_factor(self, parts: list[Any]) -> list[Factor]:
        parts[0].append(Factor(parts[1]))
        return parts[0]  # type: ignore[no-any-return]

    def signed_factor(self, parts: list[Any]) -> list[Factor]:
        factors, sign, factor = parts
        factors.append(Factor(factor, SIGNS[sign[0]]))
        return factors  # type: ignore[no-any-return]

    def negated_factor(self, parts: list[Any]) -> list[Factor]:
        factors, sign, minus, factor = parts
        if not isinstance(factor, Node):
            self.refuse("brackets are missing here", minus[1], minus[2], "write (-...) with brackets")
        factors.append(Factor(self.node("neg", (factor,), None, minus[1], factor.end), SIGNS[sign[0]]))
        return factors  # type: ignore[no-any-return]

    def product(self, parts: list[Any]) -> Node:
        return Row(self, parts[0]).product()

    # ---- functions ----

    def call(self, parts: list[Any]) -> Node:
        (name, start, end), opened, args, closed = parts
        plain = name.removesuffix(OVER_ALL).removesuffix(AS_POWER)
        made = super().call([(plain, start, end), opened, args, closed])
        if (name in ROWWISE and len(args) == 1) or name.endswith(AS_POWER):
            self.doubtful.append(made)
        return made

    def applied_function(self, name: str, args: list[Node], start: int, end: int, exponent: Node | None) -> Node:
        """A call, raised to the power that stands behind the name of the function."""
        call = self.call([(name, start, end), None, args, (")", end, end)])
        return call if exponent is None else self.node("hadpower", (call, exponent), ".^", start, end)

    def powered_call(self, parts: list[Any]) -> Node:
        (name, start, _), _, exponent, _, args, (_, _, end) = parts
        return self.applied_function(name, args, start, end, exponent.node)

    def positive_part(self, parts: list[Any]) -> Node:
        return self.call([("relu", parts[0].start, 0), None, [parts[0]], parts[1]])

    def root(self, parts: list[Any]) -> Node:
        return self.call([("sqrt", parts[0][1], 0), None, [parts[1].node], (")", 0, parts[1].end)])

    def nth_root(self, parts: list[Any]) -> Node:
        (_, start, _), degree, radicand = parts
        one = self.node("number", (), 1, degree.start, degree.end)
        exponent = self.node("div", (one, degree.node), "/", degree.start, degree.end)
        return self.node("power", (radicand.node, exponent), "^", start, radicand.end)

    # ---- operands ----

    def fraction(self, parts: list[Any]) -> Node:
        (_, start, _), above, below = parts
        return self.node("div", (above.node, below.node), "/", start, below.end)

    def old_fraction(self, parts: list[Any]) -> Node:
        opened, above, _, below, closed = parts
        return self.node("div", (above, below), "/", opened[1], closed[2])

    def inner(self, parts: list[Any]) -> Node:
        if not parts[4][0].endswith("_F"):
            return super().inner(parts)
        start, end = parts[0][1], parts[4][2]
        product = self.node("had", (parts[1], parts[3]), ".*", start, end)
        return self.node("call", (product,), "sum", start, end)

    def weighted_norm(self, parts: list[Any]) -> Node:
        """The norm that a matrix defines: the root of a quadratic form."""
        (_, start, _), vector, _, matrix = parts
        transposed = self.node("transpose", (vector,), None, vector.start, vector.end)
        first = self.node("mul", (transposed, matrix.node), "*", start, matrix.end)
        form = self.node("mul", (first, vector), "*", start, matrix.end)
        text = f"{self.source[start : matrix.end]}^2"
        self.note(f"{text} is read as the quadratic form of {self.source[matrix.start : matrix.end].strip('{}')}")
        made = self.node("call", (form,), "sqrt", start, matrix.end)
        self.weighted.append(made)
        return made

    def matrix(self, parts: list[Any]) -> Node:
        (name, start, _), rows, (_, _, end) = parts
        if len({len(row) for row in rows}) > 1:
            self.refuse("the rows of this matrix have different lengths", start, end)
        args = tuple(entry for row in rows for entry in row)
        stack = self.node("stack", args, (len(rows), len(rows[0])), start, end)
        return stack if name != "vmatrix" else self.node("abs", (stack,), None, start, end)

    def cases(self, parts: list[Any]) -> Node:
        """A formula where conditions hold, and 0 elsewhere."""
        (_, start, _), value, _, conditions, _, other, *_, (_, _, end) = parts
        if other.op != "number" or other.value != 0:
            self.refuse("the last of the cases is 0 in all that is read", other.start, other.end, CASES_MEND)
        return self.node("cases", (value, *conditions), None, start, end)

    def positive_difference(self, parts: list[Any]) -> Node:
        """`a > b` by what is positive then: a - b."""
        larger, _, smaller = parts
        if smaller.op == "number" and smaller.value == 0:
            return larger  # type: ignore[no-any-return]
        return self.node("sum", [larger, smaller], [False, True], parts[0].start, parts[2].end)

    def negative_difference(self, parts: list[Any]) -> Node:
        smaller, _, larger = parts
        if larger.op == "number" and larger.value == 0:
            return self.node("neg", (smaller,), None, smaller.start, larger.end)
        return self.node("sum", [larger, smaller], [False, True], smaller.start, larger.end)

    def filled(self, parts: list[Any]) -> Node:
        kind, start, end = parts[0]
        return self.node("filled", (), kind, start, end)

    def sized(self, parts: list[Any]) -> Node:
        (kind, start, _), sizes, closed = parts[0], parts[3:-1:2], parts[-1]
        if kind == "eye" and len(sizes) == 2:
            if self.source[sizes[0].start : sizes[0].end] != self.source[sizes[1].start : sizes[1].end]:
                self.refuse("an identity has as many rows as columns", start, closed[2])
            sizes = sizes[:1]
        if len(sizes) != SIZE_COUNTS.get(kind, len(sizes)):
            self.refuse(f"this takes {SIZE_COUNTS[kind]} sizes below it", start, closed[2])
        return self.call([(kind, start, 0), None, sizes, closed])

    # ---- scripts ----

    def power(self, parts: list[Any]) -> Node:
        base, sign, exponent = parts
        is_square = sign[0] == "^" and exponent.node.op == "number" and exponent.node.value == 2
        if is_square and base in self.weighted:
            self.nodes[base.index] = None
            return base.args[0]  # type: ignore[no-any-return]
        made = super().power([base, sign, exponent.node])
        made.end = exponent.end
        return made

    hadpower = power

    def inverse_transpose(self, parts: list[Any]) -> Node:
        base, (_, start, end) = parts
        inverse = self.node("power", (base, self.minus_one(start, end)), "^", base.start, end)
        return self.node("transpose", (inverse,), None, base.start, end)

    def pseudoinverse(self, parts: list[Any]) -> Node:
        made = self.call([("pinv", parts[0].start, 0), None, [parts[0]], parts[1]])
        self.doubtful.append(made)
        return made

    def entry(self, parts: list[Any]) -> Node:
        base, (text, start, end) = parts
        indices: list[int | str | None] = []
        for index in text.split(","):
            if index == ":":
                indices.append(None)
            elif index.isdecimal():
                indices.append(self.index_number([(index, start, end)]))
            elif index.isidentifier():
                indices.append(index)
            else:
                self.refuse(f"{index} is no index", start, end, "an index is a number, a name or :")
        if indices == [None] or len(indices) > 2:
            self.refuse("these indices are not read", start, end, "write one index or two")
        return self.node("entry", (base,), tuple(indices), base.start, end)
