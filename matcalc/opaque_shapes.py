"""Calls of opaque functions: each keeps the shapes of its arguments, and derivatives have theirs from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.constraints import Constraint, Extents
from matcalc.errors import MatcalcError, ParseError, UnknownNameError, UnsupportedError
from matcalc.extents import SINGLE, Extent, dimension_of, find, unify
from matcalc.opaque_signature import OpaqueSignature, derivative_shape, path_of, split_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matcalc.inference import Inference
    from matcalc.kinds import FunctionKind
    from matcalc.nodes import Node


class OpaqueUse:
    """A declared function and the extents of its arguments: those declared, else those of the first call."""

    __slots__ = ("arguments", "first", "kind", "name")

    def __init__(self, name: str, kind: FunctionKind, arguments: list[Extents]) -> None:
        self.name = name
        self.kind = kind
        self.arguments = arguments
        self.first: Node | None = None

    def admit(self, inference: Inference, node: Node) -> None:
        """Give the arguments of a call the shapes that the function takes. Fails where they have others."""
        if not self.arguments:
            self.first = node
            self.arguments = [(argument.rows, argument.columns) for argument in node.args]
            return
        takes = f"{self.name} is declared as {self.kind}"
        if self.first is not None:
            takes = f"{self.name} takes what it takes in {inference.text(self.first)}"
        if len(node.args) != len(self.arguments):
            count = f"{len(self.arguments)} argument" + "s" * (len(self.arguments) > 1)
            inference.fail(node, f"{takes}: {count}, not {len(node.args)}", error=ParseError)
        for argument, (rows, columns) in zip(node.args, self.arguments):
            inference.require(argument, rows, columns, f"{takes}, but {{text}} is {{shape}}")

    def signature(self) -> OpaqueSignature:
        """The function at arguments of known shapes, once every extent is known."""
        shapes = tuple((dimension_of(rows), dimension_of(columns)) for rows, columns in self.arguments)
        return OpaqueSignature(self.name, self.kind, shapes)


class DerivativeShape(Constraint):
    """The shape of a derivative, once it is known which of the arguments are scalars, rows or columns."""

    __slots__ = ("moved", "value")

    def __init__(self, node: Node, value: Extents, moved: list[Extents]) -> None:
        super().__init__(node)
        self.value = value
        self.moved = moved

    def watched(self) -> Iterable[Extent]:
        for extents in (self.value, *self.moved, (self.node.rows, self.node.columns)):
            yield from extents

    def settle(self, inference: Inference) -> bool:
        node = self.node
        if any(find(extent).is_open for extents in self.moved for extent in extents):
            return False
        extents = derivative_shape(self.value, self.moved, lambda extent: find(extent).is_one)
        if extents is None:
            message = f"{inference.text(node)} has more than two axes, which no expression holds"
            inference.fail(node, message, error=UnsupportedError)
        if not (unify(node.rows, extents[0]) and unify(node.columns, extents[1])):
            inference.contradiction(node)
        return True


def is_opaque(inference: Inference, name: str) -> bool:
    """Whether a call is of a declared function, or of a derivative such as `grad(f)`."""
    return name in inference.functions or "(" in name


def visit_opaque_call(inference: Inference, node: Node) -> None:
    """Find the function, hold its arguments to their shapes, and give the call its extents."""
    base, operators = split_name(node.value)
    use = inference.functions.get(base)
    if use is None:
        _undeclared(inference, node, base)
    for argument in node.args:
        if argument.op in ("keyword", "word"):
            inference.fail(argument, f"{base} takes its arguments by position", error=ParseError)
    inference.mark_used(*node.args)
    if use.kind.value is None and len(node.args) != 1:
        message = f"{base} is declared as {use.kind}: 1 argument, not {len(node.args)}"
        inference.fail(node, message, error=ParseError)
    try:
        path = path_of(base, operators, use.kind, len(node.args))
    except MatcalcError as error:
        inference.fail(node, error.message, suggestion=error.suggestion, error=type(error))
    node.op, node.value = "opaque", (base, path)
    if use.kind.value is None:
        (argument,) = node.args
        node.rows, node.columns = argument.rows, argument.columns
        return
    use.admit(inference, node)
    _give_shape(inference, node, inference.extents(use.kind.value.shape), [use.arguments[k] for k in path])


def _give_shape(inference: Inference, node: Node, value: Extents, moved: list[Extents]) -> None:
    if not moved:
        node.rows, node.columns = value
    elif len(moved) == 1 and all(extent is SINGLE for extent in value):
        node.rows, node.columns = moved[0]
    else:
        derived = DerivativeShape(node, value, moved)
        inference.wait(node, derived)
        inference.apply(derived)


def _undeclared(inference: Inference, node: Node, base: str) -> NoReturn:
    raise UnknownNameError(
        f"{base} is not declared to be a function",
        source=inference.source,
        position=(node.start, node.end),
        found=base,
        suggestion=f"declare it, as in {base}: function -> scalar",
    )
