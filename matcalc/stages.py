"""A formula taken apart for a derivation: intermediates with names, each over those before it and the variable.

What is linear in the variable stays in one piece. Cut is where something moves inside of a function, a power, a divisor
or a product whose other factor moves as well: `norm2(X*w - y)^2` is `r = X*w - y` and `norm2(r)^2`.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.expr import Expr, Symbol, postorder, symbols
from matcalc.kinds import plain_kind
from matcalc.linearity import LINEAR_CALLS, is_linear
from matcalc.part_names import Names, Numbered
from matcalc.parts import written_with
from matcalc.vector_products import value_name

if TYPE_CHECKING:
    from matcalc.dimensions import Shape
    from matcalc.parser import Program
    from matcalc.rulebook import Rulebook
    from matcalc.stretches import Statement

_POWERS, _QUOTIENTS, _PRODUCTS = ("pow", "hadpow"), ("div", "haddiv"), ("mul", "had")
# factors that read well where they stand
_PLAIN_FACTORS = ("symbol", "mul", "had", "entry")


class Stage:
    """One intermediate: the `symbol` that stands for it, its formula, and what moves in that."""

    __slots__ = ("body", "is_given", "operands", "symbol")

    def __init__(self, symbol: Symbol, body: Expr, operands: Iterable[Symbol], is_given: bool) -> None:
        self.symbol = symbol
        self.body = body
        self.operands = tuple(operands)
        self.is_given = is_given  # the name is the input's own

    def __repr__(self) -> str:
        return f"<stage {self.symbol.name} of {', '.join(operand.name for operand in self.operands)}>"


def staged(program: Program, by: Symbol, rulebook: Rulebook, reserved: Iterable[str] = ()) -> list[Stage]:
    """The intermediates in order, the value last. The names of the input's own definitions are kept.

    No other name is one in use or reserved.

    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> program = parse("log(sin(x^3)^2)", {"x": "scalar"})
    >>> staged(program, program.symbols["x"], default_rulebook())
    [<stage u1 of x>, <stage u2 of u1>, <stage u3 of u2>, <stage u4 of u3>]
    """
    live = _live(program.expr, by)
    moving = set(live.values())
    own = {part: name for name, part in program.definitions.items() if part in moving and not _is_plain(part)}
    inside = [part for part in [*_intermediates(live, rulebook), *own] if part != program.expr and not part.free]
    return _in_order(_named(program, by, {*inside} & moving, own, reserved), by, set(own.values()))


def _named(
    program: Program, by: Symbol, chosen: set[Expr], own: Mapping[Expr, str], reserved: Iterable[str]
) -> list[Statement]:
    """The chosen parts and the value with their names: `u1`, `u2`, ... where all are scalars, else by their shapes."""
    root, taken = program.expr, program.taken | set(reserved)
    value = own.get(root) or value_name(program, reserved)
    if chosen and not own and all(part.is_scalar for part in [*chosen, root]) and _is_scalar(by):
        numbers = Numbered("u", taken)
        definitions, (body,) = written_with([root], chosen, own, numbers)
        return [*definitions, (numbers.fresh(root.shape), body)]
    definitions, (body,) = written_with([root], chosen, own, Names({*taken, value}, _shapes(chosen)))
    return [*definitions, (value, body)]


def _in_order(named: Iterable[Statement], by: Symbol, given: Container[str]) -> list[Stage]:
    """A stage for each name, with those before it that move in it."""
    found: dict[str, Symbol] = {by.name: by}
    stages: list[Stage] = []
    for name, part in named:
        # its order among the variables is that of its making, whatever it is called
        symbol = Symbol(name, plain_kind(part.shape), place=f"stage {len(stages):06}")
        operands = dict.fromkeys([found[other.name] for other in symbols(part) if other.name in found])
        stages.append(Stage(symbol, part, operands, name in given))
        found[name] = symbol
    return stages


def _shapes(parts: Iterable[Expr]) -> list[Shape]:
    return [part.shape for part in parts]


def _is_scalar(symbol: Symbol) -> bool:
    return all(size.number == 1 for size in symbol.kind.shape)


def _live(root: Expr, by: Symbol) -> dict[int, Expr]:
    """What moves with the variable."""
    live: dict[int, Expr] = {}
    for node in postorder(root):
        moves = node.value.name == by.name if node.op == "symbol" else any(id(a) in live for a in node.args)
        if moves:
            live[id(node)] = node
    return live


def _intermediates(live: dict[int, Expr], rulebook: Rulebook) -> list[Expr]:
    """The operands that get a name of their own."""
    found = []
    for node in live.values():
        found += [bare for bare in map(_bare, _inside(node, live, rulebook)) if bare.op != "symbol"]
    return found


def _bare(node: Expr) -> Expr:
    while node.op in ("transpose", "neg"):
        node = node.args[0]
    return node


def _is_plain(node: Expr) -> bool:
    return _bare(node).op == "symbol"


def _inside(node: Expr, live: Collection[int], rulebook: Rulebook) -> list[Expr]:
    """The moving operands in which a node is not linear."""
    moving = [arg for arg in node.args if id(arg) in live]
    if node.op in _PRODUCTS:
        return [arg for arg in moving if _bare(arg).op not in _PLAIN_FACTORS] if len(moving) > 1 else []
    if node.op in _QUOTIENTS:
        return moving if id(node.args[1]) in live else []
    if node.op in _POWERS:
        return list(moving[0].args) if _is_a_root(moving[0], rulebook) else moving
    if node.op == "call" and not _is_linear_call(node, moving, rulebook):
        return moving
    return []


def _is_a_root(node: Expr, rulebook: Rulebook) -> bool:
    """Whether a call abbreviates a power, which meets the power that it is raised to: norm2(r)^2."""
    function = rulebook.called(node)
    while function is not None and function.definition is not None:
        if function.definition.op in _POWERS:
            return True
        function = rulebook.called(function.definition)
    return False


def _is_linear_call(node: Expr, moving: Sequence[Expr], rulebook: Rulebook) -> bool:
    """Whether the value is linear in the one operand that moves."""
    if node.value in LINEAR_CALLS:
        return True
    function = rulebook.called(node) if len(moving) == 1 else None
    if function is None:
        return False
    place = next(k for k, arg in enumerate(node.args) if arg is moving[0])
    if function.linear is not None:
        return function.linear == place
    formula = function.definition
    return formula is not None and is_linear(formula, [function.parameters[place].name])
