"""Places for the variables of a problem that do not depend on their names.

The order of terms and factors decides between equally good forms, so it must not follow the names. A variable is
ordered by its kind, by what is asked of it, and where that is not enough by where it occurs: colours of variables are
made finer by the expression around them until nothing changes. Names decide only between variables that still have
the same colour, which are nearly always alike in every respect.

The expression is read up to the order of its sums and products of scalars, and up to transposition, as the index
terms know it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.dimensions import ONE
from matcalc.expr import Expr, symbols
from matcalc.interning import digest_of
from matcalc.symbols import Member, Symbol

# Ties are broken one colour after the other in so many rounds; names decide what is left then.
LONGEST_REFINEMENT = 12

Expression = tuple[Expr, bool]  # an expression or, with the flag, its transpose
Reading = list[tuple[Expression, str]]  # operands, each with its role
Group = list[Reading]  # operands that belong together, in one or two ways to read them
Key = tuple[int, bool]


def placed(expression: Expr, asked: Mapping[Symbol, str]) -> dict[str, Symbol]:
    """The variables of an expression at their places, each under its key; `asked` adds some, and says why.

    >>> from matcalc.parser import parse
    >>> def places(text):
    ...     return {name: symbol.place for name, symbol in placed(parse(text).expr, {}).items()}
    >>> first, second = places("norm2(A*x - u)^2"), places("norm2(A*u - x)^2")
    >>> first["x"] == second["u"], first["x"] == first["u"]
    (True, False)
    """
    found = [*symbols(expression), *asked]
    colours = {_owner(symbol): digest_of(_first_colour(symbol, asked.get(symbol, "")).encode()) for symbol in found}
    if len(set(colours.values())) < len(colours):
        colours = _told_apart(expression, colours)
    return {symbol.key: symbol.placed(colours[_owner(symbol)].hex()) for symbol in found}


def _owner(symbol: Symbol) -> str:
    """What has a colour: a variable, or a family with all its members."""
    return symbol.family.key if isinstance(symbol, Member) else symbol.name


def _first_colour(symbol: Symbol, asked: str) -> str:
    kind = symbol.kind
    form = "square" if kind.is_square else "member" if isinstance(symbol, Member) else ""
    return f"{asked}|{kind.structure} {kind.sign}|{form}|{','.join([d.outline for d in kind.dimensions])}"


def _told_apart(expression: Expr, colours: dict[str, bytes]) -> dict[str, bytes]:
    """Colours made finer until no two variables have the same."""
    occurrences = _Occurrences(expression)
    for _ in range(LONGEST_REFINEMENT):
        classes = len(set(colours.values()))
        colours = occurrences.refined(colours)
        now = len(set(colours.values()))
        if now == len(colours):
            return colours
        if now == classes:
            colours = _split(colours, _tied(colours)[:1])
    return _split(colours, _tied(colours))


def _tied(colours: Mapping[str, bytes]) -> list[list[str]]:
    """The names that have the same colour, for each such colour in order."""
    groups: dict[bytes, list[str]] = {}
    for name, colour in colours.items():
        groups.setdefault(colour, []).append(name)
    return [groups[colour] for colour in sorted(groups) if len(groups[colour]) > 1]


def _split(colours: Mapping[str, bytes], groups: Iterable[list[str]]) -> dict[str, bytes]:
    """The colours with those of each group told apart by name."""
    split = dict(colours)
    for group in groups:
        for number, name in enumerate(sorted(group)):
            split[name] = digest_of(split[name] + b"%d" % number)
    return split


class _Occurrences:
    """The operations of an expression with their operands, and what they say of the variables."""

    def __init__(self, expression: Expr) -> None:
        self.operations: dict[Key, tuple[str, list[Group]]] = {}
        self.order: list[Expression] = []
        self._visit(_bare(expression, False))

    def _visit(self, root: Expression) -> None:
        """Find every operation, operands before the operations on them."""
        pending: list[tuple[Expression, bool]] = [(root, False)]
        while pending:
            (node, turned), is_done = pending.pop()
            key = (id(node), turned)
            if is_done:
                self.order.append((node, turned))
            elif key not in self.operations:
                self.operations[key] = _operation(node, turned)
                groups = self.operations[key][1]
                pending.append(((node, turned), True))
                pending += [(operand, False) for group in groups for reading in group for operand, _ in reading]

    def refined(self, colours: Mapping[str, bytes]) -> dict[str, bytes]:
        """The colours made finer by what surrounds each variable, everywhere it occurs."""
        marks: dict[Key, bytes] = {}
        chosen: dict[Key, Reading] = {}
        for node, turned in self.order:
            key = (id(node), turned)
            word, groups = self.operations[key]
            if node.op == "symbol":
                word = f"{colours[_owner(node.value)].hex()} {turned}"
            inside = [min([(_mark_of(reading, marks), k) for k, reading in enumerate(group)]) for group in groups]
            chosen[key] = [operand for group, (_, k) in zip(groups, inside) for operand in group[k]]
            marks[key] = digest_of(word.encode() + b"".join(sorted([mark for mark, _ in inside])))
        return self._surrounded(colours, marks, chosen)

    def _surrounded(
        self, colours: Mapping[str, bytes], marks: Mapping[Key, bytes], chosen: Mapping[Key, Reading]
    ) -> dict[str, bytes]:
        """The colours together with all places where the variables stand; from the whole down to its parts."""
        above = dict.fromkeys(marks, 0)
        around = {name: int.from_bytes(colour, "big") for name, colour in colours.items()}
        for node, turned in reversed(self.order):
            key = (id(node), turned)
            here = (above[key] % _LARGEST).to_bytes(16, "big") + marks[key]
            if node.op == "symbol":
                around[_owner(node.value)] += int.from_bytes(digest_of(here), "big")
            for (operand, flag), role in chosen[key]:
                inner = (id(operand), flag)
                above[inner] += int.from_bytes(digest_of(here + role.encode() + b"|" + marks[inner]), "big")
        return {name: (total % _LARGEST).to_bytes(16, "big") for name, total in around.items()}


_LARGEST = 1 << 128


def _mark_of(reading: Reading, marks: Mapping[Key, bytes]) -> bytes:
    """What stands where, in any order."""
    found = [role.encode() + b"|" + marks[id(node), turned] for (node, turned), role in reading]
    return digest_of(b"".join(found if len(found) == 1 else sorted(found)))


def _bare(node: Expr, turned: bool) -> Expression:
    """An expression or its transpose, without a transpose around it."""
    while node.op == "transpose":
        node, turned = node.args[0], not turned
    is_symmetric = node.op == "symbol" and "symmetric" in node.value.kind.facts
    return node, turned and not node.is_scalar and not is_symmetric


def _operation(node: Expr, turned: bool) -> tuple[str, list[Group]]:
    """What an operation is called, and its operands: sums and products as the index terms know them."""
    if node.op in ("add", "neg"):
        return "+", [[_terms(node, turned)]]
    if node.op == "had":
        return ".*", [[_factors(node, turned)]]
    if node.op == "mul":
        return "*", _chains(node, turned)
    moves = turned and all(arg.shape == node.shape or arg.is_scalar for arg in node.args)
    word = f"{node.op} {_word(node)} {turned and not moves}"
    return word, [[[(_bare(arg, moves), str(k)) for k, arg in enumerate(node.args)]]]


def _word(node: Expr) -> str:
    """What an operation says beyond its operands, names apart."""
    if node.op == "size":
        return str(node.value.outline)
    return "" if node.op in ("symbol", "index_sum") else str(node.value)


def _terms(node: Expr, turned: bool) -> Reading:
    """The terms of a sum, of sums inside it too, each with its sign."""
    terms: Reading = []
    pending = [(node, turned, "+")]
    while pending:
        part, flag, sign = pending.pop()
        term = _bare(part, flag)
        if term[0].op == "neg":
            pending.append((term[0].args[0], term[1], "-" if sign == "+" else "+"))
        elif term[0].op == "add":
            pending += [(arg, term[1], sign) for arg in term[0].args]
        else:
            terms.append((term, sign))
    return terms


def _factors(node: Expr, turned: bool) -> Reading:
    """The factors of an entrywise product, of such products inside it too."""
    factors: Reading = []
    pending = [(node, turned)]
    while pending:
        factor = _bare(*pending.pop())
        if factor[0].op == "had":
            pending += [(arg, factor[1]) for arg in factor[0].args]
        else:
            factors.append((factor, ""))
    return factors


def _chains(node: Expr, turned: bool) -> list[Group]:
    """The factors of a product: scalars each on its own, the others in chains."""
    groups: list[Group] = []
    products = [(node, turned)]
    while products:
        whole = products.pop()
        links: list[Expression] = []
        pending = [whole]
        while pending:
            factor = _bare(*pending.pop())
            if factor[0].op == "mul" and (factor == whole or not factor[0].is_scalar):
                inner = [(arg, factor[1]) for arg in factor[0].args]
                pending += inner if factor[1] else inner[::-1]
            elif factor[0].op == "mul":
                products.append(factor)
            elif factor[0].is_scalar:
                groups.append([[(factor, "")]])
            else:
                links.append(factor)
        groups += [_both_ways(chain) for chain in _divided(links)]
    return groups


def _divided(links: list[Expression]) -> list[list[Expression]]:
    """The links up to each place where they make a scalar."""
    chains: list[list[Expression]] = [[]]
    for node, turned in links:
        chains[-1].append((node, turned))
        first, was_turned = chains[-1][0]
        if first.shape[was_turned] == ONE and node.shape[not turned] == ONE:
            chains.append([])
    return [chain for chain in chains if chain]


def _both_ways(chain: list[Expression]) -> Group:
    """A chain from its start and, where it makes a scalar, from its end."""
    (first, was_turned), (last, turned) = chain[0], chain[-1]
    ways = [chain]
    if first.shape[was_turned] == ONE and last.shape[not turned] == ONE:
        ways.append([_bare(link, not flag) for link, flag in reversed(chain)])
    return [[(link, str(k)) for k, link in enumerate(way)] for way in ways]
