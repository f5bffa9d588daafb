"""One Jacobian and one gradient in the three layouts, with a declaration and a numerical check."""

import matcalc

for layout in ("mixed", "numerator", "denominator"):
    gradient = matcalc.differentiate("x'*S*x", wrt="x", layout=layout, variables={"S": "symmetric(n)"})
    jacobian = matcalc.differentiate("tanh(W*x + b)", wrt="x", layout=layout)
    print(f"{layout:<12} {gradient.text:<8} {gradient.shape}   {jacobian.text} {jacobian.shape}")
    assert gradient.check().ok
    assert jacobian.check().ok
