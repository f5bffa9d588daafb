r"""Declared functions and their derivatives: `f(x)`, `g''(x)`, `\nabla f(x)`, `\nabla^2_{12} f(x, y)`, `J_f(x)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.dimensions import SCALAR
from matcalc.latex.pieces import written
from matcalc.latex.scripts import Token
from matcalc.latex.sums import FilledReader

if TYPE_CHECKING:
    from matcalc.latex.names import Name
    from matcalc.latex.scripts import Scripts, Task

LARGEST_ORDER = 9


class OpaqueReader(FilledReader):
    """Reads functions that are known by name only."""

    def opaque_function(self, name: Name, end: int) -> list[Task] | None:
        r"""`f(x)`, with primes or an order behind the name; `J_f(x)`. None where the name is no such function."""
        scripts = self.scripts(name.after, end)
        if not self._opens(scripts.after, end):
            return None
        below = self.names.subscript(*scripts.below) if scripts.below is not None else None
        text = name.text if below is None else self.names.with_subscript(name.text, below)
        if text in self.names.opaque:
            function = self._derived(text, self._order(scripts))
        elif name.text == "J" and below is not None:
            base, comma, position = below.partition(",")
            base = base if base in self.names.opaque else base.replace("_", "")
            function = f"jac({base}, {position})" if comma else f"jac({base})"
            if base not in self.names.opaque:
                return None
        else:
            return None
        return [Token("FUNCTION", (function, name.start, self.pieces[scripts.after - 1].end)), (scripts.after, end)]

    def _derived(self, function: str, order: int) -> str:
        """A function of a number or of every entry, differentiated: the derivative of an array is a Jacobian."""
        value = self.names.opaque[function].value
        operator = "jac" if value is not None and value.shape != SCALAR else "grad"
        return f"{operator}(" * order + function + ")" * order

    def _order(self, scripts: Scripts) -> int:
        """How often a function is differentiated: by primes, or by a number in brackets."""
        if all(sign == "'" for sign, _, _ in scripts.above):
            return len(scripts.above)
        (_, (first, end), place), *others = scripts.above
        order = written(self.pieces[first:end])
        digits = order.strip("()")
        if others or order != f"({digits})" or not digits.isdecimal() or int(digits) > LARGEST_ORDER:
            self.source.refuse("this superscript of a function is not read", place, "write brackets around the call")
        return int(digits)

    def gradient(self, first: int, end: int) -> list[Task] | None:
        r"""`\nabla f(x)` and `\nabla^2_{12} f(x, y)`: a derivative of a declared function at its argument."""
        scripts = self.scripts(first + 1, end)
        name = self.names.at(scripts.after, end)
        if name is None:
            return None
        inner = self.scripts(name.after, end)
        below = self.names.subscript(*inner.below) if inner.below is not None else None
        function = name.text if below is None else self.names.with_subscript(name.text, below)
        if function not in self.names.opaque or inner.above or not self._opens(inner.after, end):
            return None
        counted = written(self.pieces[slice(*scripts.below)]) if scripts.below is not None else ""
        order = written(self.pieces[slice(*scripts.above[0][1])]) if scripts.above else "1"
        is_order = order.isdecimal() and 0 < int(order) <= LARGEST_ORDER and len(scripts.above) < 2
        if not is_order or (counted and (not counted.isdecimal() or len(counted) != int(order))):
            place = self.place(first, scripts.after)
            mend = "write \\nabla f(x), \\nabla^2 f(x) or \\nabla_1 f(x, y)"
            self.source.refuse("this is no derivative", place, mend)
        for k in range(int(order)):
            function = f"grad({function}, {counted[k]})" if counted else f"grad({function})"
        return [Token("FUNCTION", (function, *self.place(first, inner.after))), (inner.after, end)]
