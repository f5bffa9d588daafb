"""Untyped syntax with places in the text, put together while the tables are followed.

Every alternative of grammar/expr.lark has a method by its name, here or in what this builds upon. Nodes
are listed as they are made, operands before the nodes that use them, so that later passes loop and
nothing recurses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from matcalc.nodes import Node, Statement
from matcalc.operand_syntax import OperandBuilder
from matcalc.spelling import SUPERSCRIPTS, plain_name

if TYPE_CHECKING:
    from collections.abc import Collection


class SyntaxBuilder(OperandBuilder):
    """Makes nodes of the source it is given; see the grammar for what each method answers to."""

    __slots__ = ()

    def asked(self, symbols: Collection[str]) -> tuple[str | None, str]:
        """The variable that the text names to differentiate by, and its operator; this language has none."""
        return None, ""

    # ---- statements ----

    def nothing(self, parts: list[Any]) -> None:
        return None

    first_item = next_item = nothing

    def expression(self, parts: list[Any]) -> None:
        node = parts[0]
        self.statements.append(Statement("expression", "", node, None, node.start, node.end))

    def definition(self, parts: list[Any]) -> None:
        left, _, right = parts
        if left.op != "name" or self.source[left.start] == "(":
            self.equation(left, right)
        self.nodes[left.index] = None
        self.statements.append(Statement("definition", left.value, right, None, left.start, right.end))

    def let_in(self, parts: list[Any]) -> None:
        """`let z = a in b`: b was read before the definition is known, but stands after it."""
        left, right = parts[1], parts[3]
        if left.op != "name":
            self.refuse("let needs a name to define", left.start, left.end)
        self.nodes[left.index] = None
        made = Statement("definition", left.value, right, None, left.start, right.end)
        later = [s for s in self.statements if s.start > right.end]
        self.statements[len(self.statements) - len(later) :] = [made, *later]

    def equation(self, left: Node, right: Node) -> NoReturn:
        text, other = self.source[left.start : left.end], self.source[right.start : right.end]
        residual = text if other == "0" else f"{text} - {other}" if _is_factor(right) else f"{text} - ({other})"
        mend = f"to minimise its squared error use norm2({residual})^2; to solve it use matcalc solve"
        self.refuse("this is an equation", left.start, right.end, mend)

    def declaration(self, parts: list[Any]) -> None:
        (name, start, _), _, kind = parts
        made = Statement("declaration", plain_name(name), None, self.finished(kind), start, start + len(name))
        self.statements.append(made)

    def family(self, parts: list[Any]) -> None:
        """`x_i: vector(n), i=1..N`"""
        (name, start, _), _, kind, _, (index, _, _), _, lower, _, upper = parts
        bounds = (plain_name(index), lower, upper)
        made = Statement("family", plain_name(name), None, self.finished(kind), start, start + len(name), bounds)
        self.statements.append(made)

    # ---- operators ----

    def infix(self, op: str, parts: list[Any]) -> Node:
        left, sign, right = parts
        return self.node(op, (left, right), sign[0], left.start, right.end)

    def plus(self, parts: list[Any]) -> Node:
        return self.term(parts, False)

    def minus(self, parts: list[Any]) -> Node:
        return self.term(parts, True)

    def term(self, parts: list[Any], subtracted: bool) -> Node:
        """One more term; a sum without brackets grows, so that a long one stays flat."""
        left, _, right = parts
        if left.op != "sum" or left.bracketed:
            return self.node("sum", [left, right], [False, subtracted], left.start, right.end)
        left.args.append(right)
        left.value.append(subtracted)
        left.end = right.end
        return self.again(left)

    def times(self, parts: list[Any]) -> Node:
        return self.infix("mul", parts)

    def matmul(self, parts: list[Any]) -> Node:
        self.numpy_style = True
        return self.infix("mul", parts)

    def over(self, parts: list[Any]) -> Node:
        return self.infix("div", parts)

    def under(self, parts: list[Any]) -> Node:
        return self.infix("solve", parts)

    def had(self, parts: list[Any]) -> Node:
        return self.infix("had", parts)

    def haddiv(self, parts: list[Any]) -> Node:
        return self.infix("haddiv", parts)

    def beside(self, parts: list[Any]) -> Node:
        """A product without a sign: after a transposition, after a number, between names parted by blanks."""
        left, right = parts
        last = left
        while last.args and last.args[-1].end == last.end:
            last = last.args[-1]
        if right.op in ("abs", "norm") and last.op == "name":
            return self.applied(left, last, right)
        if not self.may_stand_beside(last, left, right):
            text = f"{self.source[left.start : left.end]}*{self.source[right.start : right.end]}"
            mend = f"for a product write {text}" if len(text) < 60 else "for a product write *"
            self.refuse("an operator is missing here", left.end, right.start + 1, mend)
        self.note_product(last, left, right)
        return self.node("mul", (left, right), " ", left.start, right.end)

    def may_stand_beside(self, last: Node, left: Node, right: Node) -> bool:
        """Whether two operands make a product without a sign; `last` is where the left one ends."""
        if last.op in ("transpose", "number"):
            return True
        before, after = self.source[left.end - 1], self.source[right.start]
        if last.op == "power" and before == "T":
            return True
        parted = right.start > left.end or before.isalnum()  # a blank, or nothing between letters as in Xθ
        return parted and last.op in ("name", "power") and after != "("

    def note_product(self, last: Node, left: Node, right: Node) -> None:
        """Say of a product without a sign that it is one, where another reading comes to mind."""
        text, reading = self.source[last.start : right.end], ""
        divided = left.op in ("div", "haddiv") and not left.bracketed
        if divided and (left.end == right.start or left.args[1].op != "number"):
            text = self.source[left.start : right.end]
            reading = f"({self.source[left.start : left.end]})*{self.source[right.start : right.end]}"
        elif last.op == "name":
            reading = "a product"
        note = f"{text} is read as {reading}"
        if reading and note not in self.notes:
            self.notes.append(note)

    def applied(self, left: Node, last: Node, right: Node) -> Node:
        """A name before bars: a function in `log|S|` and `2*log|S|`, a factor in `c||x||`."""
        last.op = "head"
        made = self.node("applied", (last, right), None, last.start, right.end)
        if left is last:
            return made
        if left.op != "mul" or left.args[1] is not last:
            text = self.source[made.start : made.end]
            self.refuse("brackets are missing here", made.start, made.end, f"write ({text})")
        left.args = (left.args[0], made)
        left.end = made.end
        return self.again(left)

    def negative(self, parts: list[Any]) -> Node:
        return self.node("neg", (parts[1],), None, parts[0][1], parts[1].end)

    def positive(self, parts: list[Any]) -> Node:
        parts[1].start = parts[0][1]
        return parts[1]  # type: ignore[no-any-return]

    def transpose(self, parts: list[Any]) -> Node:
        return self.node("transpose", (parts[0],), None, parts[0].start, parts[1][2])

    def power(self, parts: list[Any]) -> Node:
        base, sign, exponent = parts
        if base.op in ("power", "hadpower") and not base.bracketed:
            self.ambiguous_power(base, exponent)
        return self.node("power" if sign[0] != ".^" else "hadpower", parts[::2], sign[0], base.start, exponent.end)

    hadpower = power

    def ambiguous_power(self, base: Node, exponent: Node) -> NoReturn:
        first, second = base.args
        a, b, c = (self.source[n.start : n.end] for n in (first, second, exponent))
        inner, outer = base.value, self.source[base.end : exponent.start].strip()
        self.refuse(
            "two powers in a row can be read in two ways",
            base.start,
            exponent.end,
            f"write ({a}{inner}{b}){outer}{c} or {a}{inner}({b}{outer}{c})",
        )

    def superscript(self, parts: list[Any]) -> Node:
        base, (text, start, end) = parts
        if text.endswith("ᵀ"):
            inverse = self.node("power", (base, self.minus_one(start, end)), "^", base.start, end)
            return self.node("transpose", (inverse,), None, base.start, end)
        exponent = self.node("number", (), int(text.translate(SUPERSCRIPTS).lstrip("-")), start, end)
        if text[0] == "⁻":
            exponent = self.node("neg", (exponent,), None, start, end)
        return self.power([base, ("^", start, start), exponent])

    def minus_one(self, start: int, end: int) -> Node:
        return self.node("neg", (self.node("number", (), 1, start, end),), None, start, end)


def _is_factor(node: Node) -> bool:
    return node.op not in ("sum", "neg")
