"""Functions known by name only, and their derivatives: how each is called and which shape its value has.

A derivative has the axes of the value, then those of each argument it was taken by:

- `grad(f)` is the gradient of a scalar f, shaped like the argument, and `hess(f)` its Hessian;
- `jac(f)` is the Jacobian of any other f, a row for each output;
- `grad(g)` is the derivative of a function of one number or of every entry, `grad(grad(g))` the second.

A function of several arguments counts them: `grad(f, 2)`, `hess(f, 1, 2)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from matcalc.dimensions import ONE, SCALAR, Shape
from matcalc.errors import NotDifferentiableError, ParseError

if TYPE_CHECKING:
    from matcalc.kinds import FunctionKind

Size = TypeVar("Size")
Operator = tuple[str, tuple[int, ...]]  # its name, and the arguments it counts, the first being 1
Path = tuple[int, ...]  # the arguments a derivative was taken by, the first being 0

OPERATORS = ("grad", "hess", "jac")
_APPLIED = re.compile(r"(grad|hess|jac)\((.+?)((?:, \d+)*)\)")


class OpaqueSignature:
    """An opaque function at arguments of known shapes, or one of its derivatives.

    >>> from matcalc.declarations import parse_declaration
    >>> from matcalc.dimensions import Dimension
    >>> f = OpaqueSignature("f", parse_declaration("function -> scalar"), ((Dimension.of("n"), ONE),))
    >>> gradient = f.derived(0)
    >>> gradient.name, gradient.shape, gradient.derived(0).name
    ('grad(f)', (n, 1), 'hess(f)')
    """

    __slots__ = ("arguments", "base", "kind", "path")

    def __init__(self, base: str, kind: FunctionKind, arguments: tuple[Shape, ...], path: Path = ()) -> None:
        self.base = base
        self.kind = kind
        self.arguments = arguments
        self.path = path

    @property
    def is_elementwise(self) -> bool:
        return self.kind.value is None

    @property
    def value_shape(self) -> Shape:
        """The shape of the value of the function itself; of one entry, where it works entry by entry."""
        return SCALAR if self.kind.value is None else self.kind.value.shape

    @property
    def shape(self) -> Shape | None:
        """The shape of the value; None where it has more than two axes."""
        return derivative_shape(self.value_shape, [self.arguments[k] for k in self.path], lambda d: d == ONE)

    @property
    def is_symmetric(self) -> bool:
        """Whether this is a Hessian by one argument."""
        same = len(self.path) == 2 and self.path[0] == self.path[1] and not self.is_elementwise
        return same and self.value_shape == SCALAR and self.shape not in (None, SCALAR)

    @property
    def name(self) -> str:
        """What it is called: `f`, `grad(f)`, `hess(f, 1, 2)`."""
        order = len(self.path)
        if len(self.arguments) > 1:
            return self._name_by_positions()
        if self.is_elementwise or (self.value_shape == SCALAR and self.arguments == (SCALAR,)):
            return _nested("grad", self.base, order)
        if self.value_shape != SCALAR:
            return _nested("jac", self.base, order)
        return _nested("grad", self.base, order) if order < 2 else _nested("grad", f"hess({self.base})", order - 2)

    def _name_by_positions(self) -> str:
        if not self.path:
            return self.base
        operator = "jac" if self.value_shape != SCALAR else "grad" if len(self.path) == 1 else "hess"
        return f"{operator}({self.base}, {', '.join(str(k + 1) for k in self.path)})"

    def in_order(self, indices: Sequence[str]) -> list[str]:
        """The indices of an entry, those of derivatives by one argument sorted: they may be exchanged."""
        at = sum(d != ONE for d in self.value_shape)
        ordered = list(indices[:at])
        for position in sorted(set(self.path)):
            width = sum(d != ONE for d in self.arguments[position])
            blocks: list[list[str]] = []
            for _ in range(self.path.count(position)):
                blocks.append(list(indices[at : at + width]))
                at += width
            ordered += [index for block in sorted(blocks) for index in block]
        return ordered

    def derived(self, position: int) -> OpaqueSignature:
        """The derivative by one argument. Partial derivatives commute, so arguments are kept in their order.

        Raises NotDifferentiableError for one that has no name.
        """
        path = tuple(sorted((*self.path, position)))
        _require_name(self.base, self.kind, len(self.arguments), len(path))
        return OpaqueSignature(self.base, self.kind, self.arguments, path)


def _require_name(base: str, kind: FunctionKind, count: int, order: int) -> None:
    """Refuse a derivative of an order for which the language has no name."""
    named = 2 if kind.value is None or kind.value.shape == SCALAR else 1
    if count > 1 and order > named:
        which = f"derivatives of order {order} of {base}, a function of {count} arguments,"
        raise NotDifferentiableError(f"{which} have no name here")


def _nested(operator: str, inner: str, times: int) -> str:
    return f"{operator}(" * times + inner + ")" * times


def derivative_shape(
    value: tuple[Size, Size], moved: Sequence[tuple[Size, Size]], is_one: Callable[[Size], bool]
) -> tuple[Size, Size] | None:
    """Rows and columns of the derivative of a value by arguments, in this order; None for a tensor.

    Where only one of them is no scalar, its shape is that of the derivative: a gradient by a row is a row.
    """
    extended = [pair for pair in (value, *moved) if not all(map(is_one, pair))]
    if len(extended) < 2:
        return extended[0] if extended else value
    axes = [size for pair in extended for size in pair if not is_one(size)]
    return (axes[0], axes[1]) if len(axes) == 2 else None


def split_name(name: str) -> tuple[str, list[Operator]]:
    """The function in a name, and the operators applied to it, innermost first.

    >>> split_name("grad(hess(f, 1, 2))")
    ('f', [('hess', (1, 2)), ('grad', ())])
    """
    operators: list[Operator] = []
    while (match := _APPLIED.fullmatch(name)) is not None:
        operators.append((match[1], tuple(int(k) for k in match[3].split(", ")[1:])))
        name = match[2]
    return name, operators[::-1]


def path_of(base: str, operators: Sequence[Operator], kind: FunctionKind, count: int) -> Path:
    """The arguments by which operators differentiate a function of `count` arguments.

    Raises, without a place, ParseError where an operator does not belong to such a function, and
    NotDifferentiableError where the derivative has no name.
    """
    path: list[int] = []
    for operator, positions in operators:
        _require_fit(base, operator, kind, bool(path))
        steps = 2 if operator == "hess" else 1
        if count == 1 and not positions:
            positions = (1,) * steps
        if len(positions) != steps or not all(1 <= k <= count for k in positions):
            counted = ", ".join("12"[:steps]) if count > 1 else ""
            mend = f"write {operator}({', '.join(filter(None, (base, counted)))})"
            raise ParseError(f"{base} takes {_counted(count)}", suggestion=mend)
        path += [k - 1 for k in positions]
    _require_name(base, kind, count, len(path))
    if path != sorted(path):
        written = ", ".join(str(k + 1) for k in sorted(path))
        raise ParseError(
            f"second derivatives of {base} are written in the order of its arguments",
            suggestion=f"write hess({base}, {written}) and transpose it",
        )
    return tuple(path)


def _counted(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def _require_fit(base: str, operator: str, kind: FunctionKind, derived: bool) -> None:
    """Refuse a gradient of a vector, a Jacobian of a scalar, a Hessian of anything but a scalar."""
    if kind.value is None:
        if operator != "grad":
            order = "derivative of" if operator == "jac" else "second derivative of"
            mend = f"write {_nested('grad', base, 1 if operator == 'jac' else 2)}"
            raise ParseError(f"the {order} {base}, which works entry by entry, is no matrix", suggestion=mend)
    elif kind.value.shape != SCALAR:
        if operator != "jac":
            message = f"{base} gives a {kind.value}, and {operator} is of a scalar"
            raise ParseError(message, suggestion=f"the Jacobian is jac({base})")
    elif operator == "jac" and not derived:
        mend = f"the gradient is grad({base}), the row of it its transpose"
        raise ParseError(f"{base} gives a scalar, and jac is of a vector", suggestion=mend)
    elif operator == "hess" and derived:
        mend = f"derivatives of the Hessian are grad(hess({base}))"
        raise ParseError(f"hess is of {base} itself", suggestion=mend)
