"""Central differences know the derivative, and how well they know it."""

import numpy as np
import pytest

from matcalc.differences import directional_derivative, relative_error

KNOWN = {
    "polynomial": (lambda t: (2 + t) ** 3, 12.0),
    "exponential": (lambda t: np.exp(3 * t), 3.0),
    "near a pole": (lambda t: 1 / (0.2 + t), -25.0),
    "fast": (lambda t: np.sin(20 * t + 1), 20 * np.cos(1)),
    "flat": (lambda t: 5.0 + 0 * t, 0.0),
    "large": (lambda t: 1e8 * np.cosh(t + 1), 1e8 * np.sinh(1)),
}


@pytest.mark.parametrize("along, expected", KNOWN.values(), ids=KNOWN)
def test_the_derivative_is_within_the_stated_error(along, expected):
    found, uncertainty = directional_derivative(lambda t: np.asarray(along(t)))
    assert uncertainty <= 1e-8 * max(1, abs(expected))
    assert abs(found - expected) <= 10 * uncertainty + 1e-12 * max(1, abs(expected))


def test_arrays_move_together():
    found, uncertainty = directional_derivative(lambda t: np.array([[t, t**2], [np.exp(t), np.cos(t)]]))
    np.testing.assert_allclose(found, [[1, 0], [1, 0]], atol=1e-10)
    assert uncertainty < 1e-9


@pytest.mark.parametrize(
    "along", [lambda t: np.abs(t - 5e-4), lambda t: np.sign(t), lambda t: np.log(t)], ids=["kink", "jump", "domain"]
)
def test_where_there_is_no_derivative_the_error_is_large(along):
    _, uncertainty = directional_derivative(lambda t: np.asarray(along(t)))
    assert not uncertainty < 1e-3


def test_relative_errors():
    one = np.array([1.0, 2.0])
    assert relative_error(one, one) == 0
    assert relative_error(one, one + np.array([0, 1e-3])) == pytest.approx(5e-4, rel=1e-3)
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    assert all(relative_error(one, other) == np.inf for other in (one[:1], one * np.nan, one + np.inf))
