r"""A row of factors as one product: how far `\log` and `\sum` reach, and which factors belong together.

Written next to each other, factors bind tighter than across a sign, so that `y \odot X w` is y .* (X*w). A sum takes
all that follows in its product. A function without a bracket takes the names and numbers that follow, up to the next
function; where a bracket comes in between, it could mean either, and is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.nodes import DOT

if TYPE_CHECKING:
    from matcalc.latex.builder import LatexBuilder
    from matcalc.nodes import Node

SIMPLE = frozenset({"name", "number", "filled"})
SCRIPTED = frozenset({"transpose", "power", "hadpower", "entry"})


class Head:
    """A function without a bracket, waiting for its argument."""

    __slots__ = ("end", "exponent", "name", "start")

    def __init__(self, name: str, start: int, end: int, exponent: Node | None = None) -> None:
        self.name = name
        self.start = start
        self.end = end
        self.exponent = exponent


class OpenSum:
    """A sum over an index, waiting for its body."""

    __slots__ = ("end", "index", "lower", "start", "upper")

    def __init__(self, index: str, start: int, end: int, lower: Node | None, upper: Node | None) -> None:
        self.index = index
        self.start = start
        self.end = end
        self.lower = lower
        self.upper = upper


class Factor:
    """A member of the row, with the sign before it (None where it only stands next to the one before).

    `applied` says that it came of a function without a bracket, or of a sum.
    """

    __slots__ = ("applied", "item", "sign")

    def __init__(self, item: Node | Head | OpenSum, sign: str | None = None, applied: bool = False) -> None:
        self.item = item
        self.sign = sign
        self.applied = applied


Group = tuple["str | None", list[Factor]]  # neighbours, with the sign before them


class Row:
    """Puts the factors of one product together."""

    def __init__(self, builder: LatexBuilder, factors: list[Factor]) -> None:
        self.builder = builder
        self.factors = factors

    def product(self) -> Node:
        """The node of the whole row: its last sum first, then those before it."""
        factors = self.factors
        while True:
            at = next((n for n in range(len(factors) - 1, -1, -1) if isinstance(factors[n].item, OpenSum)), None)
            if at is None:
                return self._without_sums(factors)
            opened = factors[at]
            if len(factors) == at + 1:
                self._missing("a formula was expected after the sum", opened.item)
            if factors[at + 1].sign is not None:
                self._missing("a sign cannot follow the sum", opened.item)
            body = self._without_sums(factors[at + 1 :])
            factors = [*factors[:at], Factor(self._summed(opened.item, body), opened.sign, True)]

    def _summed(self, opened: Node | Head | OpenSum, body: Node) -> Node:
        assert isinstance(opened, OpenSum)
        value = (opened.index, opened.lower, opened.upper)
        return self.builder.node("index_sum", (body,), value, opened.start, body.end)

    # ---- functions without brackets ----

    def _without_sums(self, factors: list[Factor]) -> Node:
        """The product once every function has its argument, the last function first."""
        kept: list[Factor] = []  # from the right
        for factor in reversed(factors):
            if isinstance(factor.item, Head):
                self._apply(factor, kept)
            else:
                kept.append(factor)
        return self._multiplied(kept[::-1])

    def _apply(self, factor: Factor, following: list[Factor]) -> None:
        """Take the argument of a function off what follows it, and put the call in its place."""
        head = factor.item
        assert isinstance(head, Head)
        if not following or following[-1].sign is not None:
            self._missing(f"{self._text(head)} needs an argument", head)
        taken = [following.pop()]
        while following and following[-1].sign is None and self._reaches(head, taken, following[-1]):
            taken.append(following.pop())
        argument = self._multiplied(taken)
        if len(taken) > 1 and _node(taken[0]).op != "number":
            text = self.builder.source[head.start : argument.end]
            self.builder.note(f"{text} is read as {head.name} of {self._text(argument)}")
        call = self.builder.applied_function(head.name, [argument], head.start, argument.end, head.exponent)
        following.append(Factor(call, factor.sign, True))

    def _reaches(self, head: Head, taken: list[Factor], following: Factor) -> bool:
        """Whether the next factor belongs to the argument too. Refuses what can be read in two ways."""
        last = taken[-1]
        if _node(last).op in ("transpose", "inverse_transpose"):
            return True
        is_braced = self.builder.source[_node(last).start] == "{" and len(taken) == 1
        if is_braced or following.applied or self._is_call(_node(following)):
            return False
        if not all(self._is_simple(_node(factor)) for factor in (*taken, following)):
            name = self._text(head)
            mend = f"write brackets around the argument: {name}(...)"
            self.builder.refuse(f"how far does {name} reach?", head.start, _node(following).end, mend)
        return True

    def _is_simple(self, node: Node) -> bool:
        """Whether this is a name or number, with scripts or without."""
        while node.op in SCRIPTED and not node.bracketed:
            node = node.args[0]
        return node.op in SIMPLE and self.builder.source[node.start] not in "([{"

    @staticmethod
    def _is_call(node: Node) -> bool:
        while node.op in SCRIPTED:
            node = node.args[0]
        return node.op in ("call", "index_sum")

    # ---- products ----

    def _multiplied(self, factors: list[Factor]) -> Node:
        """Groups of neighbours first, then across the signs from left to right."""
        signs = {factor.sign for factor in factors[1:] if factor.sign is not None}
        groups: list[Group] = []
        divided = False  # whether a stroke stands before, on whose left all is multiplied from there on
        for factor in factors:
            if factor.sign is not None or not groups:
                groups.append((factor.sign, [factor]))
                divided = factor.sign == "OVER"
                continue
            if groups[-1][0] == "OVER":
                self._check_quotient(groups, factor)
            if divided:
                groups.append(("TIMES", [factor]))
            else:
                groups[-1][1].append(factor)
        self._check_signs(signs, groups)
        product = self._neighbours(groups[0][1])
        for sign, group in groups[1:]:
            assert sign is not None
            product = self._joined(sign, product, self._neighbours(group))
        return product

    def _neighbours(self, factors: list[Factor]) -> Node:
        product = _node(factors[0])
        for factor in factors[1:]:
            product = self._joined("TIMES", product, _node(factor))
        return product

    def _joined(self, sign: str, left: Node, right: Node) -> Node:
        start, end = left.start, right.end
        if sign == "KRON":
            return self.builder.node("call", (left, right), "kron", start, end)
        op, value = OPERATIONS[sign]
        return self.builder.node(op, (left, right), value, start, end)

    def _check_quotient(self, groups: list[Group], following: Factor) -> None:
        """`1/2 x` and `1/N \\sum` are a fraction and a factor; `a/bc` could be either, and is refused."""
        numerator, denominator = groups[-2][1], groups[-1][1]
        clear = (
            len(numerator) == len(denominator) == 1
            and _node(numerator[0]).op == "number"
            and (_node(denominator[0]).op == "number" or (not self._is_simple(_node(following))))
            and (self._is_simple(_node(denominator[0])))
        )
        first, end = _node(numerator[0]).start, _node(following).end
        text = self.builder.source[first:end]
        if not clear or _node(denominator[0]).op == "transpose":
            self.builder.refuse("what does the stroke divide by?", first, end, "write \\frac{...}{...}, or brackets")
        fraction = self.builder.source[first : _node(denominator[-1]).end]
        self.builder.note(f"{' '.join(text.split())} is read as ({fraction}) times {text[len(fraction) :].strip()}")

    def _check_signs(self, signs: set[str], groups: list[Group]) -> None:
        r"""Refuse `A \odot B \cdot C` and `A \otimes B x`, which need brackets."""
        start, end = _node(groups[0][1][0]).start, _node(groups[-1][1][-1]).end
        entrywise, whole = signs & {"HAD", "HADDIV"}, signs & {"TIMES", "DOT"}
        starts_with_number = _node(groups[0][1][0]).op == "number" and len(groups[0][1]) == 1
        mixed = entrywise and whole and not (starts_with_number and len(groups) == 3)
        if "KRON" in signs:
            mixed = len(signs) > 1 or any(len(group) > 1 for _, group in groups)
        if mixed:
            self.builder.refuse("this product can be read in two ways", start, end, "write brackets")

    # ---- messages ----

    def _text(self, item: Node | Head) -> str:
        return " ".join(self.builder.source[item.start : item.end].split())

    def _missing(self, message: str, item: Node | Head | OpenSum) -> NoReturn:
        self.builder.refuse(message, item.start, item.end, "write it in brackets behind")


OPERATIONS = {
    "TIMES": ("mul", "*"),
    "DOT": ("mul", DOT),
    "OVER": ("div", "/"),
    "HAD": ("had", ".*"),
    "HADDIV": ("haddiv", "./"),
    "UNDER": ("solve", "\\"),
}


def _node(factor: Factor) -> Node:
    node = factor.item
    assert not isinstance(node, Head | OpenSum)
    return node
