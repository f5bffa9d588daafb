"""Small SymPy classes where SymPy's own fall short: each keeps its class, evaluates, and prints as it is written.

Every class evaluates with `doit` once explicit matrices are substituted, with which SymPy's own leave work undone.
"""

from __future__ import annotations

import re
from typing import Any

from sympy import (
    Dummy,
    HadamardPower,
    ImmutableDenseMatrix,
    Integer,
    KroneckerDelta,
    Lambda,
    MatrixExpr,
    MatrixSymbol,
    Mul,
    S,
    Symbol,
    Trace,
    floor,
    ones,
)
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf
from sympy.matrices.expressions.slice import MatrixSlice
from sympy.matrices.expressions.special import OneMatrix
from sympy.printing.precedence import precedence

# One bound symbol for all elementwise functions: then equal things compare equal. It is real, else the
# derivative of Abs is expressed through real and imaginary parts; a Dummy, so that it captures no name.
ENTRIES = tuple(Dummy(name, real=True, dummy_index=index) for index, name in ((10**9, "t"), (10**9 + 1, "u")))

# stand for the operands while a function is printed; no name of a user looks like this
_MARKS = ("MatcalcFirstOperand", "MatcalcSecondOperand")


def _is_explicit(*values: Any) -> bool:
    return all(isinstance(value, MatrixBase) for value in values)


def _evaluated(value: Any, hints: Any) -> Any:
    """`value.doit()`, and entries where SymPy stops short of them although no symbol of a matrix is left."""
    done = value.doit(**hints)
    is_done = isinstance(done, MatrixExpr) and all(isinstance(length, (int, Integer)) for length in done.shape)
    return done.as_explicit() if is_done and not done.has(MatrixSymbol) else done


class Scalar(Trace):  # type: ignore[misc]
    """The number in a 1 x 1 product, such as `x.T*A*x`; SymPy has no other scalar made of matrices.

    It is the trace of the product, so it may stand wherever a scalar may.
    """

    def doit(self, **hints: Any) -> Any:
        """The number, once the product is explicit."""
        arg = _evaluated(self.arg, hints)
        return arg[0, 0] if _is_explicit(arg) else Scalar(arg)

    def as_explicit(self) -> Any:
        """The number, from entries."""
        return self.arg.as_explicit()[0, 0]

    @property
    def precedence(self) -> int:
        """How tightly it binds where it is printed: as the product it is."""
        return int(precedence(self.arg))

    def _sympystr(self, printer: Any) -> str:
        return str(printer._print(self.arg))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text: str = printer._print(self.arg)
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


class Elementwise(ElementwiseApplyFunction):  # type: ignore[misc]
    """A function of one or two entries, applied to every entry of operands of one shape."""

    def __new__(cls, function: Lambda, *operands: Any) -> Elementwise:
        made: Elementwise = MatrixExpr.__new__(cls, function, *operands)
        return made

    def doit(self, **hints: Any) -> Any:
        """The matrix of values, once the operands are explicit."""
        operands = [_evaluated(operand, hints) for operand in self.args[1:]]
        if not _is_explicit(*operands):
            return Elementwise(self.function, *operands)
        rows, columns = operands[0].shape
        return ImmutableDenseMatrix(rows, columns, lambda i, j: self.function(*[operand[i, j] for operand in operands]))

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        return self.function(*[operand._entry(i, j, **kwargs) for operand in self.args[1:]])

    def _eval_transpose(self) -> Elementwise:
        return Elementwise(self.function, *[operand.T for operand in self.args[1:]])

    def _eval_derivative(self, x: Any) -> Any:
        if len(self.args) > 2:
            raise NotImplementedError("derivative of an elementwise function of two operands")
        return super()._eval_derivative(x)

    @property
    def precedence(self) -> int:
        """How tightly it binds where it is printed: as the body of the function does."""
        return int(precedence(self.function.expr))

    def _sympystr(self, printer: Any) -> str:
        return self._with_operands(printer, "(", ")")

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = self._with_operands(printer, r"\left(", r"\right)")
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"

    def _with_operands(self, printer: Any, left: str, right: str) -> str:
        """The body with the operands in place of the bound symbols, in brackets unless they stand in some."""
        marks = [Symbol(mark, real=True) for mark in _MARKS[: len(self.args) - 1]]
        body: str = printer._print(self.function(*marks))
        for mark, operand in zip(marks, self.args[1:], strict=True):
            text, word = printer._print(operand), printer._print(mark)
            bracketed = rf"(?<=[({{]){word}(?=\s*(?:\\right)?[)}}])"
            body = re.sub(bracketed, text.replace("\\", r"\\"), body)
            body = body.replace(word, text if operand.is_symbol else f"{left}{text}{right}")
        return body


