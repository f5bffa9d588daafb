"""The rulebook: what is known of functions, read from the files in rules/.

A file is scanned for the names in it when the book opens; an entry is parsed when its function is first asked for, its
formulas when they are. An entry is data: nothing in this module knows a function by name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING

from matcalc.errors import (
    MatcalcError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
)
from matcalc.expr import is_reduction, postorder
from matcalc.grammar import data_folder
from matcalc.interning import digest_of
from matcalc.opaque_function import declared_function
from matcalc.rule_entries import Function, Identity, Lets
from matcalc.rule_fields import split_later, split_let
from matcalc.rule_known import Known
from matcalc.rule_lines import RuleLine, scan
from matcalc.structural import STRUCTURAL

if TYPE_CHECKING:
    from pathlib import Path

    from matcalc.dimensions import Dimension
    from matcalc.expr import Expr
    from matcalc.opaque_function import OpaqueFunction
    from matcalc.opaque_signature import OpaqueSignature

__all__ = ["Function", "Identity", "Rulebook", "default_rulebook", "load_rulebook"]

_TRANSPOSED = re.compile(r"^rule (\w+)\(([^()]*)\) -> \1\(([^()]*)\)('?)$")
_REVERSED = re.compile(r"rule\s+(\w+)\((\w+)\)\*\1\((\w+)\)\s*->\s*\1\(\3\*\2\)\s*$")
_SCALED = re.compile(r"^rule\s+(\w+)\*(\w+)\(\1\*(\w+)\)\s*->\s*\2\(\3\)\s*$")


class Rulebook:
    """The functions and identities of some rule files, in their order.

    >>> book = default_rulebook()
    >>> book.overloads("sigmoid")[0]
    sigmoid(x: scalar)
    >>> book.alias("arcsin")
    'asin'
    """

    def __init__(self, files: Iterable[tuple[str, str, bool]]) -> None:
        """`files` are (name, source, whether it ships with matcalc and may hold templates)."""
        self.lines: dict[str, list[RuleLine]] = {}
        self._later: dict[str, RuleLine] = {}
        self._functions: dict[str, tuple[Function, ...]] = {}
        self.identities: tuple[Identity, ...] = ()
        self.known: tuple[Known, ...] = ()
        self.openings: dict[str, list[Identity]] = {}  # by the function on the left
        self._transposes: dict[str, tuple[str, tuple[int, ...]]] | None = None
        self._reverses: set[str] | None = None
        self._inverts: set[str] | None = None
        self._declared: Mapping[str, OpaqueSignature] = {}
        self._opaque: dict[str, OpaqueFunction | None] = {}
        content = []
        for name, source, trusted in files:
            content.append(f"{name}\n{source}\n")
            self._read(name, source, trusted)
        self.digest = digest_of("".join(content).encode())

    def names(self) -> list[str]:
        """The names of all functions, in the order of the files."""
        return list(self.lines)

    def declaring(self, functions: Mapping[str, OpaqueSignature]) -> Rulebook:
        """This book with the functions that an input declares; it shares all else with this one."""
        if not functions:
            return self
        book = copy(self)
        book._declared, book._opaque = {**self._declared, **functions}, {}
        return book

    def opaque(self, name: str) -> OpaqueFunction | None:
        """The function of this name that the input declares, or the derivative of one, as in `grad(f)`."""
        if not self._declared:
            return None
        if name not in self._opaque:
            self._opaque[name] = declared_function(name, self._declared)
        return self._opaque[name]

    def overloads(self, name: str) -> tuple[Function, ...]:
        """The functions of this name; none when it is unknown. UnsupportedError for a name that is only reserved."""
        declared = self.opaque(name)
        if declared is not None:
            return (declared,)
        found = self._functions.get(name)
        if found is None:
            if name not in self.lines and name in self._later:
                raise UnsupportedError(f"{name} is not supported yet: {split_later(self._later[name])}")
            found = tuple(Function(line, self) for line in self.lines.get(name, ()))
            self._functions[name] = found
        return found

    def alias(self, name: str) -> str | None:
        """The name of the function that `name` is only another spelling of."""
        seen = []
        while name in self.lines and name not in seen:
            seen.append(name)
            targets = {function.alias for function in self.overloads(name)}
            target = targets.pop() if len(targets) == 1 else None
            if target is None:
                return name if len(seen) > 1 else None
            name = target
        return name if seen and name not in seen else None

    def function(self, name: str, args: Sequence[Expr]) -> Function:
        """The overload that takes these typed arguments."""
        overloads = self.overloads(name)
        for function in overloads:
            if function.takes(args):
                return function
        if not overloads:
            raise UnknownNameError(f"no function {name} is known")
        shapes = ", ".join(f"{a.shape[0]} x {a.shape[1]}" for a in args)
        takes = " or ".join(map(repr, overloads))
        raise ShapeError(f"{name} does not take arguments of the shapes {shapes}", expected=takes, found=shapes)

    def called(self, node: Expr) -> Function | None:
        """The function of the book that an expression is a call of; None for anything else."""
        if node.op != "call":
            return None
        return next((function for function in self.overloads(node.value) if function.takes(node.args)), None)

    def opening(self, call: Expr) -> tuple[Identity, dict[str, Expr], dict[str, Dimension]] | None:
        """The identity that says what a call f(g(A, B)) is by itself, with its operands and sizes; None without one."""
        for identity in self.openings.get(call.value, ()):
            found = identity.opens(call)
            if found is not None:
                return (identity, *found)
        return None

    def transposes(self, name: str) -> tuple[str, tuple[int, ...]] | None:
        """`moves` where an identity says f(X') -> f(X)', `vanishes` where one says f(X') -> f(X).

        With it comes the order of the operands on the right: (1, 0) for f(A', B') -> f(B, A)'.
        """
        if self._transposes is None:
            self._transposes = {}
            for identity in self.identities:
                # such a rule becomes part of the normal form, which nothing guards: those of other files are only tried
                found = _transposition(identity.text) if identity.entry.trusted else None
                if found is not None:
                    self._transposes[found[0]] = found[1:]
        return self._transposes.get(name)

    def reverses(self, name: str) -> bool:
        """Whether an identity says f(Y)*f(X) -> f(X*Y), as of the inverse."""
        if self._reverses is None:
            self._reverses = {name for name in map(self.joined, self.identities) if name is not None}
        return name in self._reverses

    def inverts(self, name: str) -> bool:
        """Whether an identity says x*f(x*X) -> f(X) of scalars x, as of the inverse."""
        if self._inverts is None:
            found = [_SCALED.search(identity.text) for identity in self.identities]
            self._inverts = {match[2] for match in found if match is not None}
        return name in self._inverts

    @staticmethod
    def joined(identity: Identity) -> str | None:
        """The f of an identity f(Y)*f(X) -> f(X*Y)."""
        found = _REVERSED.search(identity.text)
        return found[1] if found else None

    @property
    def functions(self) -> tuple[Function, ...]:
        """Every function, with every overload and alias."""
        return tuple(function for name in self.lines for function in self.overloads(name))

    @property
    def reserved(self) -> dict[str, str]:
        """The names that are not supported yet, each with the reason."""
        return {name: split_later(line) for name, line in self._later.items() if name not in self.lines}

    def _read(self, name: str, source: str, trusted: bool) -> None:
        """Take over the entries of one file."""
        lets: Lets = {}
        identities = []
        known: list[Known] = []
        own: set[str] = set()
        for line in scan(source, name, trusted):
            if line.keyword in ("fn", "def"):
                if line.name in self.lines and line.name not in own:
                    other = self.lines[line.name][0]
                    raise line.error(f"{line.name} is already defined in {other.where}")
                if not trusted and line.name in STRUCTURAL:
                    raise line.error(f"{line.name} is a function of the language itself")
                own.add(line.name)
                self.lines.setdefault(line.name, []).append(line)
            elif line.keyword == "later":
                self._later[line.name] = line
            elif line.keyword == "let":
                lets = lets | dict.fromkeys([field.text for field in split_let(line)[0]], line)
            elif line.keyword == "known":
                if not trusted:  # a name says that a result is well known, which nobody has checked of these
                    raise line.error("only the rules that ship with matcalc name known results")
                known.append(Known(line, lets, self))
            elif line.keyword in ("rule", "fold"):
                identities.append(Identity(line, lets, self))
            else:
                opening = Identity(line, lets, self)
                self.openings.setdefault(opening.left_name, []).append(opening)
        self.identities += tuple(identities)
        self.known += tuple(known)


def _transposition(text: str) -> tuple[str, str, tuple[int, ...]] | None:
    """What a rule f(X', k) -> f(X, k)' says: the function, `moves` or `vanishes`, and the order of its operands."""
    match = _TRANSPOSED.search(text)
    if match is None:
        return None
    before, after = ([a.strip() for a in match[k].split(",")] for k in (2, 3))
    bare = [a.removesuffix("'") for a in before]
    if bare == before or sorted(bare) != sorted(after) or not all(a.isidentifier() for a in bare):
        return None
    return match[1], "moves" if match[4] else "vanishes", tuple([bare.index(a) for a in after])


_default: list[Rulebook] = []


def default_rulebook() -> Rulebook:
    """The book of the rules that ship with matcalc, read once."""
    if not _default:
        _default.append(Rulebook(_shipped()))
    return _default[0]


def load_rulebook(extra_files: Sequence[Path | str]) -> Rulebook:
    """The shipped rules with those of more files, which hold formulas only and are read at once.

    Raises ParseError at the place in a file that is not understood, MatcalcError for a file that cannot be read.
    """
    if not extra_files:
        return default_rulebook()
    extra = [(str(path), _text_of(path), False) for path in extra_files]
    book = Rulebook([*_shipped(), *extra])
    own = {name for name, _, _ in extra}
    functions = [f for name, lines in book.lines.items() if lines[0].file in own for f in book.overloads(name)]
    for function in functions:
        function.read_all()
    for identity in book.identities:
        if identity.file in own:
            identity.read_all()
    _refuse_circles(functions)
    return book


def _refuse_circles(functions: Sequence[Function]) -> None:
    """Raise where a formula leads back to the function that it is to give a value."""
    finished: set[str] = set()  # by their places, since overloads share a name
    for function in functions:
        path = {function.where: (function.name, _used_in(function))}
        while path:
            where, (_, pending) = next(reversed(path.items()))
            if not pending:
                finished.add(where)
                del path[where]
                continue
            used = pending.pop()
            if used.where in path:
                way = ", ".join(name for name, _ in path.values())
                raise used.entry.error(f"the formula of {used.name} leads back to {used.name} by {way}")
            if used.where not in finished:
                path[used.where] = (used.name, _used_in(used))


def _used_in(function: Function) -> list[Function]:
    """The functions of the book that the formula of this one calls."""
    if function.formula is None:
        return []
    calls = [n for n in postorder(function.formula) if n.op == "call" and function.rulebook.overloads(n.value)]
    used = [function.rulebook.function(n.value, n.args) for n in calls if not _is_of_the_language(n)]
    return [f for f in used if f.formula is not None]


def _is_of_the_language(node: Expr) -> bool:
    """Whether a call is of no rule: max and min of two operands are not, that of all entries is one."""
    return node.value in STRUCTURAL and not is_reduction(node)


def _shipped() -> list[tuple[str, str, bool]]:
    folder = str(data_folder("rules"))
    names = sorted(name for name in os.listdir(folder) if name.endswith(".rules"))
    return [(f"rules/{name}", _text_of(os.path.join(folder, name)), True) for name in names]


def _text_of(path: Path | str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise MatcalcError(f"the rule file {path} cannot be read: {error}") from None
