"""Least squares: a gradient from a formula, its numbers, and the minimum found with it."""

import numpy as np

import matcalc

loss = "norm2(X*theta - y)^2"
gradient = matcalc.differentiate(loss, wrt="theta")
hessian = matcalc.differentiate(loss, wrt="theta", order=2)
print("gradient:", gradient.text)
print("Hessian: ", hessian.text)

source = np.random.default_rng(0)
data = {"X": source.normal(size=(8, 3)), "y": source.normal(size=8), "theta": np.zeros(3)}

# one Newton step from anywhere solves a quadratic problem
data["theta"] = data["theta"] - np.linalg.solve(hessian.evaluate(data), gradient.evaluate(data))
print("gradient at the minimum:", np.abs(gradient.evaluate(data)).max().round(12))
assert np.allclose(data["theta"], np.linalg.lstsq(data["X"], data["y"], rcond=None)[0])
