"""The computational graph of an expression: what is computed from what, with the derivative of each by its operands.

A vertex is a variable or one operation; transposes, signs and constants belong to the operation that uses them, and so
does all that a sum over an index depends on. What occurs again is one vertex, and definitions of the input keep their
names. The derivative on an edge is found as any other: of the operation, over operands that are variables of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from matcalc import expr as ex
from matcalc.api import Declarations, read
from matcalc.derivatives import Derivative
from matcalc.differentials import Differential
from matcalc.dimensions import Shape
from matcalc.expr import Expr, Symbol
from matcalc.kinds import plain_kind
from matcalc.layout import shape_text
from matcalc.parser import Program
from matcalc.partials import Partial
from matcalc.stacked import parts_of
from matcalc.vector_products import free_name
from matcalc.wrt import apart, asked_for, named_variable

if TYPE_CHECKING:
    from matcalc.rulebook import Rulebook

# these belong to the operation that uses them
TRANSPARENT = ("transpose", "neg")
# of these, what begins one may have been defined by itself
CHAINS = ("add", "mul", "had")


class Edge:
    """From an operand to the vertex that uses it, with the derivative of the one by the other.

    `derivative` is in matrix notation: the Jacobian or the gradient where it has at most two axes, else, where
    `is_differential`, the differential of the vertex, linear in that of the operand. It is None where the operand does
    not depend on any of the variables.
    """

    __slots__ = ("derivative", "is_differential", "source", "target")

    def __init__(self, source: str, target: str, derivative: str | None, is_differential: bool) -> None:
        self.source = source
        self.target = target
        self.derivative = derivative
        self.is_differential = is_differential

    @property
    def equation(self) -> str | None:
        """The derivative as an equation: `dr/dtheta = X`, or `dY = A*dX` for a differential."""
        if self.derivative is None or self.is_differential:
            return self.derivative
        return f"d{self.target}/d{self.source} = {self.derivative}"

    def __repr__(self) -> str:
        return f"<edge {self.source} -> {self.target}: {self.equation}>"


class Vertex:
    """A variable or an operation: its name, its formula over the names of its operands (None of a variable), its shape.

    `edges` come from its operands, each once, in the order in which they stand in the formula. `moves` says whether it
    depends on one of the variables, `is_variable` whether it is one of them.
    """

    __slots__ = ("edges", "formula", "is_variable", "moves", "name", "shape")

    def __init__(
        self, name: str, formula: str | None, shape: Shape, edges: tuple[Edge, ...], moves: bool, is_variable: bool
    ) -> None:
        self.name = name
        self.formula = formula
        self.shape = shape
        self.edges = edges
        self.moves = moves
        self.is_variable = is_variable

    @property
    def statement(self) -> str:
        """`v1 = X*theta`, or the name of a variable."""
        return self.name if self.formula is None else f"{self.name} = {self.formula}"

    def __repr__(self) -> str:
        return f"<{self.statement}: {shape_text(self.shape)}>"


class Graph:
    """The vertices of a computational graph, operands before what uses them; the last one is the value.

    >>> for vertex in graph("r = X*theta - y; r'*r", "theta").vertices:
    ...     print(vertex.statement, vertex.edges)
    X ()
    theta ()
    v1 = X*theta (<edge X -> v1: None>, <edge theta -> v1: dv1/dtheta = X>)
    y ()
    r = v1 - y (<edge v1 -> r: dr/dv1 = eye(m)>, <edge y -> r: None>)
    v2 = r'*r (<edge r -> v2: dv2/dr = 2*r>,)
    """

    __slots__ = ("vertices",)

    def __init__(self, vertices: tuple[Vertex, ...]) -> None:
        self.vertices = vertices

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges, in the order of the vertices that they lead to."""
        return tuple([edge for vertex in self.vertices for edge in vertex.edges])

    @property
    def text(self) -> str:
        """A line for each vertex, and under it one for each local derivative."""
        from matcalc.graph_drawing import listing

        return listing(self)

    def dot(self) -> str:
        """The graph in the DOT language of Graphviz."""
        from matcalc.graph_drawing import dot_source

        return dot_source(self)

    def svg(self) -> str:
        """The graph drawn by the program `dot` of Graphviz. Raises DrawingError where it is not installed."""
        from matcalc.graph_drawing import drawn

        return drawn(self)

    def __str__(self) -> str:
        return self.text

    def _repr_svg_(self) -> str | None:
        from matcalc.graph_drawing import can_draw

        return self.svg() if can_draw() else None


