"""Products of a derivative with a named vector, found without forming the derivative.

`G` has the shape of the value f(X), `V` that of the variable X:

- vjp: the derivative of the sum of G.*f(X), in one sweep back from f; shaped like X
- jvp: the derivative of f(X + t*V) by t at 0, in one sweep forward; shaped like f
- hvp: the derivative of the gradient along V, forward over back; shaped like X

By a structured variable V moves within the structure: what is named is declared so, and a vector declared otherwise
is projected onto it, unless all entries are taken as independent.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, count
from typing import Any

from matcalc.answers import Answer
from matcalc.errors import MatcalcError, ShapeError, UnknownNameError
from matcalc.expr import Symbol
from matcalc.kinds import Kind, plain_kind
from matcalc.layout import shape_text
from matcalc.parser import Program, parse
from matcalc.partials import Partial
from matcalc.rulebook import Rulebook
from matcalc.spelling import plain_name
from matcalc.variables import tangent_kind
from matcalc.wrt import named_variable

# what an unnamed vector is called, by the axes that it has
COTANGENTS, DIRECTIONS = ("g", "u", "G"), ("d", "v", "V")


# what a value is called, a scalar or anything else, if the input does not use the letter
SCALAR_NAMES, OTHER_NAMES = "fghqrs", "FYZGHQ"


class VectorProduct(Answer):
    """A vjp, a jvp or an hvp: a derivative multiplied with a named vector."""


def cotangent_product(
    program: Program, wrt: Any, vector: Any, layout: str, symmetric: str, rulebook: Rulebook
) -> VectorProduct:
    """The vector-Jacobian product; `vector` has the shape of the value."""
    by = named_variable(program, wrt, besides=_plain(vector))
    program, cotangent = with_vector(program, plain_kind(program.expr.shape), vector, COTANGENTS, "the value")
    return VectorProduct(program, [Partial(by)], layout, symmetric, rulebook, cotangent)


def directional_product(
    program: Program, wrt: Any, vector: Any, order: int, layout: str, symmetric: str, rulebook: Rulebook
) -> VectorProduct:
    """The derivative of order 1, or of order 2 of a scalar, along `vector`, which has the shape of the variable."""
    by = named_variable(program, wrt, besides=_plain(vector))
    program, along = with_vector(program, tangent_kind(by.kind, symmetric), vector, DIRECTIONS, by.name)
    partials = [Partial(by)] * (order - 1) + [Partial(by, along)]
    return VectorProduct(program, partials, layout, symmetric, rulebook)


def with_vector(
    program: Program, kind: Kind, name: Any, defaults: tuple[str, ...], model: str
) -> tuple[Program, Symbol]:
    """The program with a vector of this kind known, and the vector; a name in use must have the shape already.

    Without a name it gets one of the defaults, by the number of its axes, that is not in use.
    """
    if name is None:
        name = free_name(defaults[sum(d.number != 1 for d in kind.shape)], program)
    name = plain_name(str(name).strip())
    known = program.symbols.get(name)
    if known is None:
        _require_new(program, name)
        known = Symbol(name, kind)
        return program.declaring(known), known
    if known.kind.shape != kind.shape:
        expected, found = shape_text(kind.shape), shape_text(known.kind.shape)
        raise ShapeError(
            f"{name} is {found}, but the vector has the shape of {model}, {expected}",
            expected=expected,
            found=found,
            suggestion=f"use another name, or declare {name}: {kind.text}",
        )
    return program, known


def value_name(program: Program, reserved: Iterable[str] = ()) -> str:
    """What the value is called: f, or F where it is no scalar, skipping letters in use or reserved, also behind a d.

    >>> value_name(parse("f*x'*x"))
    'g'
    """
    letters = SCALAR_NAMES if program.expr.is_scalar else OTHER_NAMES
    taken = program.taken | set(reserved)
    free = [letter for letter in letters if not {letter, f"d{letter}"} & taken]
    return free[0] if free else free_name(letters[0], program)


def free_name(stem: str, program: Program) -> str:
    """The stem, or the stem with the first number that makes a name not in use.

    >>> free_name("v", parse("v'*w"))
    'v1'
    """
    taken = program.taken
    return next(name for name in chain([stem], (f"{stem}{k}" for k in count(1))) if name not in taken)


def _require_new(program: Program, name: str) -> None:
    """Refuse a name that means something else in the program or the language."""
    if name in program.taken:
        known = "a function" if name in program.functions else "a size"
        meaning = "defined in the input" if name in program.definitions else known
        raise MatcalcError(f"{name} is {meaning}, not a vector", found=name, suggestion="use another name")
    try:
        read = parse(name).expr
    except MatcalcError:
        read = None
    if read is None or read.op != "symbol":
        raise UnknownNameError(f"{name!r} is no name of a variable", found=name, suggestion="use a name such as v or G")


def _plain(vector: Any) -> tuple[str, ...]:
    """The vector as a name that is not the variable, where it is left to matcalc to find that."""
    return () if vector is None else (plain_name(str(vector).strip()),)
