"""SymPy numbers, sums, products, powers and functions of numbers as typed expressions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy

from matcalc.dimensions import SCALAR, Dimension
from matcalc.errors import ShapeError, UnsupportedError
from matcalc.expr import Expr, add, call, div, haddiv, hadpow, mul, neg, number, power, size, spread_shape
from matcalc.kinds import Kind
from matcalc.printers.sympy_functions import HALF, NAMES, POLYGAMMAS
from matcalc.sympy_sums import Handler, Indexed, Reader, aligned, entrywise_product, plain


def _rational(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(rational(Fraction(int(obj.p), int(obj.q))))


def rational(value: Fraction) -> Expr:
    """A number as a person would write it: 0.5 as a decimal, 1/3 as a quotient."""
    if (1000 * value).denominator == 1:
        return number(value)
    quotient = div(number(abs(value.numerator)), number(value.denominator))
    return quotient if value > 0 else neg(quotient)


def _float(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    if not obj.is_finite:
        raise UnsupportedError(f"{obj} is not a number")
    return plain(number(Fraction(repr(float(obj)))))


def _symbol(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    if obj in reader.index_symbols:
        raise UnsupportedError(f"the index {obj} is used as a number: only entries may depend on it")
    if obj.name in reader.size_names:
        return plain(size(Dimension.of(obj.name)))
    if obj.is_real is False:
        raise UnsupportedError(f"{obj} is declared not to be real")
    sign = "positive" if obj.is_positive else "nonnegative" if obj.is_nonnegative else ""
    return plain(reader.variable(obj.name, Kind("scalar", (), sign)))


def _sum(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    found = aligned(args)
    check_same(obj, found)
    first = next((i for i, part in enumerate(found) if part.op != "neg"), 0)
    return Indexed(reduce(add, [found[first], *found[:first], *found[first + 1 :]]), _indices(args))


def check_same(obj: Any, parts: list[Expr]) -> None:
    """The summands and entrywise factors of a matrix have one shape: nothing spreads in SymPy."""
    whole = spread_shape(tuple(parts))
    for part in parts:
        if obj.is_Matrix and part.shape != whole:
            raise ShapeError(
                f"the shapes in {obj} do not fit",
                expected=f"{whole[0]} x {whole[1]}",
                found=f"{part.shape[0]} x {part.shape[1]}",
            )


def _indices(args: list[Indexed]) -> tuple[Any, ...]:
    return max((arg.indices for arg in args), key=len, default=())


def _product(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    """A product of matrices, or of numbers: then entries of one index multiply entry by entry."""
    if not obj.is_Matrix and any(not arg.expr.is_scalar for arg in args):
        return _entry_product(obj, args)
    numerator: list[Expr] = []
    denominator: list[Expr] = []
    for part, arg in zip(obj.args, args, strict=True):
        below = _reciprocal(part, arg)
        (numerator if below is None else denominator).append(arg.expr if below is None else below)
    return plain(quotient(_signed_product(numerator, checked_mul), denominator))


def _signed_product(factors: list[Expr], times: Callable[[Expr, Expr], Expr]) -> Expr:
    """The product, with 1 and -1 not written."""
    one, minus_one = number(1), number(-1)
    rest = [factor for factor in factors if factor not in (one, minus_one)]
    whole = reduce(times, rest) if rest else one
    return neg(whole) if factors.count(minus_one) % 2 else whole


def quotient(numerator: Expr, denominator: list[Expr]) -> Expr:
    """A fraction with all reciprocal factors below."""
    return div(numerator, reduce(mul, denominator)) if denominator else numerator


def _reciprocal(part: Any, arg: Indexed) -> Expr | None:
    """What a factor is one over, None if it is no reciprocal."""
    if isinstance(part, sympy.Rational) and part.p == 1 and (1000 * Fraction(1, int(part.q))).denominator != 1:
        return number(int(part.q))
    if isinstance(part, sympy.Pow) and arg.expr.op in ("div", "haddiv") and arg.expr.args[0].value == 1:
        return arg.expr.args[1]
    return None


def checked_mul(left: Expr, right: Expr) -> Expr:
    if not left.is_scalar and not right.is_scalar and left.shape[1] != right.shape[0]:
        raise ShapeError(
            f"the shapes {left.shape[0]} x {left.shape[1]} and {right.shape[0]} x {right.shape[1]} do not multiply"
        )
    return mul(left, right)


def _entry_product(obj: Any, args: list[Indexed]) -> Indexed:
    numerator, denominator = [], []
    for part, arg in zip(obj.args, args, strict=True):
        below = _reciprocal(part, arg)
        if below is None:
            numerator.append(arg)
        else:
            denominator.append(Indexed(below, arg.indices))
    signs = [arg for arg in numerator if arg.expr in (number(1), number(-1))]
    rest = [arg for arg in numerator if arg not in signs]
    above = entrywise_product(rest) if rest else plain(number(1))
    if len([arg for arg in signs if arg.expr.op == "neg"]) % 2:
        above = Indexed(neg(above.expr), above.indices)
    if not denominator:
        return above
    below_all = entrywise_product(denominator)
    parts = aligned([above, below_all])
    divide = div if parts[1].is_scalar else haddiv
    return Indexed(divide(*parts), _indices([above, below_all]))


def power_of(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    base, exponent = aligned(args)
    indices = _indices(args)
    if obj.base is sympy.E:
        return Indexed(call("exp", (exponent,), exponent.shape), indices)
    is_negative = obj.exp.is_Rational and obj.exp < 0
    size_of_exponent = -obj.exp if is_negative else obj.exp
    if size_of_exponent == HALF:
        powered = call("sqrt", (base,), base.shape)
    elif size_of_exponent == 1:
        powered = base
    else:
        shown = neg(exponent) if is_negative else exponent
        powered = (power if base.is_scalar and shown.is_scalar else hadpow)(base, shown)
    if is_negative:
        powered = (div if powered.is_scalar else haddiv)(number(1), powered)
    return Indexed(powered, indices)


def step_argument(obj: Any) -> Any:
    """What a Piecewise asks to be positive, if it is 1 there and 0 elsewhere; else None."""
    (first, condition), *others = obj.args
    is_step = first == 1 and isinstance(condition, sympy.StrictGreaterThan) and condition.rhs == 0
    return condition.lhs if is_step and [tuple(pair) for pair in others] == [(0, sympy.true)] else None


def _piecewise(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    if not args:
        raise UnsupportedError(f"of Piecewise only the step Piecewise((1, x > 0), (0, True)) is understood: {obj}")
    return _called("step", args)


def function(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    if any(arg.is_Matrix and arg.shape != (1, 1) for arg in obj.args):
        raise UnsupportedError(f"{obj}: write X.applyfunc({obj.func}) for the function of every entry")
    if isinstance(obj, sympy.polygamma) and obj.args[0] in POLYGAMMAS:
        return _called(POLYGAMMAS[obj.args[0]], args[1:])
    name = NAMES.get(obj.func)
    if name is None:
        raise UnsupportedError(f"the SymPy function {obj.func} is not known")
    if name in ("max", "min"):
        return reduce(lambda left, right: _called(name, [left, right]), args)
    inside = args[0].expr
    if name == "log":
        inner = inside.args[0] if inside.op == "call" and inside.value == "abs" else inside
        if inner.op == "call" and inner.value == "det":
            return plain(call("logdet", inner.args, SCALAR))
        if inner.op == "call" and inner.value == "gamma" and inside is not inner:
            return _called("lgamma", [Indexed(inner.args[0], args[0].indices)])
    return _called(name, args)


def _called(name: str, args: list[Indexed]) -> Indexed:
    parts = tuple(aligned(args))
    return Indexed(call(name, parts, spread_shape(parts)), _indices(args))


def _pi(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(call("pi", (), SCALAR))


def _euler(reader: Reader, obj: Any, args: list[Indexed]) -> Indexed:
    return plain(call("exp", (number(1),), SCALAR))


# class -> what reads it; sums and products are read alike with and without matrices
SCALARS: dict[Any, Handler] = {
    sympy.Rational: _rational,
    sympy.Float: _float,
    type(sympy.pi): _pi,
    type(sympy.E): _euler,
    sympy.Symbol: _symbol,
    sympy.Add: _sum,
    sympy.MatAdd: _sum,
    sympy.Mul: _product,
    sympy.MatMul: _product,
    sympy.Pow: power_of,
    sympy.exp: function,
    sympy.Max: function,
    sympy.re: lambda reader, obj, args: args[0],  # everything is real
    sympy.conjugate: lambda reader, obj, args: args[0],
    sympy.Min: function,
    sympy.Piecewise: _piecewise,
}
