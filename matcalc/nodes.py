"""Pieces of the text: nodes of the syntax with their places, and statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matcalc.expr import Expr
    from matcalc.extents import Extent
    from matcalc.kinds import FunctionKind, Kind

DOT = "\\cdot"  # the value of a product written with a dot in LaTeX: of two columns it is the inner one
AS_POWER = " as a power"  # behind exp where LaTeX has e^{...}
OVER_ALL = " over all"  # behind a function that LaTeX asks for over all entries of a matrix


class Node:
    """A piece of the text: what it is, its operands, its place, later its extents and its expression."""

    __slots__ = ("args", "columns", "end", "expr", "index", "op", "rows", "start", "value")

    args: tuple[Node, ...] | list[Node]
    index: int
    rows: Extent
    columns: Extent
    expr: Expr

    def __init__(self, op: str, args: tuple[Node, ...] | list[Node], value: Any, start: int, end: int) -> None:
        self.op = op
        self.args = args
        self.value = value
        self.start = start
        self.end = end

    @property
    def bracketed(self) -> bool:
        """Whether it stands in brackets of its own (of a node with operands first and last)."""
        return bool(self.args) and (self.start < self.args[0].start or self.end > self.args[-1].end)

    def __repr__(self) -> str:
        return f"{self.op}({self.value!r}, {list(self.args)!r})"


Bounds = tuple[str, "Node | None", "Node | None"]  # the name of an index with its bounds, where they are given


class Statement:
    """A part of the input between semicolons: `expression`, `definition`, `declaration` or `family`."""

    __slots__ = ("bounds", "end", "kind", "name", "node", "op", "start")

    def __init__(
        self,
        op: str,
        name: str,
        node: Node | None,
        kind: Kind | FunctionKind | None,
        start: int,
        end: int,
        bounds: Bounds | None = None,
    ) -> None:
        self.op = op
        self.bounds = bounds
        self.name = name
        self.node = node
        self.kind = kind
        self.start = start
        self.end = end