def graph(
    expression: Any,
    wrt: Any = None,
    layout: str = "mixed",
    variables: Declarations | None = None,
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> Graph:
    """The computational graph of an expression, text or SymPy, with the derivative of every operation by its operands.

    Derivatives stand on the edges along which the value depends on `wrt`: a name, several as in `"x, y"`, or all names
    where it is left out. `layout` is that of `differentiate`. Raises a MatcalcError where `differentiate` does.

    >>> print(graph("tanh(W*x)", "x"))
    W: m x n
    x: n x 1
    v1 = W*x: m x 1
      dv1/dx = W
    v2 = tanh(v1): m x 1
      dv2/dv1 = diag(1 - tanh(v1).^2)
    """
    program, book = read(expression, variables, rulebook, language)
    return graph_of(program, variables_named(program, wrt), layout, book)


def variables_named(program: Program, wrt: Any) -> list[Symbol]:
    """The variables that `wrt` names, one or several; all of them where it names none."""
    wrt = asked_for(program, wrt)
    if wrt is None:
        return list(program.symbols.values())
    names = wrt if isinstance(wrt, (list, tuple)) else apart(wrt) or [wrt]
    return [part for name in names for part in parts_of(named_variable(program, name))]


def graph_of(program: Program, variables: list[Symbol], layout: str, rulebook: Rulebook) -> Graph:
    """The graph of a program that is read already, with derivatives towards these variables."""
    return Graph(tuple(_Builder(program, variables, layout, rulebook).vertices()))


class _Builder:
    """Builds the vertices in one walk over the shared nodes of the expression."""

    def __init__(self, program: Program, variables: list[Symbol], layout: str, rulebook: Rulebook) -> None:
        self.program = program
        self.variables = {variable.name for variable in variables}
        self.layout = layout
        self.rulebook = rulebook
        self.taken = set(program.taken)
        self.given: dict[int, str] = {}  # the names that the input defines, the first where two are equal
        self.beginnings: dict[tuple[str, tuple[int, ...]], Expr] = {}  # the chains among them, by their operands
        for name, node in program.definitions.items():
            if node.args:  # a number or a variable goes by its own name
                self.given.setdefault(id(node), name)
                if node.op in CHAINS:
                    self.beginnings[node.op, tuple(map(id, node.args))] = node
        self.symbols: dict[int, Symbol] = {}  # what stands for a vertex in the formulas of others
        self.moving: set[int] = set()

    def vertices(self) -> Iterator[Vertex]:
        """Every vertex after its operands."""
        root = self.program.expr
        for node in self._order(root):
            if self._moves(node):
                self.moving.add(id(node))
            if node is root or self._stands_alone(node):
                yield self._vertex(node)

    def _order(self, root: Expr) -> list[Expr]:
        """Every node below the root once, operands first."""
        order: dict[int, Expr] = {}
        pending = [root]
        while pending:
            node = pending[-1]
            missing = [arg for arg in self._operands(node) if id(arg) not in order]
            if not missing:
                order.setdefault(id(node), pending.pop())
            pending += reversed(missing)
        return list(order.values())

    def _operands(self, node: Expr) -> tuple[Expr, ...]:
        """The operands as the input has them: in `r + b`, with `r = x - y`, they are r and b, not x, -y and b."""
        if node.op in CHAINS and self.beginnings:
            for count in range(len(node.args) - 1, 1, -1):
                beginning = self.beginnings.get((node.op, tuple(map(id, node.args[:count]))))
                if beginning is not None:
                    return (beginning, *node.args[count:])
        return node.args

    def _moves(self, node: Expr) -> bool:
        if node.op == "symbol":
            return node.value.name in self.variables
        return any(id(arg) in self.moving for arg in self._operands(node))

    def _stands_alone(self, node: Expr) -> bool:
        """Whether a node is a vertex, and no part of the operation that uses it."""
        if node.free:
            return False
        if node.op == "symbol" or id(node) in self.given:
            return True
        return node.op not in TRANSPARENT and any(arg.op not in ("number", "size") for arg in node.args)

    def _vertex(self, node: Expr) -> Vertex:
        is_variable = node.op == "symbol"
        name = node.value.name if is_variable else self._name_of(node)
        moves = id(node) in self.moving
        if is_variable:
            self.symbols[id(node)] = node.value
            return Vertex(name, None, node.shape, (), moves, moves)
        operation = _Operation(node, self.symbols, self._operands)
        local = self._program(operation)
        edges = [self._edge(operand, name, local) for operand in operation.operands]
        self.symbols[id(node)] = Symbol(name, plain_kind(node.shape))
        return Vertex(name, operation.text, node.shape, tuple(edges), moves, False)

    def _name_of(self, node: Expr) -> str:
        """The name that the input gives, else `v` (of a matrix `V`) with the first number that is free."""
        given = self.given.get(id(node))
        if given is not None:
            return given
        letter = "v" if 1 in [d.number for d in node.shape] else "V"
        number = 1
        while {f"{kind}{number}" for kind in ("v", "V", "dv", "dV")} & self.taken:
            number += 1
        self.taken.update((f"v{number}", f"V{number}"))
        return f"{letter}{number}"

    def _program(self, operation: _Operation) -> Program:
        """The operation as a program of its own."""
        known = self.program
        symbols = {symbol.name: symbol for symbol in ex.symbols(operation.formula) if not symbol.free}
        return Program(operation.text, operation.formula, {}, symbols, [], known.functions, known.families)

    def _edge(self, operand: Expr, target: str, local: Program) -> Edge:
        """The edge from an operand, with the local derivative where the operand depends on a variable."""
        by = self.symbols[id(operand)]
        if id(operand) not in self.moving:
            return Edge(by.name, target, None, False)
        answer = Derivative(local, [Partial(by)], self.layout, "projected", self.rulebook).inlined()
        if answer.expression is not None:
            return Edge(by.name, target, answer.text, False)
        differential = Differential(local, by, "projected", self.rulebook).inlined()
        left = free_name(f"d{target}", differential.program)
        return Edge(by.name, target, f"{left} = {differential.text}", True)


class _Operation:
    """One operation over symbols: `operands` are the vertices that it uses, each once, `formula` is over symbols."""

    __slots__ = ("formula", "operands", "text")

    def __init__(self, node: Expr, symbols: dict[int, Symbol], operands_of: Callable[[Expr], tuple[Expr, ...]]) -> None:
        from matcalc.printers.text import text

        self.operands: list[Expr] = []
        done: dict[int, Expr] = {}
        pending = [node]
        while pending:
            here = pending[-1]
            if id(here) in done:
                pending.pop()
            elif id(here) in symbols and not here.free:
                self.operands.append(here)
                done[id(here)] = ex.named(symbols[id(here)])
            else:
                args = operands_of(here)
                missing = [arg for arg in args if id(arg) not in done]
                if not missing:
                    done[id(here)] = ex.with_args(here, tuple([done[id(arg)] for arg in args]))
                pending += reversed(missing)
        self.formula = done[id(node)]
        self.text = text(self.formula)
