"""One step of a derivation: an equation with the rules behind it, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matcalc.layout import shape_text
from matcalc.printers.latex_names import name_latex

if TYPE_CHECKING:
    from matcalc.dimensions import Shape
    from matcalc.expr import Expr
    from matcalc.record import Rule
    from matcalc.terms import Node

# what a step does
NAME, LOCAL, MULTIPLY, SUBSTITUTE, READ_OFF, PUT_BACK, SIMPLIFY = (
    *("name", "local", "multiply", "substitute"),
    *("read off", "put back", "simplify"),
)


class Label:
    """What stands left of the sign: a name, a differential or a derivative, in text and in LaTeX."""

    __slots__ = ("latex", "letters", "text")

    def __init__(self, text: str, latex: str, letters: Sequence[str] = ()) -> None:
        self.text = text
        self.latex = latex
        self.letters = tuple(letters)  # of an entry, in the order of the axes

    def __str__(self) -> str:
        return self.text


def name_label(name: str) -> Label:
    """The label of a name."""
    return Label(name, name_latex(name))


def differential_label(name: str, stem: str) -> Label:
    """The label of the differential of `stem`, which is called `name`."""
    return Label(name, rf"\mathrm{{d}}{name_latex(stem)}")


def derivative_label(
    value: str, by: str, outer: Sequence[str] = (), inner: Sequence[str] = (), is_partial: bool = False
) -> Label:
    r"""The label of a derivative, or of its entry at these letters; a partial one leaves other names where they are.

    >>> derivative_label("z", "theta").text, derivative_label("Y", "X", "kl", "ij", is_partial=True).latex
    ('dz/dtheta', '\\frac{\\partial Y_{kl}}{\\partial X_{ij}}')
    """
    d, sign = (r"\partial ", "∂") if is_partial else (r"\mathrm{d}", "d")
    above, below = _indexed(value, outer), _indexed(by, inner)
    letters = (*outer, *inner)
    return Label(
        f"{sign}{value}{_spot(outer)}/{sign}{by}{_spot(inner)}", rf"\frac{{{d}{above}}}{{{d}{below}}}", letters
    )


def times(first: Label, second: Label) -> Label:
    """The product of two."""
    return Label(f"{first.text}*{second.text}", rf"{first.latex} \, {second.latex}")


def turned(label: Label) -> Label:
    """The transpose of a derivative."""
    return Label(f"({label.text})'", rf"\left({label.latex}\right)^\top")


def summed(letters: Sequence[str], body: Label) -> Label:
    """The sum over some indices."""
    return Label(f"sum_{''.join(letters)}({body.text})", rf"\sum_{{{','.join(letters)}}} {body.latex}")


def plus(labels: Sequence[Label]) -> Label:
    """The sum of some."""
    return Label(" + ".join(one.text for one in labels), " + ".join(one.latex for one in labels))


def _spot(letters: Sequence[str]) -> str:
    return f"[{','.join(letters)}]" if letters else ""


def _indexed(name: str, letters: Sequence[str]) -> str:
    return entry_latex(name_latex(name), letters)


def entry_latex(written: str, letters: Sequence[str], is_bracketed: bool = False) -> str:
    """A name in LaTeX with indices; one that has a subscript already stands in brackets."""
    if not letters:
        return written
    inside = "".join(letters) if all(letter.isalpha() and len(letter) == 1 for letter in letters) else ",".join(letters)
    needs_brackets = not is_bracketed and ("_" in written or "^" in written)
    return (f"({written})" if needs_brackets else written) + f"_{{{inside}}}"


class Step:
    """An equation `left = right`, and what it follows from.

    `action` is what was done: name, local, multiply, substitute, read off, put back, simplify. `rules` are the rules
    used. `local` says how the right side is put together from local derivatives. `result` is the right side as a
    matrix expression, where it has such a form, `node` as an index term; `letters` are those of an entry.
    `definitions` are those of named parts of the right side.
    """

    __slots__ = ("action", "definitions", "label", "local", "node", "result", "right", "rules", "shape")

    def __init__(
        self,
        action: str,
        label: Label,
        right: str,
        result: Expr | None,
        node: Node | None,
        shape: str,
        rules: Sequence[Rule] = (),
        local: Label | None = None,
        definitions: Sequence[str] = (),
    ) -> None:
        self.action = action
        self.label = label
        self.right = right
        self.result = result
        self.node = node
        self.shape = shape
        self.rules = tuple(rules)
        self.local = local
        self.definitions = tuple(definitions)

    @property
    def left(self) -> str:
        """The left side as text."""
        return self.label.text

    @property
    def letters(self) -> tuple[str, ...]:
        """The indices of an entry, in the order of the axes of the node."""
        return self.label.letters

    @property
    def rule(self) -> str:
        """The rules behind the step, as text."""
        return ", ".join(map(str, self.rules))

    @property
    def text(self) -> str:
        """The equation, with the product that the right side was found as in between."""
        middle = [self.local.text] if self.local else []
        where = f", where {', '.join(self.definitions)}" if self.definitions else ""
        return " = ".join([self.left, *middle, self.right]) + where

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<step {self.action}: {self.text}>"

    def data(self) -> dict[str, object]:
        """The step in types that JSON has."""
        return {
            "action": self.action,
            "left": self.left,
            "local": self.local.text if self.local else None,
            "right": self.right,
            "definitions": list(self.definitions),
            "shape": self.shape,
            "rules": [{"name": rule.name, "where": rule.where, "text": rule.text} for rule in self.rules],
        }


def sizes_text(node: Node, shape: Shape | None) -> str:
    """The shape of a right side: rows and columns, or the axes of a tensor."""
    return shape_text(shape) if shape is not None else " x ".join(size.text for size in node.axes)
