"""Pairings out of the index graph of a product: Kronecker products, vec and commutation matrices.

A pairing [I,i,k] joins a vertex I to two ports, i and k. What the product says between the ports of two pairings
is an edge between their wholes: `kron(P,Q)` where outer port meets outer and inner meets inner, the same with a
commutation matrix where they cross. What it says between the two ports of one pairing is a label, `vec(M)`.
"""

from __future__ import annotations

from matcalc import expr as ex
from matcalc.dimensions import ONE, Dimension
from matcalc.expr import Expr, Rational
from matcalc.forms import Chain, Form, Part, both, chain_form, cost_of, diag_form, same
from matcalc.network import Network, NoMatrixForm

Pair = tuple[int, int, int]  # whole, outer, inner
Label = tuple[int, list[Part]]
Edge = tuple[int, int, list[Part]]


class PairedGraph:
    """The index graph of a product with pairings."""

    def __init__(self, free: tuple[int, ...], dims: dict[int, Dimension], variable: str | None) -> None:
        self.free = free
        self.dims = dict(dims)
        self.variable = variable
        self.pairs: list[Pair] = []
        self.labels: list[Label] = []
        self.edges: list[Edge] = []
        self.tied: list[tuple[int, int]] = []

    def tie(self, a: int, b: int) -> None:
        self.tied.append((a, b))

    def label(self, vertex: int, form: Form, exponent: Rational) -> None:
        self.labels.append((vertex, [((form,), exponent)]))

    def edge(self, a: int, b: int, form: Form, exponent: Rational) -> None:
        self.edges.append((a, b, [((form,), exponent)]))

    def network(self) -> Network:
        """The graph without pairings. Raises NoMatrixForm where more than two of them hang together."""
        while self.pairs:
            wholes = {whole for whole, _, _ in self.pairs}
            level = [pair for pair in self.pairs if not wholes & set(pair[1:])]
            if not level:
                raise NoMatrixForm("pairings in a circle")
            self.pairs = [pair for pair in self.pairs if pair not in level]
            self._take_level(level)
        network = Network(self.free, self.dims, self.variable)
        for a, b in self.tied:
            network.tie(a, b)
        for vertex, parts in self.labels:
            network.labels.setdefault(vertex, []).extend(parts)
        network.edges.extend(self.edges)
        return network

    # -- one level of pairings, those whose ports are wholes of no other

    def _take_level(self, level: list[Pair]) -> None:
        ports = {port for pair in level for port in pair[1:]}
        fixed = {*self.free, *(v for pair in [*self.pairs, *level] for v in pair)}
        for component in self._components(ports):
            self._reduce(component, sorted(fixed & component))
        waiting = sorted({v for component in self._components(ports) for v in component} - fixed)
        while waiting:
            level = self._spread_middle(waiting[0], level)
            known = {v for pair in level for v in pair}
            waiting = [v for v in waiting if v not in known]
        groups = _Ports(self, level)
        for group in groups.grouped():
            groups.settle(group)

    def _components(self, ports: set[int]) -> list[set[int]]:
        """The vertices connected to ports by factors, ports of no factor apart."""
        merged: list[set[int]] = []
        for ends in [*({v} for v, _ in self.labels), *({a, b} for a, b, _ in self.edges)]:
            for other in [c for c in merged if c & ends]:
                merged.remove(other)
                ends |= other
            merged.append(ends)
        return [component for component in merged if component & ports]

    def _reduce(self, component: set[int], terminals: list[int]) -> None:
        """Take away the vertices of a component other than the terminals."""
        place = {vertex: k for k, vertex in enumerate(terminals)}
        for vertex in sorted(component - set(terminals)):
            place[vertex] = len(place)
        dims = {place[v]: self.dims[v] for v in component}
        local = Network(tuple(range(len(terminals))), dims, self.variable)
        for vertex, parts in self.labels:
            if vertex in component:
                local.labels.setdefault(place[vertex], []).extend(parts)
        local.edges = [(place[a], place[b], parts) for a, b, parts in self.edges if a in component]
        labels, edges = local.reduced()
        back = {k: vertex for vertex, k in place.items()}
        self.labels = [(v, parts) for v, parts in self.labels if v not in component]
        self.labels += [(back[k], [((form,), 1)]) for k, form in labels]
        self.edges = [edge for edge in self.edges if edge[0] not in component]
        self.edges += [(back[a], back[b], [((form,), 1)]) for a, b, form in edges]

    def _spread_middle(self, middle: int, level: list[Pair]) -> list[Pair]:
        """Two summed vertices p, l with an edge D between them, p joined to ports of two pairings, and l to the others.

        Both pairings are joined to a new one of p and l, whose whole is summed and labelled with vec(D): the result is
        `kron(P,L)*diag(vec(D))*kron(R,S)`.
        """
        level, beside = self._beside(middle, level)
        ends = {v: self._neighbours(v) for v in (middle, beside)}
        first, second = self._both_pairs(ends[middle][beside], [ends[middle], ends[beside]], level)
        outer, inner = (middle, beside) if set(ends[middle]) & {first[1]} else (beside, middle)
        whole, *copies = range(1 + max(self.dims), 4 + max(self.dims))
        self.dims[whole] = self.dims[outer] * self.dims[inner]
        for vertex, copy in zip((outer, inner), copies, strict=True):
            self.dims[copy] = self.dims[vertex]
            moved = next(k for v, k in ends[vertex].items() if v in second[1:])
            self.edges[moved] = _with_end(self.edges[moved], vertex, copy)
        self._label_whole(whole, outer, inner, ends[middle][beside])
        return [*level, (whole, outer, inner), (whole, copies[0], copies[1])]

    def _neighbours(self, vertex: int) -> dict[int, int]:
        """The other ends of the edges at a vertex, each with the number of its edge."""
        return {(a if b == vertex else b): k for k, (a, b, _) in enumerate(self.edges) if vertex in (a, b)}

    def _beside(self, middle: int, level: list[Pair]) -> tuple[list[Pair], int]:
        """The other vertex of the two; a port that two pairings share is parted from them by identities first."""
        fixed = {*self.free, *(v for pair in level for v in pair)}
        for vertex in self._neighbours(middle):
            owners = [pair for pair in level if vertex in pair[1:]]
            if vertex not in fixed:
                return level, vertex
            if len(owners) == 2 and vertex not in self.free:
                return self._parted(vertex, owners, level), vertex
        raise NoMatrixForm("no matrix notation: the index graph is not series-parallel")

    def _parted(self, vertex: int, owners: list[Pair], level: list[Pair]) -> list[Pair]:
        parted = [pair for pair in level if pair not in owners]
        for whole, outer, inner in owners:
            fresh = 1 + max(self.dims)
            self.dims[fresh] = self.dims[vertex]
            self.edges.append((vertex, fresh, _identity(self.dims[vertex])))
            parted.append((whole, fresh if outer == vertex else outer, fresh if inner == vertex else inner))
        return parted

    @staticmethod
    def _both_pairs(between: int, ends: list[dict[int, int]], level: list[Pair]) -> tuple[Pair, Pair]:
        """The two pairings, each with one port at each of the two vertices."""
        around = [{v for v, k in known.items() if k != between} for known in ends]
        pairs = [pair for pair in level if all(len(group & set(pair[1:])) == 1 for group in around)]
        if len(pairs) != 2 or any(len(group) != 2 for group in around):
            raise NoMatrixForm("no matrix notation: the index graph is not series-parallel")
        return pairs[0], pairs[1]

    def _label_whole(self, whole: int, outer: int, inner: int, between: int) -> None:
        """The matrix between the two vertices, with the labels of both, as a label of the pairs of them."""
        a, _, parts = self.edges.pop(between)
        matrix = chain_form(parts[0][0])
        labels = {v: chain_form(parts[0][0]) for v, parts in self.labels if v in (outer, inner)}
        self.labels = [(v, parts) for v, parts in self.labels if v not in labels]
        left = [diag_form(labels[inner])] if inner in labels else []
        right = [diag_form(labels[outer])] if outer in labels else []
        self.label(whole, _vec(chain_form((*left, matrix if a == inner else matrix.flipped(), *right))), 1)


