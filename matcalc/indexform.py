"""Index terms in index notation: `[k,l,i,j] A[k,i]*eye(p)[l,j]`, exact for every tensor.

Summed indices are taken away as far as matrix notation goes, so that an entry reads `(A*B)[i,j]`; what
cannot be is an explicit `sum_k(...)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from matcalc.errors import UnsupportedError
from matcalc.expr import Expr, Rational, magnitude
from matcalc.forms import Form, assembled
from matcalc.matrixform import MatrixForms, NoMatrixForm, SignedFactor
from matcalc.opaque_function import OpaqueFunction
from matcalc.opaque_signature import split_name
from matcalc.printers.text import number_text, text
from matcalc.slices import held
from matcalc.sum_notation import LETTERS as SUM_LETTERS
from matcalc.sum_notation import Letters, lettered
from matcalc.terms import (
    Apply,
    Leaf,
    Node,
    Pairing,
    Part,
    Product,
    Sum,
    Summed,
    linear_axes,
    make_product,
    postorder,
)

# input axes are i, j, the others follow
LETTERS = "ijklpqrstuvabcdefgh"
# Nobody reads a longer form, and a shared part is written out wherever it stands.
MOST_TERMS = 2000


def index_text(node: Node, sums: Letters | None = None, inputs: Sequence[int] = ()) -> str:
    """The entry of a tensor in terms of entries, its axes named in front; letters skip every name in use.

    `sums` are the letters with which the input sums over its families, `inputs` the axes of the variables, which are
    lettered first.
    """
    letters = _letters(node, sums or {})
    order = [*inputs, *(k for k in range(len(node.axes)) if k not in inputs)]
    lettered = {axis: next(letters) for axis in order}
    axes = [lettered[k] for k in range(len(node.axes))]
    body = _Writer(letters, sums or {}).entry(node, axes)
    return (f"[{','.join(axes)}] " if axes else "") + body


def entry_text(node: Node, axes: Sequence[str], sums: Letters | None = None) -> str:
    """The entry of a tensor at indices with these letters."""
    free = (letter for letter in _letters(node, sums or {}) if letter not in axes)
    return _Writer(free, sums or {}).entry(node, list(axes))


def _letters(node: Node, sums: Letters) -> Iterator[str]:
    order = postorder(node)
    taken = {n.symbol.name for n in order if isinstance(n, Leaf)}
    taken |= {split_name(n.function.name)[0] for n in order if isinstance(n, Apply)}
    taken |= {letter for letters in sums.values() for letter in letters} | set(SUM_LETTERS[: node.binders])
    taken |= {name for n in order for d in n.axes for name in d.names}
    number = 0
    while True:
        for letter in LETTERS:
            name = letter + (str(number) if number else "")
            if name not in taken:
                yield name
        number += 1


class _Writer:
    def __init__(self, letters: Iterator[str], sums: Letters) -> None:
        self.letters = letters
        self.sums = sums
        self.forms = MatrixForms(letters=sums)
        self.terms_written = 0

    def entry(self, node: Node, indices: list[str]) -> str:
        """The entry of a node at these indices."""
        while isinstance(node, Part):
            node = node.inner
        terms = node.terms if isinstance(node, Sum) else ((1, node),)
        pieces = sorted((negative, body) for negative, body in (self._term(c, n, indices) for c, n in terms))
        if not pieces:
            return "0"
        first = ("-" if pieces[0][0] else "") + pieces[0][1]
        return first + "".join((" - " if negative else " + ") + body for negative, body in pieces[1:])

    def _term(self, coefficient: Rational, node: Node, indices: list[str]) -> tuple[bool, str]:
        """Sign and text of a scaled entry."""
        self.terms_written += 1
        if self.terms_written > MOST_TERMS:
            raise UnsupportedError(f"the index form of this tensor has more than {MOST_TERMS} terms")
        factors: list[SignedFactor] = []
        wraps: list[str] = []
        if isinstance(node, Pairing):
            node = make_product(((node, 1, (0, 1, 2)),), node.axes, ())
        if isinstance(node, Product):
            negative, factors, entries, wraps = self._product(coefficient, node, indices)
        else:
            negative, entries = coefficient < 0, [self._operand(node, indices)]
        scalars = [self.forms.scalar_factor(b, e, form) for b, e, i, form in factors if not i]
        scale, below = assembled(magnitude(coefficient), scalars, None)[1].straight, ""
        if entries and scale.op == "div":
            scale, below = scale.args[0], f"/{_factor(scale.args[1], 'mul')}"
        if scale.op != "number" or scale.value != 1 or not entries:
            entries.append(_factor(scale))
        # a scalar in front of entries, identities after them
        body = (
            "*".join(sorted(entries, key=lambda entry: (entry.startswith("eye("), entry.endswith("]"), entry))) + below
        )
        for letter in reversed(wraps):
            body = f"sum_{letter}({body})"
        return negative, body

    def _product(
        self, coefficient: Rational, node: Product, indices: list[str]
    ) -> tuple[bool, list[SignedFactor], list[str], list[str]]:
        if not all(self._has_form(base) for base in node.children):
            return self._nested(coefficient, node, indices)
        negative, factors = self.forms.signed_factors(coefficient < 0, node, True)
        network = self.forms.network(node, factors, tuple(range(len(node.axes))), ties_are_edges=True)
        try:
            labels, edges = network.entries()
        except NoMatrixForm:
            return (negative, factors, *self._explicit(node, factors, indices))
        entries = [_indexed(form.straight, [indices[v]]) for v, form in labels]
        entries += [_matrix_entry(form, indices[a], indices[b]) for a, b, form in edges]
        return negative, factors, entries, []

    def _nested(
        self, coefficient: Rational, node: Product, indices: list[str]
    ) -> tuple[bool, list[SignedFactor], list[str], list[str]]:
        """A product with a factor that is a tensor, or made of tensors: every factor as an entry of its own."""
        bound = [next(self.letters) for _ in node.bound]
        place = [*indices, *bound]
        entries, counted = _pairs_counted(node, place)
        for base, exponent, spots in node.factors:
            if not isinstance(base, Pairing):
                body = self._operand(base, [place[i] for i in spots])
                entries.append(body if exponent == 1 else f"({body})^{self._power(exponent)}")
        entries += _ranges(node, place)
        return coefficient < 0, [], entries, [letter for letter in bound if letter not in counted]

    def _operand(self, base: Node, indices: list[str]) -> str:
        """The entry of a factor; of a tensor, in brackets."""
        while isinstance(base, Part):
            base = base.inner
        if isinstance(base, Summed) and (len(base.axes) > 2 or not self._has_form(base)):
            index, body = lettered(base, self.sums)
            return f"sum_{index.name}({self.entry(body, indices)})"
        if isinstance(base, Apply) and len(base.axes) > 2:
            return self._call(base, indices)
        if len(base.axes) > 2 or not self._has_form(base):
            if not isinstance(base, (Sum, Product, Pairing)):
                raise UnsupportedError("a part of this answer has no notation, neither with matrices nor with indices")
            return f"({self.entry(base, indices)})"
        return _indexed(self.forms.of(base).straight, indices)

    def _has_form(self, node: Node) -> bool:
        """Whether a factor can be written in matrix notation."""
        try:
            self.forms.of(node)
        except NoMatrixForm:
            return False
        return True

    def _call(self, node: Apply, indices: list[str]) -> str:
        """The entry of a call with more than two axes: an opaque one, of entries, or linear in an operand."""
        function, place = node.function, node.function.linear
        if isinstance(function, OpaqueFunction) and not function.elementwise:
            args = ", ".join([text(form.straight) for form in self.forms.operands(node)])
            return f"{function.name}({args})[{','.join(function.opaque.in_order(indices))}]"
        if place is None:
            return f"{function.name}({self.entry(node.args[0], indices)})"
        own = linear_axes(function, node.args)
        result = len(node.axes) - (len(node.args[place].axes) - own)
        operands = [text(self.forms.of(arg).straight) for k, arg in enumerate(node.args) if k != place]
        operands.insert(place, self._slice(node.args[place], own, indices[result:]))
        return f"{function.name}({', '.join(operands)})" + (f"[{','.join(indices[:result])}]" if result else "")

    def _slice(self, node: Node, own: int, letters: list[str]) -> str:
        """The matrix that an operand is at these indices along its further axes."""
        try:
            return text(self.forms.of(held(node, {own + k: letter for k, letter in enumerate(letters)})).straight)
        except (NoMatrixForm, UnsupportedError):
            entry = [next(self.letters) for _ in range(own)]
            return f"[{','.join(entry)}] {self.entry(node, [*entry, *letters])}"

    def _explicit(self, node: Product, factors: list[SignedFactor], indices: list[str]) -> tuple[list[str], list[str]]:
        """Every factor entry by entry, with a sum for each summed index."""
        bound = [next(self.letters) for _ in node.bound]
        place = [*indices, *bound]
        entries = []
        for _, exponent, spots, form in factors:
            if spots:
                body = _indexed(form.straight, [place[i] for i in spots])
                entries.append(body if exponent == 1 else f"{body}^{self._power(exponent)}")
        return entries, bound

    def _power(self, exponent: int | Fraction | Node) -> str:
        if isinstance(exponent, Node):
            return f"({text(self.forms.of(exponent).straight)})"
        written = number_text(magnitude(exponent))
        return written if exponent > 0 and written.isdigit() else f"({'-' * (exponent < 0)}{written})"


def _pairs_counted(node: Product, place: list[str]) -> tuple[list[str], set[str]]:
    """What pairings say. A summed index that counts pairs becomes their number in `place`; its letter is not needed.

    An axis that counts pairs stays, with an identity between it and the number of the pair.
    """
    entries: list[str] = []
    counted: set[str] = set()
    waiting = [(base.axes, spots) for base, _, spots in node.factors if isinstance(base, Pairing)]
    while waiting:
        wholes = {spots[0] for _, spots in waiting}
        axes, spots = next(((a, s) for a, s in waiting if not wholes & set(s[1:])), waiting[0])
        waiting.remove((axes, spots))
        whole, outer, inner = spots
        length = axes[2].text if axes[2].text.isalnum() else f"({axes[2].text})"
        number = f"{length}*({place[outer]}-1)+{place[inner]}"
        if whole >= len(node.axes) and place[whole] not in counted and place[whole].isalnum():
            counted.add(place[whole])
            place[whole] = number
        else:
            entries.append(f"eye({axes[0].text})[{place[whole]},{number}]")
    return entries, counted


def _ranges(node: Product, place: list[str]) -> list[str]:
    """Ones over the letters that only stand in the number of a pair, so that it can be seen how far they run."""
    shown = {i for base, _, spots in node.factors if not isinstance(base, Pairing) for i in spots}
    bound = range(len(node.axes), len(place))
    sizes = dict(zip(bound, node.bound, strict=True))
    return [f"ones({sizes[i].text})[{place[i]}]" for i in bound if i not in shown and place[i].isalnum()]


def _indexed(expression: Expr, indices: list[str]) -> str:
    """An operand with its indices; anything but a name or a call in brackets."""
    written = text(expression)
    if expression.op not in ("symbol", "call", "index_sum"):
        written = f"({written})"
    return written + (f"[{','.join(indices)}]" if indices else "")


def _matrix_entry(form: Form, row: str, column: str) -> str:
    """The entry of a matrix, by way of its transpose where that is shorter."""
    if form.turned.cost < form.straight.cost:
        return _indexed(form.turned, [column, row])
    return _indexed(form.straight, [row, column])


def _factor(expression: Expr, *bracketed: str) -> str:
    """A scalar beside entries; operations in brackets besides those that need them everywhere."""
    written = text(expression)
    return f"({written})" if expression.op in ("add", "neg", "div", *bracketed) else written
