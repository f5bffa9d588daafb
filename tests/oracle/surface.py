"""The numbers behind a text in the surface language, computed while reading it.

    evaluate(text, values, sizes)   ->  a two-dimensional array (a scalar is 1 x 1, a vector a column),
                                        or, for the index form `[k,l,i,j] ...`, one axis per letter

The reader is a precedence climber over the token list that computes as it goes: there is no tree.
Shapes are checked strictly, so that a text in the wrong orientation is an error and not a broadcast.
A quote is a transpose; the tokens never need to tell it from a string.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from oracle.functions import FUNCTIONS
from oracle.shapes import Array, Family, SurfaceError, as_matrix, is_scalar, one, require_fit, square

WORD = re.compile(
    r"""(?P<blank>[\s]+|%[^\n]*)
      | (?P<number>(?:\d+(?:\.(?![*/^'])\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<sign>\.[*/^']|[-+*/^'(),;=\[\]:@])""",
    re.VERBOSE,
)
SIGN_ALIASES = {".'": "'", "@": "*"}
# binary operator -> how tightly it binds; unary minus sits between these and the postfix operators
LOOSE = {"+": 1, "-": 1, "*": 2, "/": 2, ".*": 2, "./": 2}
END = ("end", "")
LONGEST_SUM = 100
DERIVATIVES = frozenset({"grad", "hess", "jac"})


class NoSuchEntry(SurfaceError):
    """An index beyond the shape."""


@functools.lru_cache(maxsize=4096)
def tokens_of(text: str) -> tuple[tuple[str, str], ...]:
    """The (sort, text) pairs of a program, `END` last."""
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        word = WORD.match(text, place)
        if word is None:
            raise SurfaceError(f"cannot read {text[place : place + 12]!r} at {place}")
        place = word.end()
        sort = str(word.lastgroup)
        if sort != "blank":
            found.append((sort, SIGN_ALIASES.get(word.group(), word.group())))
    return (*found, END)


def evaluate(
    text: str,
    values: Mapping[str, object],
    sizes: Mapping[str, int] | None = None,
    shape: Sequence[int] | None = None,
    functions: Mapping[str, Callable[..., Array]] | None = None,
) -> Array:
    """The value of a program: definitions, then one expression.

    `sizes` gives dimension names a value; `shape` is the length of each axis of an index form; `functions` are those
    that the text knows by name only, and their derivatives, by names such as `grad(f)`: of two-dimensional arrays.
    A name such as `x_i` may have a Family as its value; it has a meaning inside `sum_i(...)`.
    """
    given = {**(sizes or {}), "pi": np.pi, "inf": np.inf, **values}
    families = {name: value.members for name, value in given.items() if isinstance(value, Family)}
    known = {name: as_matrix(value) for name, value in given.items() if name not in families}
    with np.errstate(all="ignore"):
        return _Reader(tokens_of(text), known, functions or {}, families).program(shape)


class _Reader:
    """One pass over the tokens, with the values of the names read so far."""

    def __init__(
        self,
        tokens: Sequence[tuple[str, str]],
        known: dict[str, Array],
        functions: Mapping[str, Callable[..., Array]],
        families: Mapping[str, list[Array]],
    ) -> None:
        self.tokens = tokens
        self.known = known
        self.functions = functions
        self.families = families
        self.place = 0

    # --- tokens
    def ahead(self, offset: int = 0) -> str:
        """The text of a coming sign, and nothing for a number, a name or the end."""
        place = min(self.place + offset, len(self.tokens) - 1)
        sort, word = self.tokens[place]
        return word if sort == "sign" else ""

    def next(self) -> tuple[str, str]:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def take(self, sign: str) -> None:
        if self.next() != ("sign", sign):
            raise SurfaceError(f"expected {sign!r}, found {self.tokens[self.place - 1][1]!r}")

    def took(self, sign: str) -> bool:
        if self.ahead() != sign:
            return False
        self.place += 1
        return True

    # --- programs
    def program(self, shape: Sequence[int] | None) -> Array:
        while self.tokens[self.place][0] == "name" and self.ahead(1) == "=":
            name = self.next()[1]
            self.take("=")
            self.known[name] = self.binary()
            self.take(";")
        letters = self.index_letters()
        result = self.binary() if letters is None else self.each_entry(letters, shape)
        self.took(";")
        if self.tokens[self.place] != END:
            raise SurfaceError(f"left over: {self.tokens[self.place][1]!r}")
        return result

    def index_letters(self) -> list[str] | None:
        """The letters of a leading `[k,l,i,j]`, when an expression follows the bracket."""
        after = self.place + 1
        letters = []
        while self.ahead() == "[" and self.tokens[after][0] == "name":
            letters.append(self.tokens[after][1])
            sort, word = self.tokens[after + 1]
            after += 2
            if word == "]":
                sort, word = self.tokens[after]
                if sort == "end" or (sort == "sign" and word not in "([-"):
                    return None
                self.place = after
                return letters
            if (sort, word) != ("sign", ","):
                return None
        return None

    def each_entry(self, letters: list[str], shape: Sequence[int] | None) -> Array:
        if shape is None or len(shape) != len(letters):
            raise SurfaceError(f"axes {letters} against the shape {shape}")
        start = self.place
        result = np.empty(tuple(shape))
        for spot in itertools.product(*map(range, shape)):
            self.place = start
            self.known.update({letter: one(at + 1) for letter, at in zip(letters, spot, strict=True)})
            entry = self.binary()
            if not is_scalar(entry):
                raise SurfaceError(f"an entry of shape {entry.shape}")
            result[spot] = entry.item()
        return result

    # --- expressions
    def binary(self, tightness: int = 1) -> Array:
        left = self.prefixed()
        while LOOSE.get(self.ahead(), 0) >= tightness:
            sign = self.next()[1]
            left = BINARY[sign](left, self.binary(LOOSE[sign] + 1))
        return left

    def prefixed(self) -> Array:
        if self.took("-"):
            return -self.prefixed()
        if self.took("+"):
            return self.prefixed()
        return self.postfixed()

    def postfixed(self) -> Array:
        value = self.bare()
        while True:
            if self.took("'"):
                value = value.T
            elif self.took("^"):
                value = power(value, self.exponent())
            elif self.took(".^"):
                value = entrywise(np.power, ".^")(value, self.exponent())
            elif self.took("["):
                value = self.entry_of(value)
            else:
                return value

    def exponent(self) -> Array:
        minus = self.took("-")
        if not minus:
            self.took("+")
        value = self.bare()
        return -value if minus else value

    def bare(self) -> Array:
        sort, word = self.next()
        if sort == "number":
            return one(float(word))
        if sort == "name":
            return self.called(word) if self.took("(") else self.named(word)
        if word == "(":
            value = self.binary()
            self.take(")")
            return value
        if word == "[":
            return self.stacked()
        raise SurfaceError(f"unexpected {word or 'end'!r}")

    def named(self, name: str) -> Array:
        if name not in self.known:
            raise SurfaceError(f"unknown name {name!r}")
        return self.known[name]

    def called(self, name: str) -> Array:
        if name.startswith("sum_"):
            return self.summed(name.removeprefix("sum_"))
        if name in DERIVATIVES:
            name = self.derivative(name)
            self.take("(")
        function = self.functions.get(name) or FUNCTIONS.get(name)
        if function is None:
            raise SurfaceError(f"unknown function {name!r}")
        return function(*self.listed(")"))

    def derivative(self, operator: str) -> str:
        """The rest of a name such as `grad(hess(f, 1, 2))`, up to the bracket that closes it."""
        name, depth = f"{operator}(", 1
        while depth:
            word = self.next()[1]
            depth += (word == "(") - (word == ")")
            name += ", " if word == "," else word
        return name

    def summed(self, letter: str) -> Array:
        """A sum over an index, which runs over members, or from 1 for as long as the entries it picks are there."""
        members = [name for name in self.names_inside() if name in self.families and name.endswith(f"_{letter}")]
        if members:
            return self.over_members(members)
        start, outer, total = self.place, self.known.get(letter), one(0)
        for at in range(1, LONGEST_SUM):
            self.place = start
            self.known[letter] = one(at)
            try:
                total = total + self.binary()
            except NoSuchEntry:
                if at == 1:  # it is the index of a sum outside that has run out
                    raise
                break
            after = self.place
        else:
            raise SurfaceError(f"sum_{letter} has no end")
        self.known.pop(letter)
        if outer is not None:
            self.known[letter] = outer
        self.place = after
        self.take(")")
        return total

    def names_inside(self) -> set[str]:
        """The names up to the bracket that closes the one just opened."""
        depth, place, found = 1, self.place, set()
        while depth:
            sort, word = self.tokens[place]
            depth += (word == "(") - (word == ")")
            found |= {word} if sort == "name" else set()
            place += 1
        return found

    def over_members(self, names: list[str]) -> Array:
        """A sum over all members; inside, each name stands for one of them."""
        counts = {len(self.families[name]) for name in names}
        if len(counts) > 1 or any(name in self.known for name in names):
            raise SurfaceError(f"families of different lengths, or a sum inside another over {names}")
        start, total = self.place, one(0)
        for at in range(counts.pop()):
            self.place = start
            self.known.update({name: self.families[name][at] for name in names})
            total = total + self.binary()
        for name in names:
            del self.known[name]
        self.take(")")
        return total

    def listed(self, closing: str) -> list[Array]:
        values: list[Array] = []
        while not self.took(closing):
            if values:
                self.take(",")
            values.append(self.binary())
        return values

    def stacked(self) -> Array:
        """`[a, b]` of scalars is a column, else side by side; `[A, B; C, D]` and `[[a, b], [c, d]]` go by rows."""
        rows: list[list[Array]] = [[]]
        lists = []
        while not self.took("]"):
            if self.took(";"):
                rows.append([])
            elif not self.took(","):
                start = self.place
                rows[-1].append(self.binary())
                lists.append(self.is_list(start))
        if len(rows) > 1:
            return np.vstack([np.hstack(row) for row in rows])
        if all(lists):
            return np.hstack(rows[0]).T
        return np.vstack(rows[0]) if all(is_scalar(block) for block in rows[0]) else np.hstack(rows[0])

    def is_list(self, start: int) -> bool:
        """Whether all from this token to here is one pair of square brackets."""
        depth = 0
        for place in range(start, self.place):
            depth += {"[": 1, "]": -1}.get(self.tokens[place][1], 0)
            if depth == 0:
                return place == self.place - 1 and place > start
        return False

    def entry_of(self, value: Array) -> Array:
        picks: list[slice] = []
        while not self.took("]"):
            if picks:
                self.take(",")
            picks.append(self.pick())
        if len(picks) == 1 and 1 not in value.shape:
            raise SurfaceError(f"one index on a value of shape {value.shape}")
        if len(picks) == 1:
            picks = [picks[0], slice(None)] if value.shape[1] == 1 else [slice(None), picks[0]]
        if len(picks) != value.ndim:
            raise SurfaceError(f"{len(picks)} indices on a value of shape {value.shape}")
        found = value[tuple(picks)]
        if 0 in found.shape:
            raise NoSuchEntry(f"no such entry in a value of shape {value.shape}")
        return found if found.ndim == 2 else one(found.item())

    def pick(self) -> slice:
        if self.took(":"):
            return slice(None)
        at = int(self.binary().item())
        if at < 1:
            raise SurfaceError("indices count from 1")
        return slice(at - 1, at)


def product(left: Array, right: Array) -> Array:
    """The matrix product, or scaling by a 1 x 1 value."""
    if is_scalar(left) or is_scalar(right):
        return left * right
    if left.shape[1] != right.shape[0]:
        raise SurfaceError(f"{left.shape} * {right.shape}")
    return left @ right


def quotient(left: Array, right: Array) -> Array:
    """Division by a scalar."""
    if not is_scalar(right):
        raise SurfaceError(f"/ by a value of shape {right.shape}")
    return left / right


def power(base: Array, exponent: Array) -> Array:
    """A scalar to a scalar power, a square matrix to any, by its eigenvalues where that is no integer."""
    if not is_scalar(exponent):
        raise SurfaceError("an exponent that is not a scalar")
    if is_scalar(base):
        return np.power(base, exponent)
    if exponent.item() != round(exponent.item()):
        values, vectors = np.linalg.eig(square(base, "^").astype(complex))
        return np.real((vectors * values ** exponent.item()) @ np.linalg.inv(vectors))
    return np.linalg.matrix_power(square(base, "^"), round(exponent.item()))


def entrywise(function: Callable[[Array, Array], Array], sign: str) -> Callable[[Array, Array], Array]:
    """A binary operation entry by entry; scalars spread, and rows and columns over a matrix."""

    def apply(left: Array, right: Array) -> Array:
        require_fit(left, right, sign)
        return function(left, right)

    return apply


BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "+": entrywise(np.add, "+"),
    "-": entrywise(np.subtract, "-"),
    "*": product,
    "/": quotient,
    ".*": entrywise(np.multiply, ".*"),
    "./": entrywise(np.divide, "./"),
}
