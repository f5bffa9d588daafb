"""Every kind of error by its exact text: what is wrong, where, and what to type instead."""

from __future__ import annotations

import pytest

from matcalc.errors import MatcalcError, ParseError, ShapeError, UnknownNameError, UnsupportedError, underlined
from matcalc.parser import parse, parse_kind

# declarations, then the input, then the class, then the text of the error as the user sees it
CASES: list[tuple[str, str, type[MatcalcError], str]] = [
    # ---- shapes ----
    (
        "x: vector(n); y: vector(n)",
        "norm(x*y)",
        ShapeError,
        """x is n x 1 and y is n x 1: the inner sizes 1 and n differ
  norm(x*y)
       ^^^
  did you mean x'*y (inner), x*y' (outer) or x.*y (entry by entry)?""",
    ),
    (
        "A: matrix(3,4); x: vector(3)",
        "A*x + b",
        ShapeError,
        """A is 3 x 4 and x is 3 x 1: the inner sizes 4 and 3 differ
  A*x + b
  ^^^
  did you mean A'*x?""",
    ),
    (
        "x: vector(n); y: vector(m)",
        "X*y'*x'",
        ShapeError,
        """X is k x p and y' is 1 x m: the inner sizes p and 1 differ
  X*y'*x'
  ^^^^
  did you mean X*y?""",
    ),
    (
        "",
        "(1 - l0/norm2(p - q))*(p - q)",
        ShapeError,
        """(1 - l0/norm2(p - q)) is n x 1 and (p - q) is k x 1: the inner sizes 1 and k differ
  (1 - l0/norm2(p - q))*(p - q)
  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  did you mean (1 - l0/norm2(p - q))'*(p - q) (inner), (1 - l0/norm2(p - q))*(p - q)' (outer), \
(1 - l0/norm2(p - q)).*(p - q) (entry by entry) or l0: scalar?""",
    ),
    (
        "",
        "I - 1/2*phi*phi",
        ShapeError,
        """1/2*phi is n x 1 and phi is n x 1: the inner sizes 1 and n differ
  I - 1/2*phi*phi
      ^^^^^^^^^^^
  did you mean (1/2*phi)'*phi (inner), 1/2*phi*phi' (outer), 1/2*phi.*phi (entry by entry) or phi: matrix(n,n)?""",
    ),
    (
        "x: vector(n)",
        "x^-1",
        ShapeError,
        """^ takes a scalar or a square matrix, x is n x 1
  x^-1
  ^
  write 1./x for the entries, pinv(x) for the pseudoinverse""",
    ),
    (
        "",
        "x + {y}",
        ParseError,
        """'{' cannot stand here
  x + {y}
      ^
  write round brackets, as in X^(-1)""",
    ),
    (
        "",
        "unit(0, n)",
        ParseError,
        """the position in unit(i,n) is a whole number from 1 on
  unit(0, n)
       ^""",
    ),
    (
        "",
        "unit(5, 4)",
        ShapeError,
        """unit(5, 4) has 4 entries, there is none numbered 5
  unit(5, 4)
       ^""",
    ),
    (
        "",
        "unit(n)",
        ParseError,
        """unit takes a position and a size
  unit(n)
  ^^^^^^^""",
    ),
    (
        "",
        "sigmod|x|",
        UnknownNameError,
        """unknown function 'sigmod'
  sigmod|x|
  ^^^^^^
  did you mean sigmoid? for a function of your own declare sigmod: function -> scalar""",
    ),
    (
        "",
        "y/λ‖x‖",
        ParseError,
        """brackets are missing here
  y/λ‖x‖
    ^^^^
  write (λ‖x‖)""",
    ),
    (
        "X: matrix(m,n); Y: matrix(m,n)",
        "X*Y",
        ShapeError,
        """X is m x n and Y is m x n: the inner sizes n and m differ
  X*Y
  ^^^
  did you mean X'*Y, X*Y' or X.*Y?""",
    ),
    (
        "x: vector(n)",
        "x^2 + 1",
        ShapeError,
        """^ takes a scalar or a square matrix, x is n x 1
  x^2 + 1
  ^
  did you mean x.^2 or x'*x?""",
    ),
    (
        "x: vector(n); y: vector(n)",
        "a*(x - y)^3",
        ShapeError,
        """^ takes a scalar or a square matrix, (x - y) is n x 1
  a*(x - y)^3
    ^^^^^^^
  did you mean (x - y).^3?""",
    ),
    (
        "x: vector(n); h: row(n)",
        "x + h",
        ShapeError,
        """x is n x 1 and h is 1 x n: + and - need one shape
  x + h
  ^^^^^
  did you mean h'?""",
    ),
    (
        "X: matrix(m,n); Y: matrix(m,k)",
        "exp(X) .* Y",
        ShapeError,
        """exp(X) is m x n and Y is m x k: .* needs one shape
  exp(X) .* Y
  ^^^^^^^^^^^""",
    ),
    (
        "A: matrix(m,n); B: matrix(n,n)",
        "A/B",
        ShapeError,
        """/ divides by a scalar, B is n x n
  A/B
    ^
  write A*inv(B)""",
    ),
    (
        "x: vector(n); y: vector(n)",
        "2*x/y",
        ShapeError,
        """/ divides by a scalar, y is n x 1
  2*x/y
      ^
  write 2*x./y to divide entry by entry""",
    ),
    (
        "X: matrix(m,n)",
        "1 + tr(X)",
        ShapeError,
        """tr takes a square matrix, X is m x n
  1 + tr(X)
         ^""",
    ),
    (
        "X: matrix(m,n)",
        "inv(2*X)",
        ShapeError,
        """inv takes a square matrix, 2*X is m x n
  inv(2*X)
      ^^^""",
    ),
    (
        "x: vector(n)",
        "|x|",
        ShapeError,
        """|...| takes a scalar or a square matrix, x is n x 1
  |x|
   ^
  did you mean abs(x) or norm2(x)?""",
    ),
    (
        "h: row(n); x: vector(n)",
        "dot(h, x)",
        ShapeError,
        """dot takes a vector here, h is 1 x n
  dot(h, x)
      ^""",
    ),
    (
        "X: matrix(3,2)",
        "X[4,:]",
        ShapeError,
        """X has 3 rows, there is none numbered 4
  X[4,:]
  ^^^^^^""",
    ),
    (
        "X: matrix(m,n)",
        "X[2]",
        ShapeError,
        """one index takes a vector, X is m x n
  X[2]
  ^
  write X[i,:] for a row""",
    ),
    (
        "a: scalar; X: matrix(m,n)",
        "a @ X",
        ShapeError,
        """@ does not scale, and one side of a @ X is a scalar
  a @ X
  ^^^^^
  write * instead of @""",
    ),
    (
        "a: scalar; x: vector(n)",
        "ones(a)'*x",
        ShapeError,
        """a is no size: a size is a positive whole number, a name that is no variable, or 2*n
  ones(a)'*x
       ^""",
    ),
    # ---- names ----
    (
        "",
        "sigmod(w'*x)",
        UnknownNameError,
        """unknown function 'sigmod'
  sigmod(w'*x)
  ^^^^^^
  did you mean sigmoid? for a function of your own declare sigmod: function -> scalar""",
    ),
    (
        "x: vector(n)",
        "1 + x(y + z)",
        UnknownNameError,
        """unknown function 'x'
  1 + x(y + z)
      ^
  for a product write x*(...)""",
    ),
    (
        "",
        "torch.nn.functional.mse_loss(X @ W, Y)",
        UnknownNameError,
        """unknown function 'mse_loss'
  torch.nn.functional.mse_loss(X @ W, Y)
  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  write mean((X @ W - Y).^2)""",
    ),
    # ---- syntax ----
    (
        "",
        "",
        ParseError,
        "the input is empty: an expression was expected\n  \n  ^",
    ),
    (
        "",
        "A*(x + y",
        ParseError,
        """'(' is never closed
  A*(x + y
    ^""",
    ),
    (
        "",
        "A*x) + y",
        ParseError,
        """')' closes a bracket that was never opened
  A*x) + y
     ^""",
    ),
    (
        "",
        "sum(x[1) + 2",
        ParseError,
        """'[' is closed by ')', ']' was expected
  sum(x[1) + 2
       ^""",
    ),
    (
        "",
        "A*x +",
        ParseError,
        """a name, a number or a bracket was expected after '+'
  A*x +
      ^""",
    ),
    (
        "",
        "A */ x",
        ParseError,
        """'/' cannot stand here: a name, a number or a bracket was expected
  A */ x
     ^""",
    ),
    (
        "",
        "x 2",
        ParseError,
        """an operator is missing before '2'
  x 2
    ^
  for a product write *""",
    ),
    (
        "",
        "(a + b)(c + d)",
        ParseError,
        """an operator is missing here
  (a + b)(c + d)
         ^
  for a product write (a + b)*(c + d)""",
    ),
    (
        "",
        "a^b^c",
        ParseError,
        """two powers in a row can be read in two ways
  a^b^c
  ^^^^^
  write (a^b)^c or a^(b^c)""",
    ),
    (
        "",
        "1 + $x",
        ParseError,
        """text outside of the formula is not read
  1 + $x
  ^
  give the formula alone""",
    ),
    (
        "",
        "X*theta - y = 0",
        ParseError,
        """this is an equation
  X*theta - y = 0
  ^^^^^^^^^^^^^^^
  to minimise its squared error use norm2(X*theta - y)^2; to solve it use matcalc solve""",
    ),
    (
        "",
        "X*theta = y - z",
        ParseError,
        """this is an equation
  X*theta = y - z
  ^^^^^^^^^^^^^^^
  to minimise its squared error use norm2(X*theta - (y - z))^2; to solve it use matcalc solve""",
    ),
    (
        "",
        "x == 3",
        ParseError,
        """== is not part of the language
  x == 3
    ^^
  a definition is written name = expression""",
    ),
    (
        "",
        "X[0,:]",
        ParseError,
        """indices count from 1
  X[0,:]
    ^
  the first entry is [1]""",
    ),
    (
        "",
        "sin x",
        ParseError,
        """sin x is no call
  sin x
  ^^^^^
  write sin(x)""",
    ),
    (
        "",
        "X.sum()",
        ParseError,
        """methods such as .sum() are not read
  X.sum()
  ^^^^^^^
  write sum(X)""",
    ),
    (
        "",
        "mean(X, 3)",
        ParseError,
        """mean does not take these arguments
  mean(X, 3)
  ^^^^^^^^^^
  write mean(X), mean(X, 1), mean(X, 2)""",
    ),
    (
        "",
        "x'*x; 2*x",
        ParseError,
        """only the last statement is an expression, those before it are definitions
  x'*x; 2*x
  ^^^^
  write z = x'*x""",
    ),
    (
        "",
        "u = 1; u = 2; u",
        ParseError,
        """u is defined twice
  u = 1; u = 2; u
         ^^^^^
  use another name""",
    ),
    (
        "",
        "u = u + 1; u",
        ParseError,
        """u is used before it is defined
  u = u + 1; u
      ^^^^^
  use another name here""",
    ),
    (
        "",
        "X: matix(m,n); X",
        ParseError,
        """unknown kind 'matix'
  X: matix(m,n); X
     ^^^^^^^^^^
  did you mean matrix?""",
    ),
    (
        "",
        "X: matrix(n); X",
        ParseError,
        """matrix takes 2 sizes, not 1
  X: matrix(n); X
     ^^^^^^^^^
  write matrix(m,n)""",
    ),
    (
        "n: scalar",
        "X: matrix(m,n); n*X",
        ParseError,
        """n is a size, in X: matrix(m,n), and cannot be a variable as well
  rename one of them""",
    ),
    (
        "",
        "let z = X*w",
        ParseError,
        """a let goes on with `in` and an expression
  let z = X*w
             ^
  write let z = ... in ...""",
    ),
    (
        "",
        "sum('fro')",
        ParseError,
        """sum does not take 'fro'
  sum('fro')
      ^^^^^
  write fro""",
    ),
    (
        "",
        "A*(x, y)",
        ParseError,
        """(x, y) has no meaning here
  A*(x, y)
    ^^^^^^
  a list is written in square brackets""",
    ),
    # ---- not yet ----
    (
        "",
        "\\frac{1}{2}\\|X w",
        ParseError,
        """'\\|' is never closed
  \\frac{1}{2}\\|X w
             ^^
  write \\| where it ends""",
    ),
    (
        "",
        "sum_ij(x_i)",
        ParseError,
        """sum_ij is no sum over an index
  sum_ij(x_i)
  ^^^^^^^^^^^
  an index is one letter, and a sum has one operand: sum_i(sum_j(...))""",
    ),
    (
        "A: matrix(m,n); x: vector(n)",
        "[A; x]",
        ShapeError,
        """the blocks of a row have the same height, those of a column the same width; x is n x 1
  [A; x]
      ^""",
    ),
    (
        "",
        "p: simplex(m,n); sum(p)",
        ParseError,
        """simplex takes 1 size, not 2
  p: simplex(m,n); sum(p)
     ^^^^^^^^^^^^
  write simplex(n)""",
    ),
    (
        "A: matrix(n,n)",
        "A^(1/2)",
        UnsupportedError,
        """A^(1/2): a matrix has only whole powers up to 1000
  A^(1/2)
  ^^^^^^^
  the square root is sqrtm(A)""",
    ),
    (
        "A: matrix(n,n)",
        "A^1.5",
        UnsupportedError,
        """A^1.5: a matrix has only whole powers up to 1000
  A^1.5
  ^^^^^
  the entrywise power is .^""",
    ),
    (
        "X: matrix(m,n)",
        "||X||_3",
        UnsupportedError,
        """the norm ||.||_3 is not supported yet
  ||X||_3
  ^^^^^^^""",
    ),
    (
        "X: matrix(m,n)",
        "norm(X, 3)",
        ShapeError,
        """no norm takes these arguments: X is m x n and 3 is 1 x 1
  norm(X, 3)
  ^^^^^^^^^^
  there are norm(X), norm(x, 1), norm(x, 2), norm(x, inf), norm(x, 0), norm(x, p), norm(X, 1), norm(X, inf), \
norm(X, 2)""",
    ),
    (
        "x: vector(n)",
        "2*x + inf",
        ParseError,
        """inf stands only for the order of a norm, as in norm(x, inf)
  2*x + inf
        ^^^""",
    ),
    (
        "X: matrix(m,n)",
        "np.max(X, axis=0)",
        UnsupportedError,
        """the max along one axis is not in the language: max(X, 1) compares every entry with 1
  np.max(X, axis=0)
            ^^^^^^""",
    ),
    (
        "X: matrix(m,n)",
        "tril(X, 1)",
        ParseError,
        """tril takes one matrix
  tril(X, 1)
  ^^^^^^^^^^""",
    ),
]