class _Ports:
    """The ports of one level, each a vertex of its own, and what stands on and between them."""

    def __init__(self, graph: PairedGraph, level: list[Pair]) -> None:
        self.graph = graph
        self.level = level
        self.owner: dict[int, int] = {}  # port -> its pairing; a vertex that is no port owns itself as -1 - vertex
        self.pairs: list[Pair] = []
        self.label: dict[int, Form] = {}
        self.between: dict[tuple[int, int], Form] = {}
        used = {v for pair in level for v in pair[1:]}
        outside = {
            *graph.free,
            *(v for pair in [*graph.pairs, *level] for v in (pair if pair not in level else pair[:1])),
        }
        self._take_factors(used, outside)
        self._make_ports(outside)

    def _take_factors(self, used: set[int], outside: set[int]) -> None:
        """Factors on ports leave the graph."""
        graph = self.graph
        for v, parts in graph.labels:
            if v in used and v not in outside:
                self.label[v] = chain_form(parts[0][0])
        for a, b, parts in graph.edges:
            if a in used or b in used:
                self.between[a, b] = chain_form(parts[0][0])
        graph.labels = [(v, parts) for v, parts in graph.labels if v not in self.label]
        graph.edges = [(a, b, parts) for a, b, parts in graph.edges if (a, b) not in self.between]

    def _make_ports(self, outside: set[int]) -> None:
        """A vertex that is the port of several pairings, or an axis as well, is tied to copies of itself."""
        taken = set(outside)
        fresh = 1 + max(self.graph.dims)
        for number, (whole, *ports) in enumerate(self.level):
            own = []
            for port in ports:
                if port in taken:
                    dimension = self.graph.dims[fresh] = self.graph.dims[port]
                    ((self.between[port, fresh],), _) = _identity(dimension)[0]
                    port, fresh = fresh, fresh + 1
                taken.add(port)
                self.owner[port] = number
                own.append(port)
            self.pairs.append((whole, own[0], own[1]))

    def _owner(self, vertex: int) -> int:
        return self.owner.get(vertex, -1 - vertex)

    def grouped(self) -> list[list[int]]:
        """Pairings, and vertices that are no ports, connected by edges."""
        merged: list[set[int]] = [{number} for number in range(len(self.level))]
        for a, b in self.between:
            ends = {self._owner(a), self._owner(b)}
            for other in [c for c in merged if c & ends]:
                merged.remove(other)
                ends |= other
            merged.append(ends)
        return [sorted(group, reverse=True) for group in merged]

    def settle(self, group: list[int]) -> None:
        """Put what a group says as a label or an edge on its wholes."""
        if len(group) > 2:
            raise NoMatrixForm("a product over more than two paired indices")
        first = self.pairs[group[0]]
        if len(group) == 1:
            self._settle_alone(first)
        elif group[1] >= 0:
            self._settle_pairs(first, self.pairs[group[1]])
        else:
            self._settle_simple(first, -1 - group[1])

    def _edge(self, a: int, b: int) -> Form | None:
        """The matrix with rows a and columns b."""
        straight = self.between.get((a, b))
        if straight is not None:
            return straight
        turned = self.between.get((b, a))
        return turned.flipped() if turned is not None else None

    def _take_label(self, port: int) -> Form | None:
        return self.label.pop(port, None)

    def _scaled(self, matrix: Form, row: int, column: int) -> Form:
        """The matrix with the labels of its ends multiplied in, each label once."""
        left, right = self._take_label(row), self._take_label(column)
        chain: Chain = (matrix,)
        if left is not None:
            chain = (diag_form(left), *chain)
        if right is not None:
            chain = (*chain, diag_form(right))
        return chain_form(tuple(f for f in chain if not _is_identity(f.straight)) or chain)

    def _column(self, port: int) -> Form:
        """The label of a port, or a column of ones."""
        known = self._take_label(port)
        return known if known is not None else _ones(self.graph.dims[port], ONE)

    def _rank_one(self, row: int, column: int) -> Form:
        """What two ports say that no edge joins."""
        left, right = self._take_label(row), self._take_label(column)
        if left is None and right is None:
            return _ones(self.graph.dims[row], self.graph.dims[column])
        left = left or _ones(self.graph.dims[row], ONE)
        right = right or _ones(self.graph.dims[column], ONE)
        return chain_form((left, right.flipped()))

    def _within(self, pair: Pair) -> None:
        """What stands between the two ports of a pairing is a label of its whole."""
        whole, outer, inner = pair
        matrix = self._edge(inner, outer)
        if matrix is not None:
            self._add_label(whole, _vec(matrix))

    def _add_label(self, whole: int, form: Form) -> None:
        self.graph.label(whole, form, 1)

    def _settle_alone(self, pair: Pair) -> None:
        whole, outer, inner = pair
        matrix = self._edge(inner, outer)
        if matrix is not None:
            self._add_label(whole, _vec(self._scaled(matrix, inner, outer)))
        elif outer in self.label or inner in self.label:
            self._add_label(whole, _kron(self._column(outer), self._column(inner)))

    def _settle_pairs(self, row: Pair, column: Pair) -> None:
        (whole, o1, i1), (other, o2, i2) = row, column
        self._within(row)
        self._within(column)
        straight = (self._edge(o1, o2), self._edge(i1, i2))
        crossed = (self._edge(o1, i2), self._edge(i1, o2))
        if straight != (None, None):
            pair = self._joined(straight, (o1, o2), (i1, i2))
            self.graph.edges.append((whole, other, [((_kron(*pair),), 1)]))
        if crossed != (None, None):
            pair = self._joined(crossed, (o1, i2), (i1, o2))
            turn = _commutation(self.graph.dims[i2], self.graph.dims[o2])
            plain = all(_is_identity(form.straight) for form in pair)
            self.graph.edges.append((whole, other, [((turn,) if plain else (_kron(*pair), turn), 1)]))

    def _joined(
        self, edges: tuple[Form | None, Form | None], first: tuple[int, int], second: tuple[int, int]
    ) -> tuple[Form, Form]:
        """The two factors of a Kronecker product; ends without an edge of this kind say their labels, or ones."""
        one, two = edges
        left = self._scaled(one, *first) if one is not None else None
        right = self._scaled(two, *second) if two is not None else None
        return left or self._rank_one(*first), right or self._rank_one(*second)

    def _settle_simple(self, pair: Pair, vertex: int) -> None:
        """A pairing and a vertex that is no pair."""
        whole, outer, inner = pair
        self._within(pair)
        above, beside = self._edge(outer, vertex), self._edge(inner, vertex)
        if above is not None:
            scaled = self._scaled(above, outer, vertex)
            rest = _ones(self.graph.dims[inner], ONE) if beside is not None else self._column(inner)
            self.graph.edges.append((whole, vertex, [((_kron(scaled, rest),), 1)]))
        if beside is not None:
            scaled = self._scaled(beside, inner, vertex)
            rest = self._column(outer)
            self.graph.edges.append((whole, vertex, [((_kron(rest, scaled),), 1)]))


