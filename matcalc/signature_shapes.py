"""Functions of the rulebook: the shapes of a call by the kinds of a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.constraints import ComputedSize, Constraint, combine, is_open
from matcalc.dimensions import ONE, Dimension
from matcalc.errors import ParseError, UnsupportedError
from matcalc.extents import SINGLE, Extent, find, unify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matcalc.inference import Inference
    from matcalc.kinds import Kind
    from matcalc.nodes import Node
    from matcalc.signature import Parameter, Signature


def overloads(inference: Inference, node: Node, name: str) -> Sequence[Signature]:
    """The signatures of a name; a function that the rulebook only reserves is refused with its place."""
    try:
        return inference.rulebook.overloads(name)
    except UnsupportedError as error:
        if error.position is not None:
            raise
        inference.fail(node, error.message, error=UnsupportedError)


def literal(node: Node) -> object:
    """The number, or `inf`, that a node is; None for anything else."""
    return node.value if node.op in ("number", "inf") else None


def visit_rulebook_call(inference: Inference, node: Node, signatures: Sequence[Signature]) -> None:
    fitting = [s for s in signatures if takes(s, node.args)]
    if not fitting:
        forms = ", ".join(dict.fromkeys(_usage(s) for s in signatures))
        inference.fail(
            node, f"{node.value} does not take these arguments", suggestion=f"write {forms}", error=ParseError
        )
    if len(fitting) == 1:
        apply_signature(inference, node, fitting[0])
        return
    choice = Choice(node, fitting)
    inference.wait(node, choice)
    inference.apply(choice)


def takes(signature: Signature, args: Sequence[Node]) -> bool:
    """Whether the number of arguments and the literal ones agree."""
    parameters = signature.parameters
    return len(parameters) == len(args) and all(
        p.literal is None or p.literal == literal(a) for p, a in zip(parameters, args, strict=True)
    )


def _usage(signature: Signature) -> str:
    """`norm(x, inf)`: how a function is called; capitals are matrices, as in the rule files."""
    inside = ", ".join(str(p.literal) if p.literal is not None else p.name for p in signature.parameters)
    return f"{signature.name}({inside})"


def apply_signature(inference: Inference, node: Node, signature: Signature) -> None:
    """Unify the arguments with the parameters and give the call the extents of the result."""
    pairs = [(p, a) for p, a in zip(signature.parameters, node.args, strict=True) if p.literal is None]
    for argument in node.args:
        if argument.op == "inf":
            argument.op = "order"  # in its place
    node.value = signature.alias or node.value
    if signature.elementwise:
        combine(inference, node, [a for _, a in pairs], takes_shape=False)
        return
    sizes: dict[str, Extent] = {}
    for parameter, argument in pairs:
        if parameter.kind is not None:
            _apply_parameter(inference, node, parameter, parameter.kind, argument, sizes)
    result = signature.result
    assert result is not None, f"{signature!r} has no result"
    node.rows, node.columns = (local_extent(inference, node, d, sizes) for d in result.shape)


def _apply_parameter(
    inference: Inference, node: Node, parameter: Parameter, kind: Kind, argument: Node, sizes: dict[str, Extent]
) -> None:
    """One argument against one kind: square kinds check squareness, matrix kinds take every shape."""
    rows, columns = (local_extent(inference, node, d, sizes) for d in kind.shape)
    if kind.structure == "matrix":
        inference.mark_reduced(argument)
    elif kind.structure != "scalar":
        inference.mark_nonscalar(argument)
    if kind.shape[0] == kind.shape[1] and kind.structure != "scalar":
        message = f"{node.value} takes a square matrix, {{text}} is {{shape}}"
        inference.require(argument, argument.columns, argument.rows, message)
    inference.require(argument, rows, columns, f"{node.value} takes a {kind.structure} here, {{text}} is {{shape}}")


def local_extent(inference: Inference, node: Node, dimension: Dimension, sizes: dict[str, Extent]) -> Extent:
    """The extent of a dimension of a signature, whose names are its own."""
    if dimension == ONE:
        return SINGLE
    if dimension.number is not None:
        return inference.extent(dimension)
    if len(dimension.names) == 1 and dimension == Dimension.of(dimension.names[0]):
        return sizes.setdefault(dimension.names[0], Extent())
    for name in dimension.names:
        sizes.setdefault(name, Extent())
    computed = ComputedSize(node, dimension, sizes)
    inference.postpone(computed)
    inference.apply(computed)
    return computed.extent


class Choice(Constraint):
    """A call with several signatures: the first that takes the shapes of the arguments, once they are known."""

    __slots__ = ("signatures",)

    def __init__(self, node: Node, signatures: Sequence[Signature]) -> None:
        super().__init__(node)
        self.signatures = signatures

    def settle(self, inference: Inference) -> bool:
        node = self.node
        if any(is_open(a) for a in node.args):
            return False
        chosen = next((s for s in self.signatures if _accepts(s, node.args)), None)
        if chosen is None:
            self._refuse(inference)
        rows, columns = node.rows, node.columns
        apply_signature(inference, node, chosen)
        if not (unify(rows, node.rows) and unify(columns, node.columns)):
            inference.contradiction(node)
        return True

    def _refuse(self, inference: Inference) -> NoReturn:
        """None of the signatures takes these shapes."""
        inference.name_sizes()
        shapes = " and ".join(f"{inference.text(a)} is {inference.shape(a)}" for a in self.node.args)
        forms = ", ".join(dict.fromkeys(_usage(s) for s in inference.rulebook.overloads(self.node.value)))
        inference.fail(
            self.node, f"no {self.node.value} takes these arguments: {shapes}", suggestion=f"there are {forms}"
        )


def _accepts(signature: Signature, args: Sequence[Node]) -> bool:
    """Whether decided arguments have the structure the parameters ask for."""
    for parameter, argument in zip(signature.parameters, args, strict=True):
        kind = parameter.kind
        if kind is None or parameter.literal is not None:
            continue
        rows, columns = find(argument.rows), find(argument.columns)
        if kind.structure == "scalar" and not (rows.is_one and columns.is_one):
            return False
        if (kind.shape[1] == ONE and columns.many) or (kind.shape[0] == ONE and rows.many):
            return False
        if kind.structure != "scalar" and kind.shape[0] == kind.shape[1] and rows is not columns:
            return rows.dimension is not None and rows.dimension == columns.dimension
    return True
