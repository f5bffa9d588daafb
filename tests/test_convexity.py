"""Certificates of convexity: given where textbooks say so, and never where sampling refutes them."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from click.testing import CliRunner

from generator import DECLARATIONS, DIMENSIONS, SCALAR, Grower, as_given, draw, mentions, unshown_dimensions
from matcalc import MatcalcError, ShapeError, UnsupportedError, convexity
from matcalc.cli import main
from oracle.surface import evaluate

POSITIVE = {"x": "vector(n) positive"}
PSD = {"P": "psd(n)", "x": "vector(n)"}
WEIGHT = {"a": "scalar positive"}
CERTIFIED = [
    ("log(sum(exp(D*x)))", "x", {}, "convex"),
    ("logsumexp(D*x) - b'*x", "x", {"b": "vector(n)"}, "convex"),
    ("sum(log(1 + exp(-y.*(X*w))))", "w", {}, "convex"),
    ("-sum(y.*log(sigmoid(X*w)) + (ones(m) - y).*log(ones(m) - sigmoid(X*w)))", "w", {}, "convex"),
    ("sum(logsumexp(X*W, 2)) - sum(Y.*(X*W))", "W", {}, "convex"),
    ("-y'*log(softmax(W*x + b))", "W", {"y": "simplex(m)", "W": "matrix(m,n)", "x": "vector(n)"}, "convex"),
    ("x'*P*x + b'*x", "x", {**PSD, "b": "vector(n)"}, "convex"),
    ("-x'*P*x", "x", PSD, "concave"),
    ("tr(X'*P*X)", "X", {"P": "psd(n)", "X": "matrix(n,m)"}, "convex"),
    ("x'*B'*P*B*x", "x", {"P": "psd(m)", "B": "matrix(m,n)"}, "convex"),
    ("norm2(X*w - y)", "w", {}, "convex"),
    ("norm2(X*w - y)^2", "w", {}, "convex"),
    ("norm1(X*w - y)", "w", {}, "convex"),
    ("norm(x, inf)", "x", {}, "convex"),
    ("normF(A*X*B - C)^2", "X", {}, "convex"),
    ("norm2(X*w - y)^2 + a*norm2(w)^2", "w", WEIGHT, "convex"),
    ("norm2(X*w - y)^2/m + a*norm1(w)", "w", {**WEIGHT, "X": "matrix(m,n)"}, "convex"),
    ("-logdet(S)", "S", {"S": "spd(n)"}, "convex"),
    ("logdet(A'*diag(x)*A)", "x", POSITIVE, "concave"),
    ("tr(inv(S))", "S", {"S": "spd(n)"}, "convex"),
    ("x'*inv(S)*x", "S", {"S": "spd(n)"}, "convex"),
    ("prod(x)^(1/n)", "x", POSITIVE, "concave"),
    ("sum(x.*log(x))", "x", POSITIVE, "convex"),
    ("-sum(log(x))", "x", {"x": "vector(n)"}, "convex"),
    ("sum(exp(X*w) - y.*(X*w))", "w", {}, "convex"),
    ("sum(softplus(X*w) - y.*(X*w))", "w", {}, "convex"),
    ("max(0, 1 - y*(w'*x))", "w", {"y": "scalar", "x": "vector(n)"}, "convex"),
    ("sum(abs(X*w - y).^3)", "w", {}, "convex"),
    ("exp(x'*x)", "x", {"x": "vector(n)"}, "convex"),
    ("sqrt(1 + x'*x)", "x", {"x": "vector(n)"}, "convex"),
    ("sqrt(x^2)", "x", {"x": "scalar"}, "convex"),
    ("1/x", "x", {"x": "scalar positive"}, "convex"),
    ("x^3", "x", {"x": "scalar nonnegative"}, "convex"),
    ("x'*x/t", "t", {"t": "scalar positive", "x": "vector(n)"}, "convex"),
    ("lgamma(x)", "x", {"x": "scalar positive"}, "convex"),
    ("sum_i(log(1 + exp(-y_i*(w'*x_i))))", "w", {"x_i": "vector(n), i=1..N", "y_i": "scalar, i=1..N"}, "convex"),
    ("a'*x + b", "x", {"a": "vector(n)", "b": "scalar"}, "affine"),
    ("tr(A*X)", "X", {}, "affine"),
    ("log(a)", "x", {"a": "scalar", "x": "scalar"}, "affine"),
]


@pytest.mark.parametrize(("text", "wrt", "kinds", "verdict"), CERTIFIED)
def test_textbook_cases_are_certified(text, wrt, kinds, verdict):
    found = convexity(text, wrt, kinds)
    assert found.verdict == verdict
    assert found.certificate and all(found.certificate)


# each is neither convex nor concave on the operands declared, or has no convex domain
REFUTABLE = [
    ("x'*A*x", "x", {}),
    ("x'*S*x", "x", {"S": "symmetric(n)"}),
    ("1/x", "x", {"x": "scalar"}),
    ("x^-2", "x", {"x": "scalar"}),
    ("x^3", "x", {"x": "scalar"}),
    ("lgamma(x)", "x", {"x": "scalar"}),
    ("logdet(X)", "X", {}),
    ("logdet(X'*X)", "X", {"X": "matrix(m,n)"}),
    ("-logdet(S)", "S", {"S": "symmetric(n)"}),
    ("abs(x)*x", "x", {"x": "scalar"}),
    ("sqrt(abs(x))", "x", {"x": "scalar"}),
    ("sum(tanh(x))", "x", {"x": "vector(n)"}),
    ("log(1 + x'*x)", "x", {"x": "vector(n)"}),
    ("norm2(X*w - y)^2 + a*norm1(w)", "w", {"a": "scalar"}),
    ("norm2(U*V' - Y)^2 + sum(sin(U))", "U", {}),
    ("norm2(A*A*x)*sum(x)", "x", {}),
    ("prod(x)", "x", POSITIVE),
    ("x'*D*x", "x", {"D": "diagonal(n)"}),
    ("tr(inv(X))", "X", {"X": "invertible(n)"}),
    ("f(x)", "x", {"f": "function -> scalar", "x": "vector(n)"}),
    ("det(S)", "S", {"S": "spd(n)"}),
]


@pytest.mark.parametrize(("text", "wrt", "kinds"), REFUTABLE)
def test_what_is_not_certain_is_unknown(text, wrt, kinds):
    found = convexity(text, wrt, kinds)
    assert found.verdict == "unknown"
    assert found.certificate


def test_only_scalars_in_one_variable():
    with pytest.raises(ShapeError):
        convexity("A*x", "x")
    with pytest.raises(UnsupportedError):
        convexity("x'*x + y'*y", "[x, y]")


# ---- random expressions, and the same as arguments of what is certified often

WRAPPED = ("{}", "norm2({})^2", "sum(softplus({}))", "logsumexp({})", "sum(abs({}))", "sum(exp({}))", "max({})")


def random_scalar(seed):
    """A random scalar with its declarations and a variable in it; None where sizes are left open."""
    source = random.Random(seed)
    wrapped = source.choice(WRAPPED)
    shape = SCALAR if wrapped == "{}" else (source.choice(DIMENSIONS), "1")
    text = wrapped.format(Grower(source).piece(shape, source.choice((1, 1, 2, 3))).text)
    used = {name: kind for name, kind in DECLARATIONS.items() if mentions(text, name)}
    if not used or unshown_dimensions(text, used.values()):
        return None
    return text, used, source.choice(sorted(used))


def gaps(text, used, wrt, seed):
    """How far the value at the middle of two operands lies below the mean of their values, and the rounding of that."""
    numbers = np.random.default_rng(seed)
    sizes = dict(zip(DIMENSIONS, (3, 4, 2)))
    for scale in (0.05, 0.3, 1.0, 1.0, 3.0, 3.0) * 2:
        values = {name: as_given(draw(kind, sizes, numbers), kind) for name, kind in used.items()}
        other = as_given(draw(used[wrt], sizes, numbers), used[wrt])
        near = min(scale, 1.0)
        ends = [values[wrt], values[wrt] + near * (other - values[wrt])]
        if scale > 1 and "spd" not in used[wrt]:
            ends = [scale * end for end in ends]
        with np.errstate(all="ignore"):
            one, two, middle = (
                float(np.squeeze(evaluate(text, {**values, wrt: at}, sizes))) for at in (*ends, (ends[0] + ends[1]) / 2)
            )
        if np.isfinite([one, two, middle]).all():
            yield (one + two) / 2 - middle, 1e-9 * (1 + abs(one) + abs(two))


def test_no_certificate_is_refuted_by_sampling():
    """Among them, more than a hundred certificates that say more than `affine`."""
    certified, seed, tried = 0, 0, 0
    while tried < 500:
        seed += 1
        drawn = random_scalar(seed)
        if drawn is None:
            continue
        tried += 1
        text, used, wrt = drawn
        try:
            verdict = convexity(text, wrt, used).verdict
        except MatcalcError:
            continue
        if verdict == "unknown":
            continue
        certified += verdict != "affine"
        for gap, rounding in gaps(text, used, wrt, seed):
            assert verdict == "concave" or gap >= -rounding, (text, wrt)
            assert verdict == "convex" or gap <= rounding, (text, wrt)
    assert certified > 100


# ---- the command


def run(*arguments):
    return CliRunner().invoke(main, ["convex", *arguments])


def test_the_command_says_why():
    found = run("norm2(X*w - y)^2 + a*norm1(w)", "--wrt", "w", "--var", "a: scalar positive")
    assert found.exit_code == 0
    assert found.output.splitlines()[0] == "convex in w"
    assert "  norm1(w) is convex: norm1 is convex, its operand is affine" in found.output.splitlines()


def test_unknown_has_a_status_of_its_own():
    assert run("x'*A*x", "--wrt", "x").exit_code == 1


def test_json():
    found = json.loads(run("log(sum(exp(D*x)))", "--wrt", "x", "--to", "json").output)
    assert found["verdict"] == "convex" and found["variable"] == "x"
    assert found["variables"] == {"D": "matrix(m,n)", "x": "vector(n)"}
