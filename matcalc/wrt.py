"""What `wrt` names: one variable, several in turn, several apart, or a column of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from matcalc.dimensions import ONE
from matcalc.errors import MatcalcError, ShapeError, UnknownNameError, UnsupportedError
from matcalc.expr import Symbol
from matcalc.layout import shape_text
from matcalc.parser import Program, as_product
from matcalc.spelling import nearest, plain_name
from matcalc.stacked import StackedSymbol


def asked_for(program: Program, wrt: Any) -> Any:
    r"""The variable that `wrt` names or, where it is left out, the one that a text in LaTeX names.

    Raises UnsupportedError where an operator in the text, as `\nabla_x`, names another one.
    """
    if wrt is None:
        return program.wrt_hint
    names = wrt if isinstance(wrt, (list, tuple)) else [wrt]
    if program.operator and program.wrt_hint and any(plain_name(str(name)) != program.wrt_hint for name in names):
        raise UnsupportedError(
            f"{program.operator} asks for the derivative by {program.wrt_hint}, and wrt for that by {wrt}",
            suggestion="leave the operator out",
        )
    return wrt


def apart(wrt: Any) -> list[str] | None:
    """The names in `x, y`, which asks for the derivative by each; None where it asks for one derivative.

    >>> apart("W, b"), apart("W"), apart(["x", "y"]), apart("[x, y]")
    (['W', 'b'], None, None, None)
    """
    text = wrt.strip() if isinstance(wrt, str) else ""
    if "," not in text or text.startswith("["):
        return None
    return _split(text, text)


def _split(listed: str, text: str) -> list[str]:
    """The names parted by commas, each of them once."""
    names = [plain_name(name.strip()) for name in listed.split(",")]
    if "" in names:
        raise MatcalcError(f"a name is missing in {text}", expected="a name", found=text)
    for name in names:
        if names.count(name) > 1:
            raise MatcalcError(f"{name} is named twice: {text}", found=name, suggestion=_in_turn(name))
    return names


def _in_turn(name: str) -> str:
    return f"the second derivative is asked for in turn, with wrt=[{name!r}, {name!r}] or --wrt {name} --wrt {name}"


def in_turn(program: Program, wrt: Any, order: int = 1, besides: Collection[str] = ()) -> list[Symbol]:
    """The variables to differentiate by, one after the other: that of `wrt`, `order` times, or those it lists.

    `wrt` may be left out when there is one name only, `besides` apart.
    """
    if order < 1:
        raise MatcalcError("the order of a derivative is at least 1", expected="1 or more", found=str(order))
    if not isinstance(wrt, (list, tuple)):
        return [named_variable(program, wrt, besides)] * order
    if len(wrt) != 1 and order not in (1, len(wrt)):
        raise MatcalcError(
            f"by {len(wrt)} variables in turn the order is {len(wrt)}, not {order}",
            expected=str(len(wrt)),
            found=str(order),
        )
    if not wrt:
        raise MatcalcError("by no variable: name at least one", expected="a name", found="an empty list")
    return [named_variable(program, name, besides) for name in wrt] * (order if len(wrt) == 1 else 1)


def named_variable(program: Program, wrt: Any, besides: Collection[str] = ()) -> Symbol:
    """The variable that `wrt` names; it may be left out when there is only one, `besides` apart."""
    names = [name for name in program.symbols if name not in besides]
    if wrt is None:
        if len(names) == 1:
            return program.symbols[names[0]]
        if not names:
            raise UnknownNameError("there is no variable here to differentiate by", expected="a name")
        raise UnknownNameError(
            f"which variable? There is more than one name: {', '.join(names)}",
            found=", ".join(names),
            suggestion="name it with wrt",
        )
    text = ", ".join(map(str, wrt)) if isinstance(wrt, (list, tuple)) else str(wrt).strip()
    if text.startswith("[") and text.endswith("]"):
        return _stacked(program, text)
    name = plain_name(text)
    if "," in name:
        raise UnsupportedError(f"one variable is named here, not several: {name}", expected="a name", found=name)
    if name in program.functions:
        message = f"{name} is a function: a derivative is by a variable"
        raise UnknownNameError(message, found=name, expected=", ".join(names))
    if name not in program.symbols:
        _refuse_members(program, name)
        raise UnknownNameError(
            f"{name!r} is neither used nor declared",
            found=name,
            expected=", ".join(names),
            suggestion=_mend(name, names),
        )
    return program.symbols[name]


def _refuse_members(program: Program, name: str) -> None:
    """A derivative by all members of a family has an index, for which there is no notation outside a sum."""
    for family, letters in program.families.items():
        if name == family.name or name in [family.member(letter).name for letter in letters]:
            raise UnsupportedError(
                f"{name} stands for the members of a family: a derivative by them is not supported",
                found=name,
                suggestion="write the sum with whole matrices, in which the members are rows",
            )


def _stacked(program: Program, text: str) -> StackedSymbol:
    """The variables listed in `[x, y]` as one column."""
    parts = [named_variable(program, name) for name in _split(text[1:-1].replace(";", ","), text)]
    for part in parts:
        if ONE not in part.kind.shape:
            raise ShapeError(
                f"{text} is a column of scalars and vectors, but {part.name} is {shape_text(part.kind.shape)}",
                expected="a vector",
                found=shape_text(part.kind.shape),
                suggestion=f"without brackets, as in {text[1:-1]}, the derivatives by each are given",
            )
    return StackedSymbol(parts)


def _mend(name: str, names: list[str]) -> str | None:
    """What to type instead of a variable that is not there."""
    for word in names:
        if name and name in word and name != word and len(word) <= 3:
            return f"{word} is one name; did you mean {as_product(word)}?"
    near = nearest(name, names)
    return f"did you mean {near}?" if near else None
