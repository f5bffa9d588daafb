"""Index terms back to matrix notation.

A product of at most two axes is a graph: indices are vertices, matrices edges, vectors labels.
Summed vertices are taken away one by one: one with a single edge is `M*v` onto its neighbour, one
with two edges is `M*diag(v)*N`, parallel edges are `M.*N`, a loop is `diag(M)`, and a vertex that
stands alone is a sum, an inner product or a trace. For every first-order gradient of a scalar this
succeeds (the graphs are series-parallel); where it does not, NoMatrixForm is raised.

Every operand is carried as a `Form`, the expression and its transpose, each in its cheapest shape,
so that transposes are decided at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from matcalc import expr as ex
from matcalc.blocks import BlockLayout, block_layout, slot_form, zeros_of
from matcalc.dimensions import ONE, Shape, shape_of
from matcalc.expr import Expr, Rational, magnitude
from matcalc.forms import LONGEST_COMPARED, Chain, Form, assembled, both, cost_of, same, triangle
from matcalc.formulas import written_out
from matcalc.kinds import Kind
from matcalc.kronecker import PairedGraph
from matcalc.lower import local_sizes
from matcalc.network import Network, NoMatrixForm
from matcalc.reading import reading_key
from matcalc.signature import Parameter
from matcalc.substitution import bound_sum
from matcalc.sum_notation import Letters, lettered, written_inside
from matcalc.sums import common_content, exact
from matcalc.symbols import Index, Member
from matcalc.tensor import is_symmetric
from matcalc.terms import (
    Apply,
    Delta,
    Duplication,
    Exponent,
    Leaf,
    Mask,
    Node,
    Pairing,
    Part,
    Product,
    Size,
    Slot,
    Sum,
    Summed,
    Term,
    Unit,
    factors_of,
    postorder,
)

__all__ = ["MatrixForms", "NoMatrixForm", "matrix_form"]


def matrix_form(node: Node) -> Form:
    """The node as a matrix expression and its transpose (a lone axis is a column).

    Raises NoMatrixForm when it has more than two axes or its graph cannot be reduced.
    """
    return MatrixForms().of(node)


# Transposes are made when asked for; at every so many levels they are made anyway.
CHECKPOINT = 6

# in place of the form of a pairing, which has none
_NONE = same(ex.number(1))

# A sum with one of these in it shows where its entries are: no row or column is left to spread beside it.
STRUCTURAL = (Delta, Slot, Pairing, Duplication)

SignedFactor = tuple[Node, Exponent, tuple[int, ...], Form]
SumPart = tuple[tuple[Rational, tuple[object, ...]], bool, Form]  # sort key, sign and form of a term of a sum
Pieces = tuple[bool, list[tuple[Expr, Rational]], Chain | None]  # sign, scalar factors, chain of a product


class MatrixForms:
    """Matrix forms of nodes, remembered; where order is free, the variable comes last."""

    def __init__(
        self,
        variable: str | None = None,
        letters: Letters | None = None,
        numbers_in_front: bool = False,
        prefers_trace: bool = False,
        signs: Mapping[bytes, bool] | None = None,
    ) -> None:
        """`letters` are the indices with which the input sums over its families.

        With `numbers_in_front`, a number that all terms of a sum have stands there where it costs no more; with
        `prefers_trace`, a trace in place of a sum over entries that costs as much. `signs` say of sums by their
        digests whether they are written with all signs turned.
        """
        self.prefers_trace = prefers_trace
        self.signs = signs or {}
        self.turned: dict[bytes, bool] = {}  # the same, where nobody said it
        self.variable = variable
        self.numbers_in_front = numbers_in_front
        self.letters = letters or {}
        self.index_sums: dict[tuple[bytes, bool, bool], tuple[bool, Form]] = {}
        self.forms: dict[bytes, Form] = {}
        self.negated: dict[bytes, Form] = {}
        self.pieces: dict[tuple[object, ...], Pieces] = {}
        self.starts_negative: dict[bytes, bool] = {}  # whether the leading term of a sum has a minus
        self.degrees: dict[bytes, Rational] = {}
        self.depths: dict[bytes, int] = {}  # how many levels of transposes may be unmade below a node

    def of(self, root: Node) -> Form:
        """The form of a node; its parts first, so that nothing recurses on depth."""
        known = self.forms.get(root.digest)
        if known is not None:
            return known
        if root.digest not in self.degrees:
            for node in postorder(root, skip=self.degrees):
                self._measure(node)
                if isinstance(node, Pairing):
                    continue
                if not isinstance(node, Product):
                    self._remember(node)
                    continue
                # a product that is a term of a sum needs no form of its own, one inside a product does
                for child in node.children:
                    if isinstance(child, Product):
                        self.of(child)
        known = self.forms.get(root.digest)
        return known if known is not None else self._remember(root)

    def by_terms(self, node: Node) -> Form:
        """The form of a node; that of a sum over its terms one by one, each with its number."""
        form = self.of(node)
        if not isinstance(node, Sum) or len(node.terms) < 2 or block_layout(node) is not None:
            return form
        terms = self._ordered(node.terms, node)
        return Form(ex.add(*[f.straight for f in terms]), lambda: ex.add(*[f.turned for f in terms]))

    def has_new_members(self, node: Node) -> bool:
        """Whether a family stands at an index with which the input never sums over it, in the node or around it."""
        whole = node
        for index in sorted(node.free, key=repr):
            whole = bound_sum(index, whole)
        members = [symbol for symbol in ex.symbols(self.of(whole).straight) if isinstance(symbol, Member)]
        return any(member.index.name not in self.letters.get(member.family.name, ()) for member in members)

    def _remember(self, node: Node) -> Form:
        form = self.forms[node.digest] = self._form(node)
        _ = form.straight  # made now, as its transpose is at times, so that no later request goes deep
        if self.depths.get(node.digest, 0) > CHECKPOINT:
            _ = form.turned
            self.depths[node.digest] = 0
        return form

    def _form(self, node: Node) -> Form:
        if len(node.axes) > 2:
            raise NoMatrixForm("a tensor of more than two axes")
        if isinstance(node, Leaf):
            return _leaf_form(node)
        if isinstance(node, Size):
            return same(ex.size(node.dimension))
        if isinstance(node, Delta):
            return same(ex.call("eye", (ex.size(node.axes[0]),), (node.axes[0], node.axes[0])))
        if isinstance(node, Slot):
            return slot_form(node)
        if isinstance(node, Duplication):
            return both(ex.call("duplication", (ex.size(node.side),), (node.axes[0], node.axes[1])))
        if isinstance(node, Mask):
            return Form(*[triangle(name, d) for name, d in (("tril", node.axes), ("triu", node.axes[::-1]))])
        if isinstance(node, Unit):
            at = ex.number(node.at) if isinstance(node.at, int) else ex.symbol(node.at, Kind("scalar"))
            args = (at, ex.size(node.axes[0]))
            return both(ex.call("unit", args, (node.axes[0], ONE)))
        if isinstance(node, Apply):
            return self._apply_form(node)
        if isinstance(node, Part):
            return self.of(node.inner)
        if isinstance(node, Sum):
            form = self._sum_form(node.terms, node)
        else:
            assert isinstance(node, (Product, Summed))
            negative, form = self.term(1, node, flip=True)
            form = form.negated() if negative else form
        layout = block_layout(node)
        if layout is None:
            return form
        stacked = self._stacked(layout)
        return stacked if stacked.straight.cost < form.straight.cost else form

    def _stacked(self, layout: BlockLayout) -> Form:
        """Blocks by rows, each in its own form; the transpose is `[A, B]` or `[A'; B']'`, whichever is shorter."""
        blocks: list[Form] = []
        for places, block in layout.entries():
            rows, columns = layout.block_shape(places)
            if block is None:
                blocks.append(Form(zeros_of(rows, columns), zeros_of(columns, rows)))
            else:
                form = self.of(block)
                blocks.append(form if form.straight.shape == (rows, columns) else form.flipped())
        width = 1 if len(layout.parts) == 1 or layout.parts[1] is None else len(layout.parts[1])
        height = len(blocks) // width
        straight = ex.stack(tuple([form.straight for form in blocks]), height, width)
        by_columns = [form.turned for k in range(width) for form in blocks[k::width]]
        turned = ex.stack(tuple(by_columns), width, height)
        return Form(min(straight, ex.transpose(turned), key=cost_of), min(turned, ex.transpose(straight), key=cost_of))

    def operands(self, node: Apply) -> list[Form]:
        """The arguments of a function, each as the function takes it."""
        return [_as_taken(self.of(a), p) for a, p in zip(node.args, node.function.parameters)]

    def _apply_form(self, node: Apply) -> Form:
        args = self.operands(node)
        if node.function.transposes == "vanishes":  # det(A*B), not det(B'*A')
            args = [a if a.straight.cost <= a.turned.cost else a.flipped() for a in args]
        straight_args = tuple([a.straight for a in args])
        shape = _result_shape(node, straight_args)
        straight = _called(node, straight_args, shape)
        if len(node.axes) == 1 and straight.is_row:
            return both(straight).flipped()
        if is_symmetric(node) or not node.axes:
            return same(straight)
        if not (node.function.elementwise or node.function.transposes == "moves"):
            return both(straight)
        turned = [args[k].turned for k in node.function.turned_order]
        inside = _called(node, tuple(turned), (shape[1], shape[0]))
        if inside.cost < straight.cost:
            return both(inside).flipped()
        if node.function.linear is not None:  # f(A', B') rather than f(A, B)'
            return Form(straight, lambda: min(inside, ex.transpose(straight), key=cost_of))
        return Form(straight, lambda: min(ex.transpose(straight), inside, key=_cost_and_inner_transposes))

    # -- sums

    def _sum_form(self, terms: tuple[Term, ...], node: Sum) -> Form:
        """The sum with its terms in reading order and, where there is one, a positive term first."""
        if not terms:
            shape = shape_of(node.axes)
            return _zero(shape)
        if len(terms) == 1:
            negative, form = self.term(*terms[0], flip=True)
            return form.negated() if negative else form
        written_out = self._written_out(terms, node)
        content = common_content(terms)
        if content == 1:
            return written_out
        if all(c < 0 for c, _ in terms):
            content = -content
        inner = self._written_out(tuple([(exact(Fraction(c) / content), n) for c, n in terms]), node)
        negative, factored = assembled(
            content, [] if node.axes else [(inner.straight, 1)], (inner,) if node.axes else None
        )
        saved = written_out.straight.cost - factored.straight.cost
        if saved < 0 or (saved == 0 and not self.numbers_in_front):
            return written_out
        return factored.negated() if negative else factored

    def _ordered(self, terms: tuple[Term, ...], node: Sum) -> list[Form]:
        """The terms with their signs in reading order, a positive one first."""
        parts = self._sum_parts(terms, node)
        # by the structure, not by the names, as the sign of a factor may decide what the whole costs
        if terms is node.terms:
            self.starts_negative[node.digest] = min(parts, key=_degree_and_cost)[1]
        parts.sort(key=lambda part: part[0])
        if parts[0][1] and not all(negative for _, negative, _ in parts):
            first = next(k for k, part in enumerate(parts) if not part[1])
            parts.insert(0, parts.pop(first))
        return [f.negated() if negative else f for _, negative, f in parts]

    def _written_out(self, terms: tuple[Term, ...], node: Sum) -> Form:
        forms = self._ordered(terms, node)
        if is_symmetric(node):
            return same(ex.add(*[f.straight for f in forms]))
        if len(node.axes) < 2:
            column = ex.add(*[f.straight for f in forms])
            if not node.axes:
                return same(column)
            if column.cost < sum([f.turned.cost for f in forms]):
                return both(column)
        straight, turned = ex.add(*[f.straight for f in forms]), ex.add(*[f.turned for f in forms])
        return Form(min(straight, ex.transpose(turned), key=cost_of), min(turned, ex.transpose(straight), key=cost_of))

    def _sum_parts(self, terms: tuple[Term, ...], node: Node) -> list[SumPart]:
        """Sort key, sign and form of each term; what reads well so is left to spread over the others."""
        parts: list[SumPart] = []
        spreading = _spreading(terms)
        for coefficient, part in terms:
            touched = _touched(part)
            axes = tuple(touched) if touched in spreading else None
            negative, form = self.term(coefficient, part, flip=False, axes=axes)
            form = form.flipped() if axes == (1,) else form
            key = (-self.degrees[part.digest], reading_key(form.straight))
            parts.append((key, negative, form))
        return parts

    # -- products

    def term(
        self, coefficient: Rational, node: Node, *, flip: bool, axes: tuple[int, ...] | None = None
    ) -> tuple[bool, Form]:
        """Sign and form of `coefficient * node`; with `axes`, of the part that varies along these.

        With `flip`, a minus goes into a factor that is a difference.
        """
        if not isinstance(node, (Product, Summed)):
            if not node.axes:
                return assembled(coefficient, [(self.of(node).straight, 1)], None)
            return assembled(coefficient, [], (self.of(node),))
        turned = flip and coefficient < 0
        key = (node.digest, axes, turned, flip and not turned)
        known = self.pieces.get(key)
        if known is None:
            known = self.pieces[key] = self._product_pieces(coefficient < 0, node, flip, axes)
        negative, scalars, chain = known
        sign, form = assembled(magnitude(coefficient), scalars, chain)
        if not flip:
            negative = negative != (coefficient < 0)
        return negative != sign, form

    def _product_pieces(self, negative: bool, node: Node, flip: bool, axes: tuple[int, ...] | None) -> Pieces:
        """Sign, scalar factors and chain of a product; without `flip`, of its positive multiple.

        Factors that meet a sum over an index are written inside it where that is shorter.
        """
        best = self._pieces(negative, node, flip, axes)
        for other in written_inside(node) if isinstance(node, Product) else ():
            found = self._pieces(negative, other, flip, axes)
            if _cost_of_pieces(found) < _cost_of_pieces(best):
                best = found
        return best

    def _pieces(self, negative: bool, node: Node, flip: bool, axes: tuple[int, ...] | None) -> Pieces:
        negative, factors = self.signed_factors(negative and flip, node, flip)
        scalars = [self.scalar_factor(base, e, form) for base, e, i, form in factors if not i]
        chain = self.network(node, factors, tuple(range(len(node.axes))) if axes is None else axes).solved()
        return negative, scalars, chain

    def signed_factors(self, negative: bool, node: Node, flip: bool) -> tuple[bool, list[SignedFactor]]:
        """The factors with their forms, each sum in its better sign, and the sign of the whole."""
        result: list[SignedFactor] = []
        turnable: tuple[int, Form] | None = None
        factors = factors_of(node)
        for base, exponent, indices in factors:
            minus, form = self._signed(base) if isinstance(exponent, int) else (False, self.of(base))
            odd = isinstance(exponent, int) and exponent % 2 == 1
            negative = negative != (minus and odd)
            if odd and sum([b == base for b, _, _ in factors]) == 1:
                turned = self._turned(base, form)
                if turned is not None and _better_turn(form, turnable, result):
                    turnable = len(result), turned
            result.append((base, exponent, indices, form))
        if negative and flip and turnable is not None:
            place, turned = turnable
            base, exponent, indices, _ = result[place]
            result[place] = (base, exponent, indices, turned)
            negative = False
        return negative, result

    def _signed(self, base: Node) -> tuple[bool, Form]:
        """A factor in the sign in which it reads better, and whether that is the other one."""
        if isinstance(base, Pairing):
            return False, _NONE
        if isinstance(base, Summed):
            return self._sum_over_index(base, negative=False, flip=False)
        if isinstance(base, Sum) and self._reads_better_negated(base):
            return True, self._negated_sum(base)
        return False, self.of(base)

    def _turned(self, base: Node, form: Form) -> Form | None:
        """Minus a factor of this form, without a minus in front: a difference taken the other way round."""
        if isinstance(base, Summed):
            minus, _ = self._sum_over_index(base, negative=False, flip=False)
            negative, turned = self._sum_over_index(base, negative=not minus, flip=True)
            return turned if not negative else None
        if not isinstance(base, Sum) or not _has_minus(form):
            return None
        turned = self._negated_sum(base)
        return self.of(base) if turned.straight == form.straight else turned

    def _sum_over_index(self, node: Summed, *, negative: bool, flip: bool) -> tuple[bool, Form]:
        """Sign and form of a sum over an index, or of minus that sum; with `flip`, a minus goes inside where it can."""
        known = self.index_sums.get((node.digest, negative, flip))
        if known is None:
            index, body = lettered(node, self.letters)
            self.of(body)
            minus, scalars, chain = self._product_pieces(negative, body, flip, None)
            sign, form = assembled(1, scalars, chain)
            known = minus != sign, _summed_form(index, form)
            self.index_sums[node.digest, negative, flip] = known
        return known

    def _negated_sum(self, node: Sum) -> Form:
        known = self.negated.get(node.digest)
        if known is None:
            known = self.negated[node.digest] = self._sum_form(tuple([(-c, n) for c, n in node.terms]), node)
        return known

    def _reads_better_negated(self, node: Sum) -> bool:
        """As in the input; else a constant reads better positive (`1 - s`), else the term of highest degree."""
        known = self.signs.get(node.digest)
        if known is None:
            known = self.turned[node.digest] = self._starts_better_negated(node)
        return known

    def _starts_better_negated(self, node: Sum) -> bool:
        for coefficient, part in node.terms:
            if isinstance(part, Product) and not part.factors:
                return coefficient < 0
        return self.starts_negative.get(node.digest, False)

    def scalar_factor(self, base: Node, exponent: Exponent, form: Form) -> tuple[Expr, Rational]:
        """A scalar factor; a root of a sum of squares is a norm."""
        if not isinstance(exponent, (int, Node)) and exponent.denominator == 2 and isinstance(base, Product):
            squares = base.factors
            if len(squares) == 1 and squares[0][1] == 2 and len(set(squares[0][2])) == len(squares[0][2]) > 0:
                _, inner = self._signed(squares[0][0])
                norm = ex.call("norm2", (min(inner.straight, inner.turned, key=cost_of),), (ONE, ONE))
                return norm, exponent.numerator
        if isinstance(exponent, Node):
            return ex.power(form.straight, self.of(exponent).straight), 1
        return form.straight, exponent

    def network(
        self, node: Node, factors: list[SignedFactor], axes: tuple[int, ...], ties_are_edges: bool = False
    ) -> Network:
        """The index graph of a product, its axes being those listed."""
        graph = self._graph(node, factors, axes, ties_are_edges)
        return graph.network() if isinstance(graph, PairedGraph) else graph

    def _graph(
        self, node: Node, factors: list[SignedFactor], axes: tuple[int, ...], ties_are_edges: bool
    ) -> Network | PairedGraph:
        place = {k: (axes.index(k) if k in axes else -1) for k in range(len(node.axes))}
        bound = node.bound if isinstance(node, Product) else ()
        place.update({k: k for k in range(len(node.axes), len(node.axes) + len(bound))})
        dims = {place[k]: d for k, d in enumerate(node.axes + bound) if place[k] >= 0}
        paired = any(isinstance(base, Pairing) for base, _, _ in factors_of(node))
        free = tuple(range(len(axes)))
        network = (
            PairedGraph(free, dims, self.variable) if paired else Network(free, dims, self.variable, self.prefers_trace)
        )
        for base, exponent, indices, form in factors:
            spots = [place[i] for i in indices]
            if isinstance(base, Pairing) and isinstance(network, PairedGraph):
                network.pairs.append((spots[0], spots[1], spots[2]))
                continue
            powered = self._node_power(form, exponent)
            if isinstance(base, Delta) and not ties_are_edges:
                network.tie(spots[0], spots[1])
            elif len(spots) == 1:
                network.label(spots[0], *powered)
            elif len(spots) == 2:
                network.edge(spots[0], spots[1], *powered)
            elif spots:
                raise NoMatrixForm("a factor of more than two axes")
        return network

    def _node_power(self, form: Form, exponent: Exponent) -> tuple[Form, Rational]:
        if not isinstance(exponent, Node):
            return form, exponent
        power = self.of(exponent).straight
        return Form(lambda: ex.hadpow(form.straight, power), lambda: ex.hadpow(form.turned, power)), 1

    # -- degree, which orders the terms of a sum

    def _measure(self, node: Node) -> None:
        degree: Rational = 1
        if isinstance(node, Product):
            degree = 0
            for base, exponent, _ in node.factors:
                own = self.degrees[base.digest]
                degree += own if isinstance(exponent, Node) else own * exponent
        elif isinstance(node, Sum):
            degree = max([self.degrees[n.digest] for _, n in node.terms], default=0)
        elif isinstance(node, (Part, Summed)):
            degree = self.degrees[node.children[0].digest]
        elif isinstance(node, (Delta, Duplication, Mask, Size, Unit, Slot, Pairing)):
            degree = 0
        self.degrees[node.digest] = degree
        self.depths[node.digest] = 1 + max([self.depths[child.digest] for child in node.children], default=0)


def _as_taken(form: Form, parameter: Parameter) -> Form:
    """An operand in the orientation that a parameter asks for: index terms do not tell a row from a column."""
    takes_row = parameter.kind is not None and parameter.kind.structure == "row"
    return form.flipped() if takes_row and form.straight.is_column else form


def _called(node: Apply, args: tuple[Expr, ...], shape: Shape) -> Expr:
    """The call of a function, or its formula where answers show that; a matrix power is written X^k."""
    if node.function.printed:
        return written_out(node.function, args)
    if node.function.name == ex.MATRIX_POWER:
        return ex.power(*args)
    return ex.call(node.function.name, args, shape)


def _result_shape(node: Apply, args: tuple[Expr, ...]) -> Shape:
    """The shape of a call: by the signature, as a function may turn a column into a row."""
    function = node.function
    if function.elementwise or function.result is None:
        return shape_of(node.axes)
    local = local_sizes(function, [a.shape for a in args])
    rows, columns = function.result.shape
    return rows.substituted(local), columns.substituted(local)


def _touched(node: Node) -> set[int]:
    """The axes along which the entries of a node vary."""
    if not isinstance(node, Product):
        return set(range(len(node.axes)))
    return {i for _, _, indices in node.factors for i in indices if i < len(node.axes)}


def _spreading(terms: tuple[Term, ...]) -> list[set[int]]:
    """The axes along which terms may vary and still be left to spread.

    A scalar spreads beside anything but an identity, for `eye(n) - 1` looks like a mistake; a row or a column beside a
    matrix where it is a variable, as in `X*W + b'`, and not both in one sum, for together they make none.
    """
    parts = [part for _, part in terms]
    filled = [_touched(part) for part in parts]
    if not any(filled) or any(isinstance(base, STRUCTURAL) for part in parts for base, _, _ in factors_of(part)):
        return []
    lines = [touched for touched in ({0}, {1}) if touched in filled]
    plain = all(_is_variable(part) for part, touched in zip(parts, filled) if touched in lines)
    return [set(), *lines] if {0, 1} in filled and len(lines) == 1 and plain else [set()]


def _is_variable(node: Node) -> bool:
    factors = factors_of(node)
    return len(factors) == 1 and factors[0][1] == 1 and isinstance(factors[0][0], Leaf)


def _degree_and_cost(part: SumPart) -> tuple[Rational, int]:
    """Of the term that reads positive: of the highest degree, and among those the shortest."""
    (degree, _), _, form = part
    return degree, form.straight.cost


def _summed_form(index: Index, body: Form) -> Form:
    return Form(lambda: ex.index_sum(index, body.straight), lambda: ex.index_sum(index, body.turned))


def _cost_of_pieces(pieces: Pieces) -> int:
    return assembled(1, *pieces[1:])[1].straight.cost


def _has_minus(form: Form) -> bool:
    whole = form.straight.args[0] if form.straight.op == "transpose" else form.straight
    return whole.op == "add" and any(a.op == "neg" for a in whole.args)


def _better_turn(form: Form, known: tuple[int, Form] | None, result: list[SignedFactor]) -> bool:
    """Among differences, the one that starts with a constant is turned last."""
    if known is None:
        return True
    return result[known[0]][3].straight.args[0].op == "number" and form.straight.args[0].op != "number"


def _cost_and_inner_transposes(expression: Expr) -> tuple[int, int]:
    """Cost, then how often a transpose stands inside a function: `inv(A)'` rather than `inv(A')`."""
    if expression.cost > LONGEST_COMPARED:
        return expression.cost, 0
    calls = [node for node in ex.postorder(expression) if node.op == "call"]
    return expression.cost, sum(part.op == "transpose" for call in calls for part in ex.postorder(call))


def _zero(shape: Shape) -> Form:
    if shape == (ONE, ONE):
        return same(ex.number(0))
    args = (ex.size(shape[0]),) if shape[1] == ONE else (ex.size(shape[0]), ex.size(shape[1]))
    turned = ex.call("zeros", (ex.size(shape[1]), ex.size(shape[0])), (shape[1], shape[0]))
    return Form(ex.call("zeros", args, shape), turned)


def _leaf_form(node: Leaf) -> Form:
    name = node.symbol.name
    if "constant" in node.facts:
        return same(ex.call(name, (), (ONE, ONE)))
    written = ex.named(node.symbol)
    if not node.axes or is_symmetric(node):
        return same(written)
    if "diagonal" in node.facts:
        return both(ex.call("diag", (written,), (node.axes[0], ONE)))
    if len(node.axes) == 1 and written.is_row:
        return Form(lambda: ex.transpose(written), written)
    return both(written)
