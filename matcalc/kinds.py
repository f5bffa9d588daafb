"""Kinds of variables: a structure with its dimensions, and a sign of the entries.

A kind is at once the guard of a rule (it fires only where the operand is known to be so) and the
sampler of a check (how such an operand is drawn).
"""

from __future__ import annotations

from collections import deque
from weakref import WeakValueDictionary

from matcalc.dimensions import ONE, Dimension, Shape

# structure -> (number of dimensions it takes, facts that hold of every such operand)
STRUCTURES: dict[str, tuple[int, frozenset[str]]] = {
    "scalar": (0, frozenset()),
    "vector": (1, frozenset()),
    "row": (1, frozenset()),
    "matrix": (2, frozenset()),
    "symmetric": (1, frozenset({"symmetric"})),
    "spd": (1, frozenset({"symmetric", "psd", "spd", "invertible"})),
    "psd": (1, frozenset({"symmetric", "psd"})),
    "skew": (1, frozenset({"skew"})),
    "invertible": (1, frozenset({"invertible"})),
    "positive_stable": (1, frozenset({"positive_stable"})),  # eigenvalues of positive real part
    "diagonal": (1, frozenset({"diagonal", "symmetric"})),
    "orthogonal": (1, frozenset({"orthogonal", "invertible"})),
    "lower": (1, frozenset({"lower"})),
    "upper": (1, frozenset({"upper"})),
    "simplex": (1, frozenset({"simplex", "nonnegative"})),  # a column of entries that sum to 1
}
# what is known of every entry (of the diagonal, for `diagonal`)
SIGNS: dict[str, frozenset[str]] = {
    "": frozenset(),
    "nonnegative": frozenset({"nonnegative"}),
    "positive": frozenset({"nonnegative", "positive"}),
    "unit": frozenset({"unit"}),  # strictly between -1 and 1
    "above_one": frozenset({"nonnegative", "positive", "above_one"}),
    "distinct": frozenset({"distinct"}),  # no two of them equal
}


# The kinds in use, and some made of late: an entry goes when nothing refers to it any more.
_table: WeakValueDictionary[tuple[str, tuple[Dimension, ...], str], Kind] = WeakValueDictionary()
_recent: deque[Kind] = deque(maxlen=256)


class Kind:
    """`structure(dimensions) sign`, for example `matrix(m,n) positive`.

    >>> Kind("spd", (Dimension.of("n"),)).shape
    (n, n)
    """

    __slots__ = ("__weakref__", "dimensions", "facts", "shape", "sign", "structure", "text")

    structure: str
    dimensions: tuple[Dimension, ...]
    sign: str
    facts: frozenset[str]
    shape: Shape
    text: str

    def __new__(cls, structure: str, dimensions: tuple[Dimension, ...] = (), sign: str = "") -> Kind:
        """The one object for this kind, so that equality is identity."""
        key = (structure, dimensions, sign)
        known = _table.get(key)
        if known is not None:
            return known
        self = super().__new__(cls)
        self.structure, self.dimensions, self.sign = structure, dimensions, sign
        self.facts = STRUCTURES[structure][1] | SIGNS[sign]
        self.shape = _shape(structure, dimensions)
        inside = ",".join(d.text for d in dimensions)
        self.text = structure + (f"({inside})" if dimensions else "") + (f" {sign}" if sign else "")
        _recent.append(self)
        return _table.setdefault(key, self)

    def __reduce__(self) -> tuple[type[Kind], tuple[str, tuple[Dimension, ...], str]]:
        return Kind, (self.structure, self.dimensions, self.sign)

    @property
    def is_square(self) -> bool:
        """Whether it is the structure of a square matrix, such as `spd`."""
        return STRUCTURES[self.structure][0] == 1 and self.shape[0] == self.shape[1]

    def __repr__(self) -> str:
        return self.text


def _shape(structure: str, dimensions: tuple[Dimension, ...]) -> Shape:
    """Rows and columns of an operand of this structure."""
    if structure == "scalar":
        return (ONE, ONE)
    if structure in ("vector", "simplex"):
        return (dimensions[0], ONE)
    if structure == "row":
        return (ONE, dimensions[0])
    if structure == "matrix":
        return (dimensions[0], dimensions[1])
    return (dimensions[0], dimensions[0])


class FunctionKind:
    """What a declaration says of a function known by name only: `function matrix(m,n) -> scalar`.

    `value` is the kind of its value, None where it works entry by entry; `arguments` are the kinds of its arguments,
    none where the first call is to say. Equal text is equal kind.
    """

    __slots__ = ("arguments", "text", "value")

    def __init__(self, value: Kind | None, arguments: tuple[Kind, ...] = ()) -> None:
        self.value = value
        self.arguments = arguments
        words = ", ".join(kind.text for kind in arguments)
        taken = f"({words})" if len(arguments) > 1 else f" {words}" if words else ""
        self.text = "elementwise function" if value is None else f"function{taken} -> {value.text}"

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """All sizes in it."""
        kinds = self.arguments if self.value is None else (*self.arguments, self.value)
        return tuple(dimension for kind in kinds for dimension in kind.dimensions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionKind) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return self.text


def plain_kind(shape: Shape) -> Kind:
    """The kind of an operand of which nothing but the shape is known.

    >>> plain_kind((Dimension.of("m"), ONE))
    vector(m)
    """
    rows, columns = shape
    if columns == ONE:
        return Kind("scalar") if rows == ONE else Kind("vector", (rows,))
    return Kind("row", (columns,)) if rows == ONE else Kind("matrix", shape)


def free_kind(kind: Kind) -> Kind:
    """The kind of the same shape without structure or sign.

    >>> free_kind(Kind("spd", (Dimension.of("n"),)))
    matrix(n,n)
    """
    if kind.structure in ("scalar", "vector", "row", "matrix"):
        return Kind(kind.structure, kind.dimensions)
    return plain_kind(kind.shape)
