"""Pieces of NumPy code with what is needed to put them together: how tightly they bind, how deep they nest."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matcalc.expr import Expr

# A line stays readable below this length, and Python's parser has a limit on nesting.
LONGEST = 80
SHORTEST_LOCAL = 16
DEEPEST = 12

# what may stand without brackets; `*` and `@` are never mixed at one level
IN_SUM = frozenset({"sum", "product", "matmul", "unary", "power", "atom"})
IN_SUM_LATER = IN_SUM - {"sum"}
IN_PRODUCT = frozenset({"product", "unary", "power", "atom"})
IN_PRODUCT_LATER = frozenset({"power", "atom"})
IN_MATMUL = frozenset({"matmul", "power", "atom"})
IN_MATMUL_LATER = frozenset({"power", "atom"})
IN_MINUS = frozenset({"product", "power", "atom"})
ATOM = frozenset({"atom"})


class Code:
    """A piece of Python source; `level` names its outermost operation."""

    __slots__ = ("level", "nesting", "text")

    def __init__(self, text: str, level: str = "atom", nesting: int = 0) -> None:
        self.text = text
        self.level = level
        self.nesting = nesting

    def within(self, allowed: frozenset[str]) -> str:
        """The text, in brackets unless its level is allowed to stand bare."""
        return self.text if self.level in allowed else f"({self.text})"


def deeper(*codes: Code) -> int:
    """The nesting of something made of these."""
    return 1 + max((code.nesting for code in codes), default=0)


class Body:
    """The lines of a function while it is written, and the local names it has used."""

    __slots__ = ("_taken", "lines", "values")

    def __init__(self, taken: Iterable[str]) -> None:
        self.lines: list[str] = []
        self.values: dict[str, str] = {}
        self._taken = {*taken}

    def nested(self) -> Body:
        """The lines of a function inside this one; the two share no new name."""
        inner = Body(())
        inner._taken = self._taken
        return inner

    def fresh(self, letters: str) -> str:
        """A name that is not in use: `t1`, `t2`, ..."""
        number = next(k for k in count(1) if f"{letters}{k}" not in self._taken)
        self._taken.add(f"{letters}{number}")
        return f"{letters}{number}"

    def local(self, code: Code) -> Code:
        """A new local variable that holds the value."""
        name = self.fresh("t")
        self.values[name] = code.text
        self.lines.append(f"{name} = {code.text}")
        return Code(name)

    def settled(self, code: Code) -> Code:
        """The code itself, or a local variable when it has grown long or deep."""
        return self.local(code) if len(code.text) > 2 * LONGEST or code.nesting > DEEPEST else code

    def result(self, code: Code) -> None:
        """End with `return`; a variable set on the line before is not worth its name."""
        text = code.text
        if self.lines and self.lines[-1] == f"{text} = {self.values.get(text)}":
            self.lines.pop()
            text = self.values[text]
        self.lines.append(f"return {text}")

    def joined(self, left: Code, sign: str, right: Code, level: str) -> Code:
        """`left sign right` with the brackets it needs; what makes the line long becomes a local variable."""
        left, right = self.shortened([left, right])
        allowed, later = _ALLOWED[level]
        gap = "" if level == "power" else " "
        text = f"{left.within(allowed)}{gap}{sign}{gap}{right.within(later)}"
        return self.settled(Code(text, level, deeper(left, right)))

    def called(self, function: str, *args: Code, more: str = "") -> Code:
        """`function(args)`, with `more` after the arguments."""
        args = tuple(self.shortened(args))
        text = f"{function}({', '.join(arg.text for arg in args)}{more})"
        return self.settled(Code(text, "atom", deeper(*args)))

    def shortened(self, codes: Sequence[Code]) -> list[Code]:
        """The operands of one line, the longest of them in local variables while the line would be too long."""
        found = list(codes)
        while sum(len(code.text) for code in found) > LONGEST:
            longest = max(range(len(found)), key=lambda i: len(found[i].text))
            if len(found[longest].text) <= SHORTEST_LOCAL:
                break
            found[longest] = self.local(found[longest])
        return found


_ALLOWED = {
    "sum": (IN_SUM, IN_SUM_LATER),
    "product": (IN_PRODUCT, IN_PRODUCT_LATER),
    "matmul": (IN_MATMUL, IN_MATMUL_LATER),
    "power": (ATOM, ATOM),
}


def transposed(code: Code) -> Code:
    """`code.T`, without doubling it."""
    if code.text.endswith(".T") and code.level == "atom":
        return Code(code.text[:-2], "atom", code.nesting)
    return Code(f"{code.within(ATOM)}.T", "atom", code.nesting)


def as_column(code: Code) -> Code:
    """A one-dimensional array as an (n, 1) array."""
    return Code(f"{code.within(ATOM)}[:, None]", "atom", code.nesting)


def as_row(code: Code) -> Code:
    """A one-dimensional array as a (1, n) array."""
    return Code(f"{code.within(ATOM)}[None, :]", "atom", code.nesting)


def spread(node: Expr, code: Code, is_matrix: bool) -> Code:
    """The operand as it has to look beside others: a column is turned upright beside a matrix."""
    return as_column(code) if is_matrix and node.is_column else code


def is_matrix(node: Expr) -> bool:
    """Whether the value has two axes in the code: vectors and rows have one."""
    return not (node.is_scalar or node.is_column or node.is_row)
