"""Random well-typed problems: a text, its declarations, numbers to put in, and a variable.

The sizes are distinct, so that a lost transpose shows as a shape; divisors, arguments of `log` and `sqrt`
and matrices to invert are built so that they are safe at every draw. Everything follows from the seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from oracle.shapes import Array, as_matrix
from oracle.surface import evaluate

Shape = tuple[str, str]
SCALAR: Shape = ("1", "1")
DIMENSIONS = ("m", "n", "k")

DECLARATIONS = {
    "a": "scalar",
    "b": "scalar",
    "e": "scalar positive",
    "x": "vector(n)",
    "y": "vector(n)",
    "h": "vector(n) positive",
    "u": "vector(m)",
    "v": "vector(m)",
    "w": "vector(k)",
    "r": "row(n)",
    "X": "matrix(m,n)",
    "Y": "matrix(m,n)",
    "Q": "matrix(m,n) positive",
    "A": "matrix(n,k)",
    "B": "matrix(k,m)",
    "C": "matrix(n,n)",
    "D": "matrix(m,m)",
    "S": "symmetric(n)",
    "P": "spd(m)",
}
# functions that are smooth and bounded in slope everywhere, those with a kink, and those of positive arguments
SMOOTH = ("tanh", "sigmoid", "sin", "cos", "softplus", "atan", "asinh")
KINKED = ("abs({})", "relu({})", "sign({})", "max(0, {})", "min({}, 1)")
POSITIVE = ("log", "sqrt", "log1p")
# how tightly a piece of text is built
SUM, PRODUCT, POSTFIX, ATOM = 1, 2, 3, 4


class Piece:
    """A text and how tightly its outermost operator binds."""

    __slots__ = ("text", "tightness")

    def __init__(self, text: str, tightness: int = ATOM) -> None:
        self.text = text
        self.tightness = tightness

    def within(self, tightness: int) -> str:
        """The text, bracketed where its operator is looser than the place it stands in."""
        return self.text if self.tightness >= tightness else f"({self.text})"


class Problem:
    """What to differentiate, by what, and the numbers to try."""

    __slots__ = ("declarations", "layout", "order", "seed", "sizes", "text", "values", "wrt")

    def __init__(self, seed: int, **fields: Any) -> None:
        self.seed = seed
        for name, value in fields.items():
            setattr(self, name, value)

    @property
    def structure(self) -> str:
        """The first word of the declared kind of the variable."""
        return str(self.declarations[self.wrt].split("(")[0].split()[0])

    def value(self, at: object | None = None) -> Array:
        """The number the oracle reads from the text, with another value of the variable where given."""
        values = self.values if at is None else {**self.values, self.wrt: at}
        return evaluate(self.text, values, self.sizes)

    def __repr__(self) -> str:
        return f"seed {self.seed}: d^{self.order} / d {self.wrt} of {self.text}   [{self.layout}]"


def shape_of(declaration: str) -> Shape:
    """Rows and columns of a declared kind, as dimension names."""
    word, _, rest = declaration.replace(" positive", "").partition("(")
    names = rest.rstrip(")").split(",")
    if word == "scalar":
        return SCALAR
    if word == "vector":
        return (names[0], "1")
    return ("1", names[0]) if word == "row" else (names[0], names[-1])


class Grower:
    """Grows one random expression over the declared names and the parts defined so far."""

    def __init__(self, random_source: random.Random) -> None:
        self.random = random_source
        self.names = {name: shape_of(kind) for name, kind in DECLARATIONS.items()}
        self.parts: dict[str, Shape] = {}

    # --- what may be drawn
    def piece(self, shape: Shape, depth: int) -> Piece:
        """A random expression of this shape."""
        if depth <= 0:
            return self.leaf(shape)
        rules = [rule for rule, weight in self.rules(shape) for _ in range(weight)]
        return self.random.choice(rules)(shape, depth - 1)

    def rules(self, shape: Shape) -> Iterator[tuple[Callable[[Shape, int], Piece], int]]:
        rows, columns = shape
        yield from ((self.leaf, 2), (self.total, 4), (self.scaled, 2), (self.divided, 1), (self.applied, 2))
        yield from ((self.positively_applied, 1), (self.entrywise_power, 1), (self.kinked, 1))
        if shape == SCALAR:
            yield from ((self.contraction, 4), (self.reduction, 4), (self.of_square, 3), (self.scalar_power, 1))
            yield from ((self.entry, 1), (self.of_pairs, 2), (self.of_blocks, 1))
            return
        yield from ((self.product, 6), (self.hadamard, 3), (self.hadamard_quotient, 1), (self.transposed, 2))
        yield from ((self.spread, 1), (self.through_blocks, 1))
        if columns == "1":
            yield from ((self.column_of, 3), (self.solved, 1))
        elif rows == "1":
            yield self.row_of, 2
        else:
            yield self.outer, 2
            if rows == columns:
                yield from ((self.inverse, 2), (self.square_of, 2))

    def dimension(self) -> str:
        return self.random.choice(DIMENSIONS)

    # --- any shape
    def leaf(self, shape: Shape, depth: int = 0) -> Piece:
        rows, columns = shape
        found = [Piece(name) for name, known in self.names.items() if known == shape]
        found += [Piece(name + "'", POSTFIX) for name, known in self.names.items() if known == (columns, rows)]
        found += [Piece(name) for name, known in self.parts.items() if known == shape] * 3
        if shape == SCALAR:
            found += [Piece(text) for text in ("2", "3", "0.5", "n")]
        elif columns == "1":
            found.append(Piece(f"ones({rows})"))
        elif not found:
            found.append(Piece(f"ones({rows},{columns})"))
        elif rows == columns:
            found.append(Piece(f"eye({rows})"))
        return self.random.choice(found)

    def total(self, shape: Shape, depth: int) -> Piece:
        text = self.piece(shape, depth).within(SUM)
        for _ in range(self.random.choice((1, 1, 2))):
            text += self.random.choice((" + ", " - ")) + self.piece(shape, depth).within(PRODUCT)
        return Piece(text, SUM)

    def scaled(self, shape: Shape, depth: int) -> Piece:
        factor = self.random.choice(("2", "3", "-1", "0.5", "1/3", "a", ""))
        factor = factor or self.piece(SCALAR, depth).within(PRODUCT)
        return Piece(f"{factor}*{self.piece(shape, depth).within(POSTFIX)}", PRODUCT)

    def divided(self, shape: Shape, depth: int) -> Piece:
        below = self.random.choice(("e", "n", "m", f"(1 + {self.piece(SCALAR, depth).within(ATOM)}^2)"))
        return Piece(f"{self.piece(shape, depth).within(PRODUCT)}/{below}", PRODUCT)

    def applied(self, shape: Shape, depth: int) -> Piece:
        return Piece(f"{self.random.choice(SMOOTH)}({self.piece(shape, depth).text})")

    def kinked(self, shape: Shape, depth: int) -> Piece:
        return Piece(self.random.choice(KINKED).format(self.piece(shape, depth).text))

    def positive(self, shape: Shape, depth: int) -> Piece:
        """A piece whose entries are all positive."""
        declared = [name for name, known in self.names.items() if known == shape and "positive" in DECLARATIONS[name]]
        if declared and self.random.random() < 0.5:
            return Piece(self.random.choice(declared))
        inside = self.piece(shape, depth)
        if self.random.random() < 0.5:
            return Piece(f"exp(tanh({inside.text}))")
        return Piece(f"1 + {inside.within(ATOM)}{'^' if shape == SCALAR else '.^'}2", SUM)

    def positively_applied(self, shape: Shape, depth: int) -> Piece:
        return Piece(f"{self.random.choice(POSITIVE)}({self.positive(shape, depth).text})")

    def entrywise_power(self, shape: Shape, depth: int) -> Piece:
        sign = "^" if shape == SCALAR else ".^"
        if self.random.random() < 0.3:
            exponent = self.random.choice(("0.5", "1.5", "-1", "-2"))
            return Piece(f"{self.positive(shape, depth).within(ATOM)}{sign}{exponent}", POSTFIX)
        return Piece(f"{self.piece(shape, depth).within(ATOM)}{sign}{self.random.choice('23')}", POSTFIX)

    # --- vectors and matrices
    def product(self, shape: Shape, depth: int) -> Piece:
        inner = self.dimension()
        left, right = self.piece((shape[0], inner), depth), self.piece((inner, shape[1]), depth)
        return Piece(f"{left.within(PRODUCT)}*{right.within(POSTFIX)}", PRODUCT)

    def through_blocks(self, shape: Shape, depth: int) -> Piece:
        """A product over an axis of two blocks."""
        a, b = self.dimension(), self.dimension()
        beside = f"[{self.piece((shape[0], a), depth).text}, {self.piece((shape[0], b), depth).text}]"
        if shape[0] == "1":
            beside = f"[{self.piece((a, '1'), depth).text}; {self.piece((b, '1'), depth).text}]'"
        below = f"[{self.piece((a, shape[1]), depth).text}; {self.piece((b, shape[1]), depth).text}]"
        return Piece(f"{beside}*{below}", PRODUCT)

    def hadamard(self, shape: Shape, depth: int) -> Piece:
        left, right = self.piece(shape, depth), self.piece(shape, depth)
        return Piece(f"{left.within(POSTFIX)}.*{right.within(POSTFIX)}", PRODUCT)

    def hadamard_quotient(self, shape: Shape, depth: int) -> Piece:
        above, below = self.piece(shape, depth), self.positive(shape, depth)
        return Piece(f"{above.within(POSTFIX)}./{below.within(POSTFIX)}", PRODUCT)

    def transposed(self, shape: Shape, depth: int) -> Piece:
        return Piece(self.piece((shape[1], shape[0]), depth).within(POSTFIX) + "'", POSTFIX)

    def spread(self, shape: Shape, depth: int) -> Piece:
        rows, columns = shape
        small = self.random.choice((SCALAR, SCALAR, ("1", columns), (rows, "1")))
        if small == SCALAR:
            return Piece(
                f"{self.random.choice(('1', '2', 'a', 'e'))} + {self.piece(shape, depth).within(PRODUCT)}", SUM
            )
        return Piece(f"{self.piece(shape, depth).within(SUM)} + {self.piece(small, depth).within(PRODUCT)}", SUM)

    def column_of(self, shape: Shape, depth: int) -> Piece:
        rows = shape[0]
        rule = self.random.choice(("softmax({})", "sum({},2)", "diag({})"))
        inside = {"s": shape, "u": (rows, self.dimension()), "d": (rows, rows)}[rule[0] if rule[1] != "u" else "u"]
        return Piece(rule.format(self.piece(inside, depth).text))

    def row_of(self, shape: Shape, depth: int) -> Piece:
        return Piece(f"sum({self.piece((self.dimension(), shape[1]), depth).text},1)")

    def solved(self, shape: Shape, depth: int) -> Piece:
        return Piece(
            f"inv({self.invertible(shape[0], depth).text})*{self.piece(shape, depth).within(POSTFIX)}", PRODUCT
        )

    def outer(self, shape: Shape, depth: int) -> Piece:
        left, right = self.piece((shape[0], "1"), depth), self.piece((shape[1], "1"), depth)
        return Piece(f"{left.within(PRODUCT)}*{right.within(POSTFIX)}'", PRODUCT)

    # --- square matrices
    def invertible(self, size: str, depth: int) -> Piece:
        """A square piece whose condition number stays small."""
        if size == "m" and self.random.random() < 0.4:
            return Piece("P")
        inside = self.piece((size, size), depth)
        if self.random.random() < 0.4:
            return Piece(f"6*eye({size}) + {self.random.choice(('tanh', 'sin'))}({inside.text})", SUM)
        factor = self.piece((size, self.dimension()), depth).within(POSTFIX)
        return Piece(f"eye({size}) + {factor}*{factor}'", SUM)

    def inverse(self, shape: Shape, depth: int) -> Piece:
        return Piece(f"inv({self.invertible(shape[0], depth).text})")

    def square_of(self, shape: Shape, depth: int) -> Piece:
        if self.random.random() < 0.5:
            return Piece(f"diag({self.piece((shape[0], '1'), depth).text})")
        return Piece(f"{self.piece(shape, depth).within(ATOM)}^2", POSTFIX)

    # --- scalars
    def contraction(self, shape: Shape, depth: int) -> Piece:
        size = self.dimension()
        left, right = self.piece((size, "1"), depth), self.piece((size, "1"), depth)
        return Piece(f"{left.within(POSTFIX)}'*{right.within(POSTFIX)}", PRODUCT)

    def reduction(self, shape: Shape, depth: int) -> Piece:
        name = self.random.choice(("sum", "sum", "mean", "norm2", "logsumexp"))
        columns = "1" if name == "logsumexp" else self.random.choice(("1", self.dimension()))
        inside = self.piece((self.dimension(), columns), depth)
        if name == "norm2" and self.random.random() < 0.7:
            return Piece(f"norm2({inside.text})^2", POSTFIX)
        return Piece(f"{name}({inside.text})")

    def of_square(self, shape: Shape, depth: int) -> Piece:
        size = self.dimension()
        name = self.random.choice(("tr", "tr", "logdet", "det"))
        inside = self.piece((size, size), depth) if name == "tr" else self.invertible(size, depth)
        return Piece(f"{name}({inside.text})")

    def entry(self, shape: Shape, depth: int) -> Piece:
        if self.random.random() < 0.5:
            return Piece(f"{self.random.choice('xyuvw')}[{self.random.choice('12')}]")
        return Piece(f"{self.random.choice('XYABCD')}[{self.random.choice('12')},{self.random.choice('12')}]")

    def of_pairs(self, shape: Shape, depth: int) -> Piece:
        """A scalar by way of Kronecker products, vec or a commutation matrix."""
        a, b, c, d = (self.dimension() for _ in range(4))
        rule = self.random.choice(("inner", "inner", "sandwich", "trace", "norm", "turned"))
        if rule == "trace":
            return Piece(f"tr(kron({self.piece((a, a), depth).text}, {self.piece((b, b), depth).text}))")
        if rule == "norm":
            columns = self.random.choice(("1", d))
            return Piece(f"sum(kron({self.piece((a, b), depth).text}, {self.piece((c, columns), depth).text}).^2)")
        left, right = self.piece((a, b), depth).text, self.piece((a, b), depth).text
        if rule == "inner":
            return Piece(f"vec({left})'*vec({right})", PRODUCT)
        if rule == "turned":
            return Piece(f"vec({self.piece((b, a), depth).text})'*commutation({a},{b})*vec({right})", PRODUCT)
        middle = f"kron({self.piece((b, d), depth).text}, {self.piece((a, c), depth).text})"
        return Piece(f"vec({left})'*{middle}*vec({self.piece((c, d), depth).text})", PRODUCT)

    def of_blocks(self, shape: Shape, depth: int) -> Piece:
        a, b = self.dimension(), self.dimension()
        first, second = self.piece((a, "1"), depth).text, self.piece((b, "1"), depth).text
        if self.random.random() < 0.5:
            return Piece(f"norm2([{first}; {second}])^2", POSTFIX)
        others = f"[{self.piece((a, '1'), depth).text}; {self.piece((b, '1'), depth).text}]"
        return Piece(f"{self.random.choice(SMOOTH)}([{first}; {second}])'*{others}", PRODUCT)

    def scalar_power(self, shape: Shape, depth: int) -> Piece:
        return Piece(f"{self.piece(SCALAR, depth).within(ATOM)}^{self.random.choice('23')}", POSTFIX)

    def program(self) -> str:
        """A text with perhaps a definition that it uses again."""
        definition = ""
        if self.random.random() < 0.35:
            shape = self.random.choice((SCALAR, ("n", "1"), ("m", "1"), ("m", "n"), ("n", "n")))
            definition = f"q1 = {self.piece(shape, 2).text}; "
            self.parts["q1"] = shape
        shape = self.random.choice((SCALAR,) * 6 + (("n", "1"), ("m", "1"), ("1", "n"), ("m", "n"), ("n", "n")))
        body = self.piece(shape, self.random.choice((2, 3, 3, 4))).text
        return definition + body if mentions(body, "q1") else body


def draw(declaration: str, sizes: Mapping[str, int], source: np.random.Generator) -> Array:
    """Numbers of a declared kind."""
    rows, columns = (1 if name == "1" else sizes[name] for name in shape_of(declaration))
    numbers = source.uniform(-1.5, 1.5, (rows, columns))
    if "positive" in declaration:
        numbers = np.abs(numbers) + 0.5
    if declaration.startswith("symmetric"):
        numbers = (numbers + numbers.T) / 2
    if declaration.startswith("spd"):
        numbers = numbers @ numbers.T + np.eye(rows)
    return numbers


def as_given(numbers: Array, declaration: str) -> Array:
    """A scalar without axes, a vector with one: as a user passes them."""
    word = declaration.split("(")[0].split()[0]
    return numbers.reshape({"scalar": (), "vector": (-1,)}.get(word, numbers.shape))


def problem(seed: int) -> Problem:
    """The problem with this seed: finite, of moderate size, and with the variable in it."""
    source, numbers = random.Random(seed), np.random.default_rng(seed)
    while True:
        text = Grower(source).program()
        sizes = dict(zip(DIMENSIONS, source.sample((2, 3, 4, 5), 3), strict=True))
        used = {name: kind for name, kind in DECLARATIONS.items() if mentions(text, name)}
        values = {name: as_given(draw(kind, sizes, numbers), kind) for name, kind in used.items()}
        if not used or unshown_dimensions(text, used.values()):
            continue
        found = Problem(
            seed,
            text=text,
            declarations=used,
            values=values,
            sizes=sizes,
            wrt=source.choice(sorted(used)),
            layout=source.choice(("mixed", "numerator", "denominator")),
            order=1,
        )
        value = found.value()
        if len(text) > 300 or not (np.isfinite(value).all() and np.abs(value).max() < 1e3):
            continue
        if row_by_row(found, value):
            continue
        if value.shape == (1, 1) and as_matrix(values[found.wrt]).shape[1] == 1 and source.random() < 0.2:
            found.order = 2
        return found


def row_by_row(found: Problem, value: Array) -> bool:
    """Whether a row is the variable of something that is not a scalar: the table of layouts leaves it out."""
    return found.structure == "row" and value.shape != (1, 1)


def unshown_dimensions(text: str, kinds: Iterable[str]) -> set[str]:
    """The dimensions in the text that no declared kind shows: such a name would be read as a variable."""
    shown = {name for kind in kinds for name in shape_of(kind)}
    return {name for name in DIMENSIONS if mentions(text, name)} - shown


def mentions(text: str, name: str) -> bool:
    """Whether the name stands in the text, not as part of a longer one."""
    word = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in text)
    return name in word.split()
