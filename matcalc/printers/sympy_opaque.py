"""SymPy classes for calls of opaque functions of arrays; those of numbers are undefined functions of SymPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import sympy
from sympy import Expr as SympyExpr
from sympy import MatrixExpr
from sympy.core.symbol import Str
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.expressions.arrayexpr_derivatives import array_derive

from matcalc.printers.opaque_names import opaque_latex
from matcalc.printers.sympy_products import sizes_of

if TYPE_CHECKING:
    from matcalc.expr import Expr
    from matcalc.opaque_signature import OpaqueSignature


class _Call:
    """What both classes share: the name in text and LaTeX, then the operands; SymPy cannot differentiate it."""

    args: tuple[Any, ...]
    first = 2  # where the operands begin

    def _sympystr(self, printer: Any) -> str:
        return f"{self.args[0].name}({self._written(printer)})"

    def _latex(self, printer: Any) -> str:
        return rf"{self.args[1].name}\left({self._written(printer)}\right)"

    def _written(self, printer: Any) -> str:
        return ", ".join([printer._print(operand) for operand in self.args[self.first :]])

    def doit(self, **hints: Any) -> Any:
        """The same call, its operands evaluated."""
        operands = [operand.doit(**hints) for operand in self.args[self.first :]]
        return type(self)(*self.args[: self.first], *operands)

    def _eval_derivative(self, x: Any) -> NoReturn:
        _refuse_derivative(self, x)


class OpaqueScalar(_Call, SympyExpr):  # type: ignore[misc]
    """A number that an opaque function gives."""

    is_commutative = True
    is_real = True


class OpaqueMatrix(_Call, MatrixExpr):  # type: ignore[misc]
    """A column, row or matrix that an opaque function gives: its names, its rows and columns, its operands."""

    first = 4

    @property
    def shape(self) -> tuple[Any, Any]:
        """Rows and columns."""
        return self.args[2], self.args[3]

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        return MatrixElement(self, i, j)


def _refuse_derivative(call: Any, x: Any) -> NoReturn:
    raise NotImplementedError(f"the derivative of {call.args[0].name}: differentiate with matcalc instead")


# where SymPy differentiates by matrices, it takes for a constant what it does not know
for _kind in (OpaqueScalar, OpaqueMatrix):
    array_derive.register(_kind)(_refuse_derivative)


def opaque_sympy(node: Expr, args: Sequence[Any], opaque: OpaqueSignature) -> Any:
    """A call of an opaque function, or of a derivative of one, that does not work entry by entry."""
    if node.is_scalar and all(arg.is_scalar for arg in node.args):
        return sympy.Function(opaque.name)(*args)
    names = Str(opaque.name), Str(opaque_latex(opaque))
    return OpaqueScalar(*names, *args) if node.is_scalar else OpaqueMatrix(*names, *sizes_of(node), *args)
