"""Stretches of factors that several products have: `V*B` in `B'*V'*V*B` and in `V*B*c`.

A stretch counts as well where it stands transposed. Keys of expressions and of their transposes are small numbers, so
that comparing is cheap and work stays linear in the size of the statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from matcalc.dimensions import Shape
from matcalc.expr import Expr, mul, postorder, symbol, transpose, with_args
from matcalc.kinds import plain_kind

if TYPE_CHECKING:
    from matcalc.rulebook import Rulebook

Statement = tuple[str, Expr]  # a definition; the answers themselves have the name ""

# Tokens that a definition must save beyond what it costs itself; two factors alone are easily read twice.
LEAST_SAVING_OF_TWO = 4
# Stretches of more factors are not looked for, nor any in longer answers.
LONGEST_STRETCH = 6
LONGEST_ANSWER = 600
# How many stretches are tried in full, best estimate first.
TRIED_STRETCHES = 4


def with_stretches_named(
    statements: Sequence[Statement], least_saving: int, fresh: Callable[[Shape], str], rulebook: Rulebook
) -> list[Statement]:
    """The statements with repeated stretches as definitions of their own, as long as one saves enough tokens."""
    if total_cost(statements) > LONGEST_ANSWER:
        return list(statements)
    keys = Keys(statements, rulebook)
    current = _with_definitions_used(list(statements), keys)
    while True:
        better = _best_stretch(current, least_saving, keys)
        if better is None:
            return current
        place, definition, renamed = better
        name = fresh(definition.shape)
        current = [(n, renamed(e, name)) for n, e in current]
        current.insert(place, (name, definition))


def _with_definitions_used(statements: list[Statement], keys: Keys) -> list[Statement]:
    """A product that has a name already goes by it wherever it stands later."""
    for k, (name, expression) in enumerate(statements):
        if name and expression.op == "mul" and not any(a.is_scalar for a in expression.args):
            renamed = _renaming(expression, keys)
            statements[k + 1 :] = [(n, renamed(e, name)) for n, e in statements[k + 1 :]]
    return statements


class Keys:
    """A number for every expression and one for its transpose; the same number means the same matrix."""

    def __init__(self, statements: Sequence[Statement], rulebook: Rulebook) -> None:
        """`statements` define names, some of them of symmetric matrices."""
        self.rulebook = rulebook
        self.symmetric: set[str] = set()
        self.numbers: dict[tuple[object, ...], int] = {}
        self.known: dict[int, tuple[Expr, int, int]] = {}  # by identity; the expression keeps it alive
        for name, expression in statements:
            straight, turned = self.of(expression)
            if name and straight == turned:
                self.symmetric.add(name)

    def of(self, expression: Expr) -> tuple[int, int]:
        """The keys of an expression and of its transpose."""
        if id(expression) not in self.known:
            for node in postorder(expression):
                if id(node) not in self.known:
                    self.known[id(node)] = (node, *self._found(node))
        return self.known[id(expression)][1:]

    def _found(self, node: Expr) -> tuple[int, int]:
        straight = [self.known[id(a)][1] for a in node.args]
        turned = [self.known[id(a)][2] for a in node.args]
        if node.op == "transpose":
            return turned[0], straight[0]
        own = self._number(node, straight)
        if node.is_scalar:
            return own, own
        if node.op == "symbol":
            symmetric = "symmetric" in node.value.kind.facts or node.value.name in self.symmetric
            return own, own if symmetric else self._number(node, ["turned"])
        if node.op == "mul":
            count = sum(a.is_scalar for a in node.args)
            return own, self._number(node, [*turned[:count], *turned[count:][::-1]])
        if node.op in ("add", "neg", "had", "div", "haddiv", "pow", "hadpow"):
            return own, self._number(node, turned)
        return own, self._number(node, self._turned_operands(node, straight, turned) or ["turned", *straight])

    def _turned_operands(self, node: Expr, straight: list[int], turned: list[int]) -> list[int] | None:
        """The operands of the function of which the transpose is the same function, where there are such."""
        if node.op != "call":
            return None
        if node.value in ("ones", "zeros"):
            return straight[::-1] if len(straight) == 2 else None
        if node.value in ("eye", "diag"):
            return straight if node.shape[0] == node.shape[1] else None
        functions = self.rulebook.overloads(node.value)
        entrywise = bool(functions) and all(function.elementwise for function in functions)
        moves = self.rulebook.transposes(node.value) == ("moves", (0,)) and len(straight) == 1
        return turned if entrywise or moves else None

    def _number(self, node: Expr, operands: Sequence[object]) -> int:
        parts = sorted(operands, key=repr) if node.op in ("add", "had") else operands
        key = (node.op, node.value, *parts)
        return self.numbers.setdefault(key, len(self.numbers))


class _Stretch:
    """A row of factors, as it is written in either direction, and how often it stands in products."""

    def __init__(self) -> None:
        self.ways: dict[tuple[int, ...], tuple[Expr, ...]] = {}
        self.uses = 0

    def add(self, direction: tuple[int, ...], factors: tuple[Expr, ...], uses: int) -> None:
        """One more place; of each direction the cheapest text is kept."""
        known = self.ways.get(direction)
        if known is None or _cost_of(factors) < _cost_of(known):
            self.ways[direction] = factors
        self.uses += uses

    @property
    def factors(self) -> tuple[Expr, ...]:
        """The cheaper direction."""
        return min(self.ways.values(), key=_cost_of)

    def definitions(self) -> Iterator[Expr]:
        """What the stretch may be as a definition: as it is written, then turned round."""
        for factors in sorted(self.ways.values(), key=_cost_of):
            yield _product(factors)
        if len(self.ways) == 1:
            yield _product(tuple([transpose(f) for f in reversed(self.factors)]))

    def estimate(self) -> int:
        """Tokens saved, where it never stands transposed."""
        cost = _cost_of(self.factors)
        return (self.uses - 1) * cost - self.uses - 1

    def pays(self, saving: int, least: int) -> bool:
        """Whether so many tokens are worth a name."""
        return saving >= (least if len(self.factors) > 2 else max(least, LEAST_SAVING_OF_TWO))


def _cost_of(factors: tuple[Expr, ...]) -> int:
    return sum([f.cost for f in factors]) + len(factors) - 1


Renaming = Callable[[Expr, str], Expr]


def _best_stretch(statements: list[Statement], least_saving: int, keys: Keys) -> tuple[int, Expr, Renaming] | None:
    """Where the best definition goes, what it is, and how its name is put in; None where nothing saves enough."""
    found = _stretches(statements, keys)
    promising = sorted(
        [s for s in found.items() if s[1].pays(s[1].estimate(), least_saving)], key=lambda s: (-s[1].estimate(), s[0])
    )
    best: tuple[int, int, Expr, Renaming] | None = None
    for _, stretch in promising[:TRIED_STRETCHES]:
        for definition in stretch.definitions():
            renaming = _renaming(definition, keys)
            changed = [renaming(e, "") != e for _, e in statements]
            after = 1 + definition.cost + total_cost([(n, renaming(e, "")) for n, e in statements])
            saving = total_cost(statements) - after
            if stretch.pays(saving, least_saving) and (best is None or saving > best[0]):
                best = saving, changed.index(True), definition, renaming
    return None if best is None else best[1:]


def total_cost(statements: Sequence[Statement]) -> int:
    """The tokens of definitions and answers; a definition costs its name as well."""
    return sum([expression.cost + (name != "") for name, expression in statements])


def _product(factors: Sequence[Expr]) -> Expr:
    total = factors[0]
    for factor in factors[1:]:
        total = mul(total, factor)
    return total


def _stretches(statements: list[Statement], keys: Keys) -> dict[tuple[int, ...], _Stretch]:
    """Every stretch of two or more matrix factors, under the lesser of its keys straight and transposed."""
    found: dict[tuple[int, ...], _Stretch] = {}
    written = _times_written(statements)
    for node in postorder(*[e for _, e in statements]):
        if node.op != "mul":
            continue
        pairs = [keys.of(a) for a in node.args]
        whole = any(node is e for name, e in statements if name)
        for start, end in _spans(node):
            if whole and end - start == len(node.args):
                continue  # it has a name
            straight = tuple([p[0] for p in pairs[start:end]])
            turned = tuple([p[1] for p in pairs[start:end]][::-1])
            stretch = found.setdefault(min(straight, turned), _Stretch())
            stretch.add(straight, node.args[start:end], written[id(node)])
    return found


def _spans(node: Expr) -> Iterator[tuple[int, int]]:
    """Where stretches of matrix factors, the same for all values of an index, start and end."""
    usable = [not a.is_scalar and not a.free for a in node.args]
    for start in range(len(node.args)):
        for end in range(start + 1, min(start + LONGEST_STRETCH, len(node.args)) + 1):
            if not usable[end - 1]:
                break
            if end - start > 1:
                yield start, end


def _times_written(statements: list[Statement]) -> dict[int, int]:
    """How often the text of each node is written."""
    written: dict[int, int] = {}
    for _, expression in statements:
        written[id(expression)] = written.get(id(expression), 0) + 1
    for node in reversed(postorder(*[e for _, e in statements])):
        for arg in node.args:
            written[id(arg)] = written.get(id(arg), 0) + written[id(node)]
    return written


def _renaming(definition: Expr, keys: Keys) -> Renaming:
    """A function that puts a name, or its transpose, for the stretch wherever it stands."""
    pairs = [keys.of(a) for a in definition.args]
    straight, turned = [p[0] for p in pairs], [p[1] for p in pairs][::-1]
    length = len(pairs)

    def renamed(expression: Expr, name: str) -> Expr:
        named = symbol(name, plain_kind(definition.shape))
        done: dict[int, Expr] = {}
        for node in postorder(expression):
            new = [done[id(a)] for a in node.args]
            if node.op == "mul":
                own = [keys.of(a)[0] for a in node.args]
                for start in range(len(own) - length, -1, -1):
                    there = own[start : start + length]
                    if there in (straight, turned):
                        new[start : start + length] = [named if there == straight else transpose(named)]
                        own[start : start + length] = [-1]
            alone = node.op == "mul" and len(new) == 1
            done[id(node)] = new[0] if alone else with_args(node, tuple(new)) if new else node
        return done[id(expression)]

    return renamed