def _identity(dimension: Dimension) -> list[Part]:
    size = ex.size(dimension)
    return [((same(ex.call("eye", (size,), (dimension, dimension))),), 1)]


def _with_end(edge: Edge, old: int, new: int) -> Edge:
    a, b, parts = edge
    return new if a == old else a, new if b == old else b, parts


def _is_identity(expression: Expr) -> bool:
    return expression.op == "call" and expression.value == "eye"


def _kron(a: Form, b: Form) -> Form:
    def made(left: Expr, right: Expr) -> Expr:
        shape = (left.shape[0] * right.shape[0], left.shape[1] * right.shape[1])
        return ex.call("kron", (left, right), shape)

    def straight() -> Expr:
        return min(made(a.straight, b.straight), ex.transpose(made(a.turned, b.turned)), key=cost_of)

    def turned() -> Expr:
        return min(made(a.turned, b.turned), ex.transpose(made(a.straight, b.straight)), key=cost_of)

    return Form(straight, turned)


def _vec(matrix: Form) -> Form:
    rows, columns = matrix.straight.shape
    return both(ex.call("vec", (matrix.straight,), (rows * columns, ONE)))


def _commutation(rows: Dimension, columns: Dimension) -> Form:
    side = rows * columns
    straight = ex.call("commutation", (ex.size(rows), ex.size(columns)), (side, side))
    return Form(straight, ex.call("commutation", (ex.size(columns), ex.size(rows)), (side, side)))


def _ones(rows: Dimension, columns: Dimension) -> Form:
    if columns == ONE:
        return both(ex.call("ones", (ex.size(rows),), (rows, ONE)))
    return Form(
        ex.call("ones", (ex.size(rows), ex.size(columns)), (rows, columns)),
        ex.call("ones", (ex.size(columns), ex.size(rows)), (columns, rows)),
    )
