"""Opaque functions as entries of a rulebook: known by name, differentiable by more names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.declarations import shape_kind
from matcalc.intervals import REAL
from matcalc.kinds import Kind
from matcalc.opaque_signature import OpaqueSignature, path_of, split_name
from matcalc.rule_curves import Curve
from matcalc.rule_entries import Function
from matcalc.rule_lines import RuleLine
from matcalc.signature import Parameter, Signature

if TYPE_CHECKING:
    from matcalc.expr import Expr


class OpaqueFunction(Function):
    """A function of which an input says only what it takes and gives, or a derivative of one.

    It is a function like those of the rule files, without a formula or a template; its differential is the
    derivative by each argument, contracted with the differential of that argument.
    """

    __slots__ = ("opaque",)

    def __init__(self, opaque: OpaqueSignature) -> None:
        self.opaque = opaque
        shapes = opaque.arguments or ((shape_kind([]).shape,) if opaque.is_elementwise else ())
        parameters = tuple(Parameter(f"x{k}", shape_kind(list(shape))) for k, shape in enumerate(shapes, 1))
        result = None if opaque.is_elementwise else _result(opaque)
        Signature.__init__(self, opaque.name, parameters, result, opaque.is_elementwise)
        taken = ", ".join(str(parameter.kind) for parameter in parameters)
        self.entry = RuleLine("fn", opaque.name, f"{opaque.base}({taken}): {opaque.kind}", "the input", 1, False)
        self.fields = {}
        self.result_facts = result.facts if result else frozenset()
        self.numpy, self.latex = None, opaque.name
        self.assuming = self.kink = self.linear = None
        self.commutes = self.printed = False
        self.curve, self.range, self.keeps = Curve(), REAL, None
        self._formulas = {}

    @property
    def transposes(self) -> str | None:
        return None

    @property
    def turned_order(self) -> tuple[int, ...]:
        return tuple(range(len(self.parameters)))

    @property
    def inverts(self) -> bool:
        """Nothing is known of scalar factors."""
        return False

    @property
    def reverses(self) -> bool:
        return False

    def takes(self, args: Sequence[Expr]) -> bool:
        """Whether these are the shapes of the arguments, exactly."""
        if self.elementwise:
            return len(args) == 1
        return tuple(a.shape for a in args) == self.opaque.arguments

    def derived(self, position: int) -> OpaqueFunction:
        """The derivative by one argument, with the axes of that argument added. Raises NotDifferentiableError."""
        return OpaqueFunction(self.opaque.derived(position))


def _result(opaque: OpaqueSignature) -> Kind | None:
    """The kind of the value; None for a tensor of more than two axes."""
    shape = opaque.shape
    if shape is None:
        return None
    return Kind("symmetric", shape[:1]) if opaque.is_symmetric else shape_kind(list(shape))


def declared_function(name: str, declared: Mapping[str, OpaqueSignature]) -> OpaqueFunction | None:
    """The declared function, or derivative of one, of this name."""
    base, operators = split_name(name)
    opaque = declared.get(base)
    if opaque is None:
        return None
    count = 1 if opaque.is_elementwise else len(opaque.arguments)
    for position in path_of(base, operators, opaque.kind, count):
        opaque = opaque.derived(position)
    return OpaqueFunction(opaque)
