"""The names in generated Python: variables, sizes, and where sizes are read off."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from matcalc.dimensions import ONE
from matcalc.errors import UnsupportedError
from matcalc.expr import postorder
from matcalc.symbols import Member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matcalc.dimensions import Dimension
    from matcalc.expr import Expr, Symbol
    from matcalc.symbols import Family


_NO_LETTERS = re.compile(r"\W+")


def python_names(
    expr: Expr, arguments: Sequence[Symbol], families: Mapping[Family, str], functions: Sequence[str] = ()
) -> dict[str, str]:
    """Every name of a variable, member or size -> the name it has in the code; `grad(f)` of `functions` is grad_f."""
    found: dict[str, None] = dict.fromkeys([*[s.name for s in arguments], *families.values()])
    for node in postorder(expr):
        if node.op == "symbol":
            owner = node.value.family if isinstance(node.value, Member) else node.value
            if owner not in arguments and owner not in families:
                raise UnsupportedError(f"{node.value.name!r} is not among the arguments")
            found.setdefault(node.value.name)
        elif node.op == "size":
            found.update(dict.fromkeys(node.value.names))
        elif node.op == "index_sum":
            found.update(dict.fromkeys(node.value.count.names))
        found.update(dict.fromkeys(n for d in node.shape for n in d.names))
    for kind in [*[symbol.kind for symbol in arguments], *[family.kind for family in families]]:
        found.update(dict.fromkeys(n for d in kind.shape for n in d.names))
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
    sizes: Sequence[str], arguments: Sequence[Symbol], families: Mapping[Family, str], names: dict[str, str]
) -> tuple[list[str], list[str]]:
    """Lines that read the sizes off the arrays, and the names of those that no array shows."""
    lengths = [
        (dimension, f"{names[symbol.name]}.shape[{axis}]")
        for symbol in arguments
        for axis, dimension in enumerate(symbol.kind.shape)
    ]
    for family, name in families.items():
        own = [dimension for dimension in family.kind.shape if dimension != ONE]
        axes = (0, -1) if family.kind.structure == "row" else range(1 + len(own))
        lengths += [(d, f"{names[name]}.shape[{axis}]") for d, axis in zip((family.count, *own), axes, strict=True)]
    shown, hidden = [], []
    for size in sizes:
        readings = [reading for dimension, length in lengths if (reading := _reading(dimension, size, length))]
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
