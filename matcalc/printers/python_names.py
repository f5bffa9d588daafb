"""The names in generated Python: variables, sizes, and where sizes are read off."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from matcalc.errors import UnsupportedError
from matcalc.expr import postorder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matcalc.dimensions import Dimension
    from matcalc.expr import Expr, Symbol


_NO_LETTERS = re.compile(r"\W+")


def python_names(expr: Expr, arguments: Sequence[Symbol], functions: Sequence[str] = ()) -> dict[str, str]:
    """Every name of a variable or size -> the name it has in the code; `grad(f)` of `functions` is grad_f."""
    found: dict[str, None] = dict.fromkeys(s.name for s in arguments)
    for node in postorder(expr):
        if node.op == "symbol":
            if node.value not in arguments:
                raise UnsupportedError(f"{node.value.name!r} is not among the arguments")
            found.setdefault(node.value.name)
        elif node.op == "size":
            found.update(dict.fromkeys(node.value.names))
        found.update(dict.fromkeys(n for d in node.shape for n in d.names))
    for symbol in arguments:
        found.update(dict.fromkeys(n for d in symbol.kind.shape for n in d.names))
    found.update(dict.fromkeys(functions))
    names: dict[str, str] = {}
    for name in found:
        written = _NO_LETTERS.sub("_", name).strip("_") if name in functions else name
        if not written.isidentifier():
            raise UnsupportedError(f"{name!r} cannot be a name in Python")
        while _is_taken(written, name, found) or written in names.values():
            written += "_"
        names[name] = written
    return names


def _is_taken(written: str, name: str, found: dict[str, None]) -> bool:
    """Whether Python, a module or another name of the input has this name."""
    return keyword.iskeyword(written) or written in ("np", "scipy") or (written != name and written in found)


def size_sources(
    sizes: Sequence[str], arguments: Sequence[Symbol], names: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Lines that read the sizes off the arrays, and the names of those that no array shows."""
    shown, hidden = [], []
    for size in sizes:
        readings = [
            reading
            for symbol in arguments
            for axis, dimension in enumerate(symbol.kind.shape)
            if (reading := _reading(dimension, size, f"{names[symbol.name]}.shape[{axis}]"))
        ]
        if readings:
            shown.append(f"{names[size]} = {min(readings, key=len)}")
        else:
            hidden.append(names[size])
    return shown, hidden


def _reading(dimension: Dimension, size: str, length: str) -> str | None:
    """How `size` follows from the length of an axis of this dimension, if it is the only name in it."""
    counts = dict(dimension.terms)
    factor, offset = counts.pop((size,), 0), counts.pop((), 0)
    if not factor or counts:
        return None
    if offset:
        length = f"({length} {'-' if offset > 0 else '+'} {abs(offset)})"
    return length if factor == 1 else f"{length} // {factor}"