class EntryPower(HadamardPower):  # type: ignore[misc]
    """Every entry of a matrix to one power."""

    def doit(self, **hints: Any) -> Any:
        """The explicit matrix, once the base is explicit."""
        base, exponent = [_evaluated(arg, hints) for arg in self.args]
        return base.applyfunc(lambda entry: entry**exponent) if _is_explicit(base) else EntryPower(base, exponent)

    def _sympystr(self, printer: Any) -> str:
        return f"HadamardPower({printer._print(self.base)}, {printer._print(self.exp)})"

    def _eval_transpose(self) -> EntryPower:
        return EntryPower(self.base.T, self.exp)


class Diag(DiagMatrix):  # type: ignore[misc]
    """The diagonal matrix of a vector."""

    def doit(self, **hints: Any) -> Any:
        """The explicit matrix, once the vector is explicit."""
        vector = _evaluated(self.args[0], hints)
        if not _is_explicit(vector):
            return Diag(vector)
        entries = list(vector)
        return ImmutableDenseMatrix(len(entries), len(entries), lambda i, j: entries[i] if i == j else S.Zero)

    def _sympystr(self, printer: Any) -> str:
        return f"diag({printer._print(self.args[0])})"

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{diag}}\left({printer._print(self.args[0])}\right)"


class Diagonal(DiagonalOf):  # type: ignore[misc]
    """The diagonal of a square matrix as a column."""

    def doit(self, **hints: Any) -> Any:
        """The explicit column, once the matrix is explicit."""
        matrix = _evaluated(self.args[0], hints)
        return matrix.diagonal().T if _is_explicit(matrix) else Diagonal(matrix)

    def _sympystr(self, printer: Any) -> str:
        return f"diag({printer._print(self.args[0])})"

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{diag}}\left({printer._print(self.args[0])}\right)"


class Ones(OneMatrix):  # type: ignore[misc]
    """A matrix of ones."""

    def doit(self, **hints: Any) -> Any:
        """The explicit matrix, once the sizes are numbers."""
        rows, columns = [size.doit(**hints) for size in self.args]
        if rows.is_Integer and columns.is_Integer:
            return ImmutableDenseMatrix(ones(rows, columns))
        return Ones(rows, columns)

    def _eval_transpose(self) -> Ones:
        return Ones(self.cols, self.rows)

    def _sympystr(self, printer: Any) -> str:
        return f"ones({printer._print(self.rows)}, {printer._print(self.cols)})"

    def _latex(self, printer: Any) -> str:
        return r"\mathbf{1}^{\top}" if self.rows == 1 else r"\mathbf{1}"


class Slice(MatrixSlice):  # type: ignore[misc]
    """A row or a column of a matrix."""

    def doit(self, **hints: Any) -> Any:
        """The explicit row or column, once the matrix is explicit."""
        matrix = _evaluated(self.args[0], hints)
        if not _is_explicit(matrix):
            return Slice(matrix, *self.args[1:])
        (top, bottom, _), (left, right, _) = self.args[1:]
        return matrix[int(top) : int(bottom), int(left) : int(right)]


class Vec(MatrixExpr):  # type: ignore[misc]
    """The columns of a matrix, one below the other."""

    @property
    def shape(self) -> tuple[Any, Any]:
        """One column of all entries."""
        rows, columns = self.args[0].shape
        return Mul(rows, columns), S.One

    def doit(self, **hints: Any) -> Any:
        """The explicit column, once the matrix is explicit."""
        matrix = _evaluated(self.args[0], hints)
        return ImmutableDenseMatrix(matrix.vec()) if _is_explicit(matrix) else Vec(matrix)

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        rows = self.args[0].rows
        return self.args[0]._entry(i % rows, i // rows, **kwargs)

    def _sympystr(self, printer: Any) -> str:
        return f"vec({printer._print(self.args[0])})"

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{vec}}\left({printer._print(self.args[0])}\right)"


