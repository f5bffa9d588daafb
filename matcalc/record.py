"""What the engine did in one sweep: the rules by which it took local derivatives, in the order of their first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.opaque_function import OpaqueFunction
from matcalc.terms import Apply, Node, Product

if TYPE_CHECKING:
    from collections.abc import Container

    from matcalc.rulebook import Function

PRODUCT, POWER, EXPONENT, LINEAR = "product rule", "power rule", "power with a moving exponent", "linear"


class Rule:
    """A rule that was used: what it is called, and the place and the text of its line where it stands in a file."""

    __slots__ = ("name", "text", "where")

    def __init__(self, name: str, where: str = "", text: str = "") -> None:
        self.name = name
        self.where = where
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and (self.name, self.where) == (other.name, other.where)

    def __hash__(self) -> int:
        return hash((self.name, self.where))

    def __str__(self) -> str:
        return f"{self.name} ({self.where})" if self.where else self.name

    def __repr__(self) -> str:
        return f"<rule {self}>"


def function_rule(function: Function) -> Rule:
    """The line of a rule file that a function stands in; one that the input declares has no such line."""
    if isinstance(function, OpaqueFunction):
        return Rule(f"{function.name} as declared")
    return Rule(function.name, f"{function.file}:{function.line}", function.text)


class Record:
    """The rules used so far. A sweep that is given none records nothing."""

    __slots__ = ("_rules",)

    def __init__(self) -> None:
        self._rules: dict[Rule, None] = {}

    @property
    def rules(self) -> list[Rule]:
        """The rules used, each once; that everything is linear says only what nothing else does.

        >>> Record().rules
        [<rule linear>]
        """
        return list(self._rules) or [Rule(LINEAR)]

    def add(self, rule: Rule) -> None:
        """A rule was used."""
        self._rules[rule] = None

    def passed(self, node: Node, live: Container[bytes]) -> None:
        """A sweep passed a node, whose operands in `live` move."""
        if isinstance(node, Apply):
            function = node.function
            self.add(function_rule(function))
        elif isinstance(node, Product):
            self._passed_product(node, live)

    def _passed_product(self, node: Product, live: Container[bytes]) -> None:
        moving = [(base, exponent) for base, exponent, _ in node.factors if base.digest in live]
        if len(moving) > 1:
            self.add(Rule(PRODUCT))
        if any(exponent != 1 for _, exponent in moving):
            self.add(Rule(POWER))
        if any(isinstance(exponent, Node) and exponent.digest in live for _, exponent, _ in node.factors):
            self.add(Rule(EXPONENT))
