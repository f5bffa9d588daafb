"""Logistic regression by Newton's method, with gradient and Hessian derived from the loss as written."""

import numpy as np

import matcalc

loss = "sum(log(1 + exp(-y.*(X*w)))) + a*norm2(w)^2"
kinds = {"a": "scalar positive"}
gradient = matcalc.differentiate(loss, wrt="w", variables=kinds)
hessian = matcalc.differentiate(loss, wrt="w", order=2, variables=kinds)
print("gradient:", gradient.text)
print("Hessian: ", hessian.text)

source = np.random.default_rng(1)
data = {"X": source.normal(size=(50, 4)), "y": source.choice([-1.0, 1.0], 50), "w": np.zeros(4), "a": 0.1}
for step in range(6):
    slope = gradient.evaluate(data)
    print(f"step {step}: largest entry of the gradient {np.abs(slope).max():.2e}")
    data["w"] = data["w"] - np.linalg.solve(hessian.evaluate(data), slope)
assert np.abs(gradient.evaluate(data)).max() < 1e-9