@pytest.mark.parametrize(
    ("declared", "text", "error", "wanted"), CASES, ids=[text or "empty" for _, text, _, _ in CASES]
)
def test_error(declared: str, text: str, error: type[MatcalcError], wanted: str) -> None:
    kinds = dict(part.split(": ", 1) for part in declared.split("; ")) if declared else {}
    with pytest.raises(MatcalcError) as caught:
        parse(text, kinds)
    assert str(caught.value) == wanted
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("error", "status"), [(ParseError, 2), (ShapeError, 1), (UnknownNameError, 1), (UnsupportedError, 1)]
)
def test_exit_status(error: type[MatcalcError], status: int) -> None:
    assert error.exit_status == status


def test_expected_and_found_are_there_for_programs() -> None:
    with pytest.raises(ShapeError) as caught:
        parse("A*x", {"A": "matrix(3,4)", "x": "vector(3)"})
    assert (caught.value.expected, caught.value.found, caught.value.position) == ("4 rows", "3 rows", (0, 3))
    with pytest.raises(ShapeError) as caught:
        parse("tr(X)", {"X": "matrix(m,n)"})
    assert (caught.value.expected, caught.value.found) == ("a square matrix", "m x n")
    with pytest.raises(ParseError) as syntax:
        parse("a +* b")
    assert (syntax.value.expected, syntax.value.found) == ("a name, a number or a bracket", "*")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("vektor(n)", "unknown kind 'vektor'\n  vektor(n)\n  ^^^^^^^^^\n  did you mean vector?"),
        (
            "vector(n) postive",
            "unknown kind 'postive'\n  vector(n) postive\n            ^^^^^^^\n  did you mean positive?",
        ),
        ("matrix(m,0)", "a size is a name or a positive whole number, not 0\n  matrix(m,0)\n           ^"),
        ("m n k", "a kind has at most 2 sizes, not 3\n  m n k\n  ^^^^^"),
        (
            "vector(n",
            "'vector(n' is not a kind\n  vector(n\n          ^\n  write matrix(m,n), vector(n), scalar or \"m n\"",
        ),
    ],
)
def test_errors_in_kinds(text: str, wanted: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_kind(text)
    assert str(caught.value) == wanted


def test_a_place_in_the_middle_of_a_long_text_is_shown() -> None:
    text = "a + " * 100 + "$ + b"
    line, carets = underlined(text, 400, 401)
    assert line.startswith("...")
    assert line[carets.index("^")] == "$"


def test_an_error_on_a_later_line_shows_that_line() -> None:
    with pytest.raises(MatcalcError) as caught:
        parse("z = X*w\nz'*(z\n")
    assert str(caught.value) == "'(' is never closed\n  z'*(z\n     ^"


WORDS = ["a", "X", "theta", "sum", "(", ")", "[", "]", "|", "||", "'", "*", ".*", "/", "\\", "^", "+", "-", ",", ";"]
WORDS += [":", "=", "let", "in", "2", "0.5", "\n", "<", ">", "exp(", "matrix(m,n)", "I", "np.", "²", "_", '"']


def test_noise_ends_in_an_error_or_an_answer() -> None:
    """Short texts of random words: whatever comes, it is an expression or a MatcalcError with a short text."""
    state = 1
    for _ in range(3000):
        words = []
        for _ in range(2 + state % 9):
            state = state * 6364136223846793005 % 2**64 + 1442695040888963407
            words.append(WORDS[(state >> 33) % len(WORDS)])
        try:
            assert parse("".join(words)).expr is not None
        except MatcalcError as error:
            assert 0 < len(str(error)) < 500
