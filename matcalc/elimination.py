"""Inverses and determinants of small matrices of plain floats, by elimination with pivots."""

from __future__ import annotations

from math import copysign, log, prod

Rows = list[list[float]]

# a pivot below this part of the largest entry leaves no digits to compare
SINGULAR = 1e-9


def eliminated(matrix: Rows, right: Rows) -> tuple[Rows, list[float]]:
    """The X with matrix*X = right, and numbers whose product is the determinant.

    Raises ArithmeticError for a matrix that is singular or close to it.

    >>> eliminated([[2.0, 0.0], [0.0, 4.0]], [[1.0], [2.0]])
    ([[0.5], [0.5]], [2.0, 4.0])
    """
    work = [[*row, *other] for row, other in zip(matrix, right)]
    smallest = SINGULAR * max([abs(entry) for row in matrix for entry in row])
    pivots = []
    for k in range(len(work)):
        at = max(range(k, len(work)), key=lambda i: abs(work[i][k]))
        pivot = work[at][k]
        if not abs(pivot) > smallest:
            raise ArithmeticError("a matrix is close to singular")
        work[k], work[at] = work[at], work[k]
        pivots.append(pivot if at == k else -pivot)
        lead = work[k] = [entry / pivot for entry in work[k]]
        for i, row in enumerate(work):
            if i != k and row[k]:
                work[i] = [entry - row[k] * above for entry, above in zip(row, lead)]
    return [row[len(work) :] for row in work], pivots


def inverse(matrix: Rows) -> Rows:
    """The inverse."""
    identity = [[float(i == k) for k in range(len(matrix))] for i in range(len(matrix))]
    return eliminated(matrix, identity)[0]


def determinant(matrix: Rows) -> float:
    """The determinant of a matrix that is not close to singular."""
    return prod(_pivots(matrix))


def sign_and_log_determinant(matrix: Rows) -> tuple[float, float]:
    """The sign of the determinant and the logarithm of its size."""
    pivots = _pivots(matrix)
    return prod([copysign(1.0, pivot) for pivot in pivots]), sum([log(abs(pivot)) for pivot in pivots])


def _pivots(matrix: Rows) -> list[float]:
    return eliminated(matrix, [[] for _ in matrix])[1]


def pseudoinverse(matrix: Rows) -> Rows:
    """The pseudoinverse of a matrix of full rank."""
    columns = [list(column) for column in zip(*matrix)]
    if len(matrix) >= len(columns):
        return eliminated(times(columns, matrix), columns)[0]
    turned = eliminated(times(matrix, columns), matrix)[0]
    return [list(column) for column in zip(*turned)]


def times(left: Rows, right: Rows) -> Rows:
    """The product of two matrices."""
    columns = list(zip(*right))
    return [[sum([a * b for a, b in zip(row, column)]) for column in columns] for row in left]
