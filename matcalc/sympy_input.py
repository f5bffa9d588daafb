"""SymPy objects as typed expressions: MatrixSymbol and what is built from it.

A MatrixSymbol n x 1 is a vector, 1 x n a row, 1 x 1 a scalar. Sizes are the user's own symbols, by name. What
SymPy expands into sums over entries on its own, such as `(x.T*A*x)[0, 0]`, is folded back. Anything that is
not known is refused by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sympy
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice

from matcalc.errors import ShapeError, UnknownNameError, UnsupportedError
from matcalc.expr import (
    Expr,
    Symbol,
    symbol,
)
from matcalc.kinds import FunctionKind, Kind
from matcalc.sympy_matrices import MATRICES, shape_of
from matcalc.sympy_scalars import SCALARS, function, step_argument
from matcalc.sympy_sums import Handler, Indexed

if TYPE_CHECKING:
    from matcalc.parser import Program

HANDLERS: dict[Any, Handler] = {**SCALARS, **MATRICES}


def from_sympy(obj: Any, kinds: Mapping[str, Kind] | None = None) -> tuple[Expr, dict[str, Symbol]]:
    """The expression, and its variables by name; `kinds` says more of some of them than SymPy does.

    Raises UnsupportedError, with the name of the class, for what has no counterpart, ShapeError where the
    shapes do not fit, which SymPy does not check for symbolic sizes.
    """
    reader = Reader(kinds or {})
    found = reader.read(sympy.sympify(obj))
    if found.indices:
        raise UnsupportedError(f"{obj}: the index {found.indices[0]} is not summed over")
    return found.expr, reader.symbols


def program_from_sympy(obj: Any, variables: Mapping[str, str | Kind | FunctionKind] | None = None) -> Program:
    """What a SymPy object says, as if its text had been parsed; `variables` declares kinds as for a text."""
    from matcalc.parser import Program, parse_kind
    from matcalc.printers.text import text

    kinds = {
        name: kind if isinstance(kind, Kind) else parse_kind(str(kind)) for name, kind in (variables or {}).items()
    }
    expr, symbols = from_sympy(obj, kinds)
    unused = {name: Symbol(name, kind) for name, kind in kinds.items() if name not in symbols}
    return Program(text(expr), expr, {}, symbols | unused, [])


class Reader:
    """Reads one object; `symbols` are the variables met so far."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds
        self.symbols: dict[str, Symbol] = {}
        self.size_names: set[str] = set()
        self.index_symbols: set[Any] = set()

    def read(self, obj: Any, bound: Mapping[Any, Indexed] | None = None) -> Indexed:
        """The expression of an object, operands first; `bound` gives what bound symbols stand for."""
        done: dict[Any, Indexed] = dict(bound or {})
        self.size_names |= _size_names(obj)
        pending = [obj]
        while pending:
            item = pending[-1]
            if item in done:
                pending.pop()
                continue
            _handler(item)  # what is not known is refused by its own name, before its parts are
            operands = _operands(item)
            missing = [operand for operand in operands if operand not in done]
            if missing:
                pending += reversed(missing)
                continue
            done[item] = found = self.one(item, [done[operand] for operand in operands])
            if item.is_Matrix and shape_of(item) != found.expr.shape:
                raise ShapeError(f"the shapes in {item} do not fit")
            pending.pop()
        return done[obj]

    def one(self, obj: Any, args: list[Indexed]) -> Indexed:
        """One object, its operands being read."""
        return _handler(obj)(self, obj, args)

    def variable(self, name: str, kind: Kind) -> Expr:
        """A variable; one name has one kind."""
        if not name.isidentifier():
            raise UnknownNameError(f"{name!r} cannot be the name of a variable: letters, digits and _ only")
        kind = self._declared(name, kind)
        known = self.symbols.setdefault(name, Symbol(name, kind))
        if known.kind != kind:
            raise ShapeError(f"{name} is used both as {known.kind} and as {kind}")
        return symbol(name, kind)

    def _declared(self, name: str, kind: Kind) -> Kind:
        declared = self.kinds.get(name)
        if declared is None:
            return kind
        if declared.shape != kind.shape:
            raise ShapeError(f"{name} is declared {declared}, but its SymPy symbol is {kind}")
        return declared


def _handler(obj: Any) -> Handler:
    """What reads an object. Raises UnsupportedError for a class that is not known."""
    for kind in type(obj).__mro__:
        handler = HANDLERS.get(kind)
        if handler is not None:
            return handler
    if isinstance(obj, sympy.Function):
        return function
    raise UnsupportedError(f"a SymPy {type(obj).__name__} is not understood: {obj}")


def _size_names(obj: Any) -> set[str]:
    """The names that occur in sizes of matrices."""
    atoms = obj.atoms(sympy.MatrixSymbol, sympy.Identity, sympy.OneMatrix, sympy.ZeroMatrix)
    return {name.name for atom in atoms for length in atom.shape for name in sympy.sympify(length).free_symbols}


def _operands(obj: Any) -> tuple[Any, ...]:
    """The parts that are read on their own; sizes, indices and bound functions are not."""
    if isinstance(obj, (sympy.MatrixSymbol, sympy.Identity, sympy.OneMatrix, sympy.ZeroMatrix)):
        return ()
    if isinstance(obj, (MatrixElement, MatrixSlice)):
        return (obj.args[0],)
    if isinstance(obj, MatrixBase):
        return tuple(obj)
    if isinstance(obj, ElementwiseApplyFunction):
        return tuple(obj.args[1:])
    if isinstance(obj, sympy.Inverse):
        return (obj.args[0],)
    if isinstance(obj, sympy.Piecewise):
        argument = step_argument(obj)
        return () if argument is None else (argument,)
    return () if isinstance(obj, sympy.Sum) else tuple(obj.args)
