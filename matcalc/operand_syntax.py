"""Operands as they are written: numbers, names, calls, brackets, bars, lists and entries."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from matcalc.declarations import KindBuilder
from matcalc.nodes import Bounds, Node, Statement
from matcalc.opaque_signature import OPERATORS
from matcalc.spelling import FRACTIONS, SUBSCRIPTS, SUPERSCRIPTS, library_function, plain_name

LONGEST_NUMBER = 400  # digits of a number, and powers of ten in its exponent
LARGEST_ORDER = 9  # of a derivative written with a nabla
# functions whose arguments are sizes (and numbers): a name there is the name of a dimension
SIZE_FUNCTIONS = frozenset({"eye", "ones", "zeros", "unit", "commutation", "duplication"})
_SUM_OVER = re.compile(r"sum_([A-Za-z]\d*)\Z")  # an index is one letter, perhaps with a number


class OperandBuilder(KindBuilder):
    """The methods of the alternatives that make up an operand; nodes are listed as they are made."""

    __slots__ = ("conventions", "nodes", "notes", "numpy_style", "size_names", "statements")

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.nodes: list[Node | None] = []
        self.statements: list[Statement] = []
        self.size_names: set[str] = set()
        self.notes: list[str] = []
        self.numpy_style = False
        self.conventions: dict[str, str] = {}  # the class of names whose font says it

    def node(self, op: str, args: tuple[Node, ...] | list[Node], value: Any, start: int, end: int) -> Node:
        made = Node(op, args, value, start, end)
        made.index = len(self.nodes)
        self.nodes.append(made)
        return made

    def again(self, node: Node) -> Node:
        """Move a node behind the operands it was just given."""
        self.nodes[node.index] = None
        node.index = len(self.nodes)
        self.nodes.append(node)
        return node

    def number(self, parts: list[Any]) -> Node:
        text, start, end = parts[0]
        return self.node("number", (), self.value(text, start, end), start, end)

    def value(self, text: str, start: int, end: int) -> int | Fraction:
        if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER:
            return int(text)
        if text in FRACTIONS:
            return FRACTIONS[text]
        power = text.lower().partition("e")[2]
        if len(text) > LONGEST_NUMBER or (power and abs(int(power)) > LONGEST_NUMBER):
            self.refuse("this number is too long", start, end)
        return Fraction(text if text[-1] != "." else text[:-1])

    def name(self, parts: list[Any]) -> Node:
        text, start, end = parts[0]
        return self.node("name", (), plain_name(text), start, end)

    def group(self, parts: list[Any]) -> Node:
        node: Node = parts[1]
        node.start, node.end = parts[0][1], parts[2][2]
        return node

    def pair(self, parts: list[Any]) -> Node:
        return self.node("tuple", (parts[1], *parts[3]), None, parts[0][1], parts[-1][2])

    def call_empty(self, parts: list[Any]) -> Node:
        return self.call([parts[0], parts[1], [], parts[2]])

    def call(self, parts: list[Any]) -> Node:
        (name, start, _), _, args, (_, _, end) = parts
        index = _SUM_OVER.match(name)
        if index is not None and len(args) == 1:
            return self.index_sum((plain_name(index[1]), None, None), args[0], start, end)
        if name.rpartition(".")[2] in SIZE_FUNCTIONS:
            self.note_sizes(args)
        if "." in name and library_function(name):
            self.numpy_style = True
        return self.node("call", tuple(args), plain_name(name), start, end)

    def derivative_call(self, parts: list[Any]) -> Node:
        """`grad(f)(x)`, `hess(f, 1, 2)(x, y)`, `grad(grad(g))(x)`: a call whose function is written with operators."""
        (operator, start, _), _, inside, _, (_, bracket, _), args, (_, _, end) = parts
        name = self.derivative_name(operator, inside)
        if name is None:
            text = f"{self.source[start:bracket]}*{self.source[bracket:end]}"
            mend = f"for a product write {text}" if len(text) < 60 else "for a product write *"
            self.refuse("an operator is missing here", bracket, bracket + 1, mend)
        return self.node("call", tuple(args), name, start, end)

    def derivative_name(self, operator: str, inside: list[Node]) -> str | None:
        """The name of a derivative, whose own nodes then stand for nothing; None where it is none."""
        opened, closed = "", ""
        while operator in OPERATORS and all(isinstance(node.value, int) for node in inside[1:]):
            opened += f"{operator}("
            closed = "".join(f", {node.value}" for node in inside[1:]) + ")" + closed
            for node in inside:
                self.nodes[node.index] = None
            head = inside[0]
            if head.op == "name":
                return f"{opened}{head.value}{closed}"
            operator, inside = (head.value, list(head.args)) if head.op == "call" else ("", [])
        return None

    def nabla_call(self, parts: list[Any]) -> Node:
        """`∇f(x)`, `∇²f(x)`, `∇₁₂²f(x, y)`."""
        (signs, start, middle), (name, _, _), _, args, (_, _, end) = parts
        counted = [SUBSCRIPTS[sign] for sign in signs if sign in SUBSCRIPTS]
        written = "".join(sign for sign in signs[1:] if sign not in SUBSCRIPTS).translate(SUPERSCRIPTS)
        order = int(written or "1")
        if not 1 <= order <= LARGEST_ORDER or (counted and len(counted) != order):
            self.refuse("this is no derivative", start, middle, "write ∇f(x), ∇²f(x), or ∇₁f(x, y)")
        name = plain_name(name)
        for k in range(order):
            name = f"grad({name}, {counted[k]})" if counted else f"grad({name})"
        return self.node("call", tuple(args), name, start, end)

    def braced_sum(self, parts: list[Any]) -> Node:
        """`sum_{i}(...)`"""
        self.check_sum(parts)
        return self.index_sum((plain_name(parts[2][0]), None, None), parts[5], parts[0][1], parts[-1][2])

    def bounded_sum(self, parts: list[Any]) -> Node:
        """`sum_{i=1..N}(...)`"""
        self.check_sum(parts)
        (index, _, _), lower, upper = parts[2], parts[4], parts[6]
        return self.index_sum((plain_name(index), lower, upper), parts[9], parts[0][1], parts[-1][2])

    def check_sum(self, parts: list[Any]) -> None:
        """Only sums have something in braces."""
        name, start, end = parts[0]
        if name != "sum_":
            self.refuse(f"{name!r} takes nothing in braces", start, end + 1, "a sum is written sum_{i=1..N}(...)")

    def index_sum(self, bounds: Bounds, body: Node, start: int, end: int) -> Node:
        """The sum of a body over an index."""
        return self.node("index_sum", (body,), bounds, start, end)

    def note_sizes(self, args: list[Node]) -> None:
        pending = list(args)
        while pending:
            node = pending.pop()
            pending.extend(node.args)
            if node.op == "name":
                self.size_names.add(node.value)

    def bars(self, parts: list[Any]) -> Node:
        return self.node("abs", (parts[1],), None, parts[0][1], parts[2][2])

    def norm(self, parts: list[Any]) -> Node:
        which = parts[2][0].partition("_")[2].strip("{}")
        which = "inf" if which in ("infty", "∞") else which
        if which not in ("", "1", "2", "F", "inf"):
            raise self.unsupported(f"the norm ||.||_{which} is not supported yet", parts[0][1], parts[2][2])
        return self.node("norm", (parts[1],), which, parts[0][1], parts[2][2])

    def inner(self, parts: list[Any]) -> Node:
        return self.node("inner", (parts[1], parts[3]), None, parts[0][1], parts[4][2])

    def keyword(self, parts: list[Any]) -> Node:
        return self.node("keyword", (parts[2],), parts[0][0], parts[0][1], parts[2].end)

    def word(self, parts: list[Any]) -> Node:
        text, start, end = parts[0]
        return self.node("word", (), text[1:-1], start, end)

    def first_arg(self, parts: list[Any]) -> list[Node]:
        return [parts[0]]

    def next_arg(self, parts: list[Any]) -> list[Node]:
        parts[0].append(parts[2])
        return parts[0]  # type: ignore[no-any-return]

    first_row, next_row = first_arg, next_arg

    def stack(self, parts: list[Any]) -> Node:
        """`[a; b]` is stacked, `[a, b; c, d]` and `[[a, b], [c, d]]` go by rows; `[a, b]` is what its entries say."""
        start, end = parts[0][1], parts[2][2]
        rows: list[list[Node]] = parts[1]
        if len(rows) == 1 and all(n.op == "list" for n in rows[0]):
            for inner in rows[0]:
                self.nodes[inner.index] = None
            rows = [list(inner.args) for inner in rows[0]]
        elif len(rows) == 1:
            return self.node("list", tuple(rows[0]), None, start, end)
        if len({len(row) for row in rows}) > 1:
            self.refuse("the rows of this matrix have different lengths", start, end)
        args = tuple(entry for row in rows for entry in row)
        return self.node("stack", args, (len(rows), len(rows[0])), start, end)

    # ---- entries ----

    def entry(self, parts: list[Any]) -> Node:
        base, indices = parts[0], parts[2:-1:2]
        return self.node("entry", (base,), tuple(indices), base.start, parts[-1][2])

    def index_number(self, parts: list[Any]) -> int:
        text, start, end = parts[0]
        if not text.isdecimal() or len(text) > 12:
            self.refuse(f"an index is a whole number or a name, not {text}", start, end)
        if int(text) == 0:
            self.refuse("indices count from 1", start, end, "the first entry is [1]")
        return int(text)

    def index_name(self, parts: list[Any]) -> str:
        return plain_name(parts[0][0])

    def index_all(self, parts: list[Any]) -> None:
        return None
