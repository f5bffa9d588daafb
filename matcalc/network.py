"""Series-parallel reduction of the index graph of one product.

Vertices are indices; an edge is a chain of matrices between two of them, a label an entrywise
product of vectors on one. Several orders of reduction are tried; the cheapest text wins.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc import expr as ex
from matcalc.dimensions import ONE, Dimension
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, Rational
from matcalc.forms import (
    Chain,
    Form,
    Part,
    as_chain,
    both,
    chain_cost,
    chain_form,
    contracted,
    diag_form,
    entry_powers,
    flipped,
    row_sums,
    same,
    summed,
    trace,
)

# In a graph of more edges than this, products are made on the way.
LARGE_NETWORK = 12

Edge = tuple[int, int, list[Part]]


class NoMatrixForm(MatcalcError):
    """The term has no matrix notation; its index form is exact."""


class Network:
    """The graph of one product, its `free` vertices 0, 1 being the axes of the result."""

    def __init__(
        self,
        free: tuple[int, ...],
        dims: dict[int, Dimension],
        variable: str | None = None,
        prefers_trace: bool = False,
    ) -> None:
        self.variable = variable
        self.prefers_trace = prefers_trace
        self.free = free
        self.dims = dims
        self.labels: dict[int, list[Part]] = {}
        self.edges: list[tuple[int, int, list[Part]]] = []
        self.tied = False

    def tie(self, a: int, b: int) -> None:
        """The identity between the two axes."""
        if {a, b} != set(self.free) or len(self.free) != 2:
            raise NoMatrixForm("an identity away from the axes")
        self.tied = True

    def label(self, vertex: int, form: Form, exponent: Rational) -> None:
        self.labels.setdefault(vertex, []).append(((form,), exponent))

    def edge(self, a: int, b: int, form: Form, exponent: Rational) -> None:
        self.edges.append((a, b, [((form,), exponent)]))

    def entries(self) -> tuple[list[tuple[int, Form]], list[tuple[int, int, Form]]]:
        """Vectors on axes and matrices between two axes, for a term of any number of axes.

        Raises NoMatrixForm when summed indices remain.
        """
        reduction = _Reduction(self, _ORDERS[0])
        return reduction.entries()

    def reduced(self) -> tuple[list[tuple[int, Form]], list[tuple[int, int, Form]]]:
        """What is left once every summed vertex that can be is taken away: vectors on vertices, matrices between."""
        return _Reduction(self, _ORDERS[0]).remainder()

    def solved(self) -> Chain | None:
        """The chain of the whole graph by the order of reduction with the cheapest text."""
        if not (self.free or self.labels or self.edges):
            return None
        best: Chain | None = None
        failure: NoMatrixForm | None = None
        for steps in _ORDERS if len(self.edges) > 1 else _ORDERS[:1]:
            try:
                chain = _Reduction(self, steps).chain()
            except NoMatrixForm as stuck:
                failure = stuck
                continue
            if best is None or self._key(chain) < self._key(best):
                best = chain
        if best is None:
            raise failure or NoMatrixForm("no matrix notation")
        return best

    def _key(self, chain: Chain) -> tuple[int, bool]:
        """What decides between the orders: the cost, then whether a scalar is a trace, where that is preferred."""
        whole = chain_form(chain).straight
        return whole.cost, self.prefers_trace and not (whole.op == "call" and whole.value == "tr")


class _Reduction:
    """One way of taking the summed vertices away."""

    def __init__(self, network: Network, steps: tuple[str, ...]) -> None:
        self.variable = network.variable
        self.free = network.free
        self.dims = network.dims
        self.tied = network.tied
        self.labels = {v: list(parts) for v, parts in network.labels.items()}
        self.next_key = 0
        self.edges: dict[int, Edge] = {}
        self.around: dict[int, list[int]] = {}
        for edge in network.edges:
            self._add(*edge)
        self.steps: list[Callable[[], bool]] = [getattr(self, "_" + s) for s in steps]
        self.scalars: list[Expr] = []
        self.bound = sorted({*self.around, *self.labels} - set(self.free))
        self.deep = len(self.edges) > LARGE_NETWORK

    def chain(self) -> Chain:
        while self._loop() or any(step() for step in self.steps):
            pass
        while self.bound:
            self._stand_alone(self.bound[0])
        return self._assembled()

    def entries(self) -> tuple[list[tuple[int, Form]], list[tuple[int, int, Form]]]:
        """What is left on and between the axes once every summed vertex is taken away."""
        remainder = self.remainder()
        if self.bound:
            raise NoMatrixForm("no matrix notation: the index graph is not series-parallel")
        return remainder

    def remainder(self) -> tuple[list[tuple[int, Form]], list[tuple[int, int, Form]]]:
        """The same, with the summed vertices that stay."""
        while self._loop() or any(step() for step in self.steps):
            pass
        if self.scalars:
            raise NoMatrixForm("no matrix notation: a part without axes")
        labels = [(v, chain_form(as_chain(parts))) for v, parts in sorted(self.labels.items())]
        return labels, [(a, b, chain_form(as_chain(parts))) for a, b, parts in self.edges.values()]

    # -- edges

    def _add(self, a: int, b: int, parts: list[Part]) -> None:
        key = self.next_key
        self.next_key += 1
        self.edges[key] = (a, b, parts)
        self.around.setdefault(a, []).append(key)
        if b != a:
            self.around.setdefault(b, []).append(key)

    def _take(self, key: int) -> Edge:
        a, b, parts = self.edges.pop(key)
        for v in {a, b}:
            self.around[v].remove(key)
        return a, b, parts

    def _degree(self, v: int) -> int:
        return len(self.around.get(v, ()))

    # -- steps; each is true when it changed the graph

    def _loop(self) -> bool:
        key = next((k for k, (a, b, _) in self.edges.items() if a == b), None)
        if key is None:
            return False
        v, _, parts = self._take(key)
        if v in self.bound and v not in self.labels and not self._degree(v):
            self.bound.remove(v)
            self.scalars.append(trace(as_chain(parts), self.variable))
        else:
            matrix = chain_form(as_chain(parts)).straight
            diagonal = both(ex.call("diag", (matrix,), (matrix.shape[0], ONE)))
            self.labels.setdefault(v, []).append(((diagonal,), 1))
        return True

    def _parallel(self) -> bool:
        ends: dict[tuple[int, int], int] = {}
        for key, (a, b, parts) in self.edges.items():
            first = ends.setdefault((min(a, b), max(a, b)), key)
            if first != key:
                c, d, others = self.edges[first]
                self.edges[first] = (c, d, others + (parts if c == a else [(flipped(p), e) for p, e in parts]))
                self._take(key)
                return True
        return False

    def _hang(self) -> bool:
        """A summed vertex with one edge becomes a label of its neighbour; labelled ones first."""
        hanging = [(v not in self.labels, v) for v in self.bound if self._degree(v) == 1]
        if not hanging:
            return False
        _, v = min(hanging)
        a, b, parts = self._take(self.around[v][0])
        neighbour, matrix = (a, as_chain(parts)) if b == v else (b, flipped(as_chain(parts)))
        self.bound.remove(v)
        if v in self.labels:
            vector = matrix + as_chain(self.labels.pop(v))
            if self.deep:  # made now in both orientations, so that no later request goes deep
                form = chain_form(vector)
                vector = (Form(form.straight, form.turned),)
            self.labels.setdefault(neighbour, []).append((vector, 1))
        elif neighbour in self.bound and not self._degree(neighbour) and neighbour not in self.labels:
            self.bound.remove(neighbour)
            self.scalars.append(summed(matrix))
        else:
            self.labels.setdefault(neighbour, []).append(((row_sums(chain_form(matrix)),), 1))
        return True

    def _series(self) -> bool:
        """A summed vertex with two edges: their product, with the label as a diagonal matrix between.

        One without a label first: then edges may become parallel, and the other one hang.
        """
        between = [(v in self.labels, v) for v in self.bound if self._degree(v) == 2]
        if not between:
            return False
        _, v = min(between)
        first, second = self.around[v]
        a, b, left = self._take(first)
        c, d, right = self._take(second)
        start, before = (a, as_chain(left)) if b == v else (b, flipped(as_chain(left)))
        end, after = (d, as_chain(right)) if c == v else (c, flipped(as_chain(right)))
        self.bound.remove(v)
        middle = (diag_form(chain_form(as_chain(self.labels.pop(v)))),) if v in self.labels else ()
        self._add(start, end, [(before + middle + after, 1)])
        return True

    def _stand_alone(self, v: int) -> None:
        if self._degree(v):
            raise NoMatrixForm("no matrix notation: the index graph is not series-parallel")
        self.bound.remove(v)
        self.scalars.append(contracted(self.labels.pop(v), self.variable))

    def _assembled(self) -> Chain:
        """What is left on the axes, as one chain."""
        if self.scalars:
            if self.free or len(self.scalars) != 1 or self.labels or self.edges:
                raise NoMatrixForm("a scalar part inside a term with axes")
            return (same(self.scalars[0]),)
        if len(self.edges) > 1 or any(v not in self.free for v in self.labels):
            raise NoMatrixForm("no matrix notation: factors are left over")
        if len(self.free) == 1:
            return self._vector(0)
        if self.tied:
            return (self._diagonal(),)
        return self._matrix()

    def _vector(self, v: int) -> Chain:
        parts = self.labels.get(v)
        if parts is None:
            size = self.dims[v]
            return (both(ex.call("ones", (ex.size(size),), (size, ONE))),)
        return as_chain(parts)

    def _diagonal(self) -> Form:
        if self.edges or 1 in self.labels:
            raise NoMatrixForm("an identity with factors on both axes")
        if 0 in self.labels:
            return diag_form(chain_form(self._vector(0)))
        size = self.dims[0]
        return same(ex.call("eye", (ex.size(size),), (size, size)))

    def _matrix(self) -> Chain:
        left, right = self.labels.get(0), self.labels.get(1)
        if not self.edges:
            if left is None and right is None:
                rows, columns = self.dims[0], self.dims[1]
                return (Form(_ones(rows, columns), _ones(columns, rows)),)
            return self._vector(0) + flipped(self._vector(1))
        ((a, _, parts),) = self.edges.values()
        if a == 1:
            parts = [(flipped(p), e) for p, e in parts]
        options = [self._scaled_sides(parts, left, right)]
        if left is not None and right is not None:
            outer = self._vector(0) + flipped(self._vector(1))
            options.append((entry_powers([*parts, (outer, 1)]),))
        return min(options, key=chain_cost)

    def _scaled_sides(self, parts: list[Part], left: list[Part] | None, right: list[Part] | None) -> Chain:
        chain = as_chain(parts)
        if left is not None:
            chain = (diag_form(chain_form(as_chain(left))), *chain)
        if right is not None:
            chain = (*chain, diag_form(chain_form(as_chain(right))))
        return chain


_ORDERS: tuple[tuple[str, ...], ...] = (
    ("parallel", "hang", "series"),
    ("hang", "series", "parallel"),
    ("series", "parallel", "hang"),
)


def _ones(rows: Dimension, columns: Dimension) -> Expr:
    return ex.call("ones", (ex.size(rows), ex.size(columns)), (rows, columns))
