"""What a function takes and gives, as the shape rules see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matcalc.kinds import Kind


class Parameter:
    """One argument: a name with its kind, or the literal that must stand there, a number or `inf`."""

    __slots__ = ("kind", "literal", "name")

    def __init__(self, name: str, kind: Kind | None = None, literal: int | str | None = None) -> None:
        self.name = name
        self.kind = kind
        self.literal = literal

    def __repr__(self) -> str:
        if self.literal is not None:
            return str(self.literal)
        return f"{self.name}: {self.kind}" if self.kind else self.name


class Signature:
    """A function by name, parameters and result.

    Size names in the kinds are local to the signature and are unified over the parameters and the
    result. An elementwise function has no result kind: it applies entry by entry to operands of one
    shape, over which scalars spread. `alias` is the function of which it is only a second spelling.
    """

    __slots__ = ("alias", "elementwise", "name", "parameters", "result")

    alias: str | None

    def __init__(
        self, name: str, parameters: tuple[Parameter, ...], result: Kind | None = None, elementwise: bool = False
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.result = result
        self.elementwise = elementwise
        self.alias = None

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, self.parameters))
        return f"{self.name}({inside})" + (f" -> {self.result}" if self.result else "")


class FunctionTable(Protocol):
    """What the parser asks of a rulebook."""

    def overloads(self, name: str) -> Sequence[Signature]: ...
    def names(self) -> Iterable[str]: ...
    def alias(self, name: str) -> str | None: ...
