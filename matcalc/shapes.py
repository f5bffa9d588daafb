"""Names of the input with their extents: the conventions for undeclared ones, and names for sizes without one."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

from matcalc.declarations import shape_kind
from matcalc.dimensions import Dimension
from matcalc.expr import symbol
from matcalc.extents import SINGLE, Extent, dimension_of, find, unify
from matcalc.spelling import GREEK_NAMES, GREEK_VECTORS

if TYPE_CHECKING:
    from matcalc.expr import Expr
    from matcalc.kinds import Kind
    from matcalc.nodes import Node

MATRIX, VECTOR, SCALAR_CLASS = "matrix", "vector", "scalar"


class Variable:
    """A name of the input with its extents.

    `said` is what its letter, or the font it is set in, says of its class. `used` says that it stands elsewhere than
    as a bare term of a sum or an entrywise product, `nonscalar` that it is transposed or handed to a function of
    vectors or matrices, `reduced` that it is handed to a function of all entries, which has little use for a scalar,
    `enclosed` that it stands between two factors, as A in `x'*A*y`.
    """

    __slots__ = (
        "_symbol",
        "columns",
        "enclosed",
        "kind",
        "name",
        "node",
        "nonscalar",
        "reduced",
        "rows",
        "said",
        "softened",
        "used",
    )

    def __init__(self, name: str, kind: Kind | None = None, node: Node | None = None, said: str | None = None) -> None:
        self.name = name
        self.kind = kind
        self.node = node
        self.said = said or letter_convention(name)
        self.rows = Extent(owner=self)
        self.columns = Extent(owner=self)
        self.used = False
        self.nonscalar = False
        self.reduced = False
        self.enclosed = False
        self.softened = False
        self._symbol: Expr | None = None

    @property
    def is_open(self) -> bool:
        return find(self.rows).is_open or find(self.columns).is_open

    def size_names(self) -> tuple[str, ...]:
        """The names in its sizes, as far as they are known."""
        rows, columns = find(self.rows).dimension, find(self.columns).dimension
        return (rows.names if rows is not None else ()) + (columns.names if columns is not None else ())

    @property
    def shape_class(self) -> str:
        """What a decided name turned out to be, as conventions see it."""
        rows, columns = find(self.rows), find(self.columns)
        if rows.is_one and columns.is_one:
            return SCALAR_CLASS
        return MATRIX if rows.many and columns.many else VECTOR

    @property
    def convention(self) -> str:
        """What its letter says, where nothing else decides: matrix, vector or scalar."""
        return VECTOR if self.said == SCALAR_CLASS and (self.nonscalar or self.reduced) else self.said

    def settle(self) -> None:
        """Let the convention decide what is still open."""
        rows, columns = find(self.rows), find(self.columns)
        convention = self.convention
        if rows is columns:
            self._settle_square(rows, convention)
        elif convention == MATRIX:
            for extent in (rows, columns):
                if extent.is_open:
                    extent.exceed_one()
        else:
            self._settle_line(rows, columns, convention)

    def _settle_square(self, side: Extent, convention: str) -> None:
        """Rows and columns are the same: a matrix, or a scalar where neither letter nor use speaks for one."""
        if convention == MATRIX or self.nonscalar:
            side.exceed_one()
        else:
            unify(side, SINGLE)

    @staticmethod
    def _settle_line(rows: Extent, columns: Extent, convention: str) -> None:
        """A column, unless something made it a row or the letter says scalar."""
        if rows.is_open and columns.is_open:
            unify(columns, SINGLE)
            if convention == VECTOR:
                rows.exceed_one()
            else:
                unify(rows, SINGLE)
        elif columns.is_open:
            if rows.many or convention != VECTOR:
                unify(columns, SINGLE)
            else:
                columns.exceed_one()
        elif columns.many or convention != VECTOR:
            unify(rows, SINGLE)
        else:
            rows.exceed_one()

    def found_kind(self) -> Kind:
        """The declared kind, or the plain one of the inferred shape."""
        return self.kind or shape_kind([dimension_of(self.rows), dimension_of(self.columns)])

    @property
    def expr(self) -> Expr:
        """The expression it is, once its sizes are known."""
        if self._symbol is None:
            self._symbol = symbol(self.name, self.found_kind())
        return self._symbol


@lru_cache(maxsize=1000)
def letter_convention(name: str) -> str:
    """What an undeclared name is by its letter.

    >>> [letter_convention(n) for n in ("X", "Sigma", "theta", "alpha", "b", "w2")]
    ['matrix', 'matrix', 'vector', 'scalar', 'scalar', 'vector']
    """
    bare = name.lstrip("_") or name
    if bare[0].isupper():
        return MATRIX
    word = bare.rstrip("0123456789").partition("_")[0].rstrip("0123456789")
    if word in GREEK_NAMES:
        return VECTOR if word in GREEK_VECTORS else SCALAR_CLASS
    return SCALAR_CLASS if "a" <= bare[0] <= "g" else VECTOR


def name_sizes(variables: Iterable[Variable], taken: set[str], computed: Container[Extent] = ()) -> None:
    """Give a name to every open size of the variables, in order, none of them in `taken`, which grows.

    Vectors and square matrices have n, other matrices m and n; then k, p, q, l, n1, k1, ... Sizes that
    will be computed of others are left open.
    """
    others = _further_names()
    for variable in variables:
        rows, columns = find(variable.rows), find(variable.columns)
        rectangular = rows is not columns and not rows.is_one and not columns.is_one
        for extent, preferred in ((rows, "m" if rectangular else "n"), (columns, "n")):
            if extent.dimension is None and extent not in computed:
                name = preferred if preferred not in taken else next(n for n in others if n not in taken)
                taken.add(name)
                extent.name(Dimension.of(name))


def _further_names() -> Iterator[str]:
    yield from "kpql"
    for number in count(1):
        yield from (f"{letter}{number}" for letter in "nkpql")
