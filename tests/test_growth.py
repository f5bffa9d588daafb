"""The work grows with the length of a sum and hardly more: counted in function calls, and measured in time."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable

import pytest

from matcalc import clear_cache, differentiate

# a term by number, the kinds of the names that stand in one term, and those of the names in all of them
Sums = tuple[Callable[[int], str], dict[str, str], dict[str, str]]
SUMS: dict[str, Sums] = {
    "residuals": (lambda k: f"norm2(A{k}*x - b{k})^2", {"A": "matrix(m,n)", "b": "vector(m)"}, {"x": "vector(n)"}),
    "exponentials": (lambda k: f"exp(a{k}'*x)", {"a": "vector(n)"}, {"x": "vector(n)"}),
    "common factor": (
        lambda k: f"x'*A{k}*B*x",
        {"A": "matrix(n,n)"},
        {"B": "matrix(n,n)", "x": "vector(n)"},
    ),
    "shared factor": (
        lambda k: f"c{k}*sigmoid(w'*x)*exp(a{k}'*x)",
        {"a": "vector(n)", "c": "scalar"},
        {"w": "vector(n)", "x": "vector(n)"},
    ),
    "polynomial": (lambda k: f"c{k}*x^{k + 1}", {"c": "scalar"}, {"x": "scalar"}),
}


def gradient(name: str, count: int) -> str:
    """The text of the gradient of a sum of so many terms."""
    term, own, common = SUMS[name]
    kinds = {f"{letter}{k}": kind for k in range(count) for letter, kind in own.items()}
    clear_cache()
    return differentiate(" + ".join(map(term, range(count))), "x", variables={**kinds, **common}).text


def nested(count: int) -> str:
    """The text of the derivative of functions of functions."""
    kinds = {"x": "scalar", **{f"c{k}": "scalar" for k in range(count)}}
    clear_cache()
    return differentiate("tanh(" * count + "x" + "".join(f" + c{k})" for k in range(count)), "x", variables=kinds).text


def calls(work: Callable[[], object]) -> int:
    """How many functions are called."""
    count = 0

    def on_event(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", [*SUMS, "nested"])
def test_twice_the_terms_are_twice_the_calls(name: str) -> None:
    def work(count: int) -> Callable[[], object]:
        return lambda: nested(count) if name == "nested" else gradient(name, count)

    work(10)()  # rules are read when first used
    assert calls(work(400)) <= 2.2 * calls(work(200))


def test_the_time_is_near_linear() -> None:
    """What calls do not count, such as long lists searched again and again, shows in the time."""

    def seconds(count: int) -> float:
        start = time.process_time()
        gradient("residuals", count)
        return time.process_time() - start

    gc.collect()
    gc.disable()
    try:
        small = min(seconds(100) for _ in range(3))
        large = min(seconds(1000) for _ in range(2))
    finally:
        gc.enable()
    assert large <= 15 * small