class Pseudoinverse(MatrixExpr):  # type: ignore[misc]
    """The Moore-Penrose inverse."""

    @property
    def shape(self) -> tuple[Any, Any]:
        """That of the transpose."""
        rows, columns = self.args[0].shape
        return columns, rows

    def doit(self, **hints: Any) -> Any:
        """The explicit inverse, once the matrix is explicit."""
        matrix = _evaluated(self.args[0], hints)
        return matrix.pinv() if _is_explicit(matrix) else Pseudoinverse(matrix)

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        return self.doit()[i, j] if _is_explicit(self.args[0]) else super()._entry(i, j, **kwargs)

    def _sympystr(self, printer: Any) -> str:
        return f"pinv({printer._print(self.args[0])})"

    def _latex(self, printer: Any) -> str:
        return rf"{{{printer.parenthesize(self.args[0], 1000, strict=True)}}}^{{+}}"


class Unit(MatrixExpr):  # type: ignore[misc]
    """Column i of the identity of size n, counted from 1."""

    @property
    def shape(self) -> tuple[Any, Any]:
        """A column."""
        return self.args[1], S.One

    def doit(self, **hints: Any) -> Any:
        """The explicit column, once both numbers are known."""
        index, length = [arg.doit(**hints) for arg in self.args]
        if index.is_Integer and length.is_Integer:
            return ImmutableDenseMatrix(length, 1, lambda i, j: S.One if i + 1 == index else S.Zero)
        return Unit(index, length)

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        return KroneckerDelta(i + 1, self.args[0])

    def _sympystr(self, printer: Any) -> str:
        return f"unit({printer._print(self.args[0])}, {printer._print(self.args[1])})"

    def _latex(self, printer: Any) -> str:
        return f"e_{{{printer._print(self.args[0])}}}"


class Commutation(MatrixExpr):  # type: ignore[misc]
    """The matrix that takes vec(A) to vec(A'), A being m x n."""

    @property
    def shape(self) -> tuple[Any, Any]:
        """Square, of size m*n."""
        side = self.args[0] * self.args[1]
        return side, side

    def doit(self, **hints: Any) -> Any:
        """The explicit matrix, once both numbers are known."""
        rows, columns = [arg.doit(**hints) for arg in self.args]
        if rows.is_Integer and columns.is_Integer:
            return ImmutableDenseMatrix(rows * columns, rows * columns, lambda i, j: self._entry(i, j))
        return Commutation(rows, columns)

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        rows, columns = self.args
        return KroneckerDelta((i % columns) * rows + floor(i / columns), j)

    def _sympystr(self, printer: Any) -> str:
        return f"commutation({printer._print(self.args[0])}, {printer._print(self.args[1])})"

    def _latex(self, printer: Any) -> str:
        return f"K_{{{printer._print(self.args[0])},{printer._print(self.args[1])}}}"


class Duplication(MatrixExpr):  # type: ignore[misc]
    """The matrix that takes the lower triangle of a symmetric matrix, column by column, to all of its entries."""

    @property
    def shape(self) -> tuple[Any, Any]:
        """A row for each entry, a column for each entry of the triangle."""
        side = self.args[0]
        return side**2, side * (side + 1) / 2

    def doit(self, **hints: Any) -> Any:
        """The explicit matrix, once the size is known."""
        side = self.args[0].doit(**hints)
        if not side.is_Integer:
            return Duplication(side)
        pairs = [(i, j) for j in range(side) for i in range(j, side)]
        entries = [(i, j) for j in range(side) for i in range(side)]
        return ImmutableDenseMatrix([[int(entry in (pair, pair[::-1])) for pair in pairs] for entry in entries])

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        return self.doit()[i, j]

    def _sympystr(self, printer: Any) -> str:
        return f"duplication({printer._print(self.args[0])})"

    def _latex(self, printer: Any) -> str:
        return f"D_{{{printer._print(self.args[0])}}}"
