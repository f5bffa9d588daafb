"""Functions and identities: the entries of a rule file, parsed piece by piece when a piece is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.dimensions import ONE
from matcalc.errors import NotDifferentiableError
from matcalc.expr import symbols
from matcalc.kinds import SIGNS, Kind
from matcalc.rule_curves import read_curve, read_range
from matcalc.rule_differentials import read_adjoint, read_differential, read_value
from matcalc.rule_fields import Field, split_fields, split_head, split_rule
from matcalc.rule_formulas import read_formula, read_kind, read_let
from matcalc.rule_lines import RuleLine
from matcalc.signature import Parameter, Signature

if TYPE_CHECKING:
    from matcalc.dimensions import Dimension
    from matcalc.expr import Expr, Symbol
    from matcalc.rulebook import Rulebook

Lets = dict[str, RuleLine]
_CALL = re.compile(r"(\w+)\s*\(([^()]*)\)")
_PLACEHOLDER = re.compile(r"\$\{(\w*)\}")
_CALLED = re.compile(r"(\w+)\(")


class Entry:
    """What stands in a rule file: its place and its text."""

    __slots__ = ()

    entry: RuleLine

    @property
    def file(self) -> str:
        return self.entry.file

    @property
    def line(self) -> int:
        return self.entry.line

    @property
    def text(self) -> str:
        """The entry as written, on one line."""
        return " ".join(self.entry.text.split())

    @property
    def where(self) -> str:
        return self.entry.where


class Function(Signature, Entry):
    """A function of the rulebook: a signature with what is known of it.

    `formula` is its value in terms of others (the definition of a `def`), `result_facts` what holds of every value.
    `numpy` and `latex` are templates in which `${x}` stands for the operand x; a latex without any is a head.
    `assuming` is what else must hold for its differential, with such places for operands, `kink` what is taken at
    the points where there is none. `linear` is the place of a parameter that the value is linear in; that
    parameter may carry further axes, along which the function works slice by slice.
    `printed` says that answers show it by its formula, which they keep whole until then.
    `commutes` says that the value commutes with every matrix that the first operand commutes with.
    `curve` says how the value bends and moves with the operand, `range` where its entries lie, `keeps` what the value
    is where the first operand is: `psd` or `positive`.
    """

    __slots__ = (
        *("_formulas", "alias", "assuming", "commutes", "curve", "entry", "fields", "keeps", "kink", "latex"),
        *("linear", "numpy", "printed", "range", "result_facts", "rulebook"),
    )

    def __init__(self, entry: RuleLine, rulebook: Rulebook) -> None:
        self.entry = entry
        self.rulebook = rulebook
        self.fields = split_fields(entry)
        self._formulas: dict[str, Expr | None] = {}
        name, parameters, result = split_head(entry, self.fields)
        read = tuple(_parameter(entry, *p) for p in parameters)
        kind = None if result is None else read_kind(entry, result)
        # a function of entries states no structure: at most the sign of its value
        plain = all(p.kind is not None and p.kind.structure == "scalar" for p in read)
        plain = plain and (result is None or result.text in SIGNS)
        super().__init__(name, read, None if plain else kind, plain)
        self.result_facts = kind.facts if kind else frozenset()
        self._check_fields()
        self.linear = self._place_of("linear")
        self.commutes = self._place_of("commutes") == 0
        self.printed = "printed" in self.fields
        self.numpy = self._template("numpy")
        self.latex = self._template("latex") or self._plain_latex()
        self.assuming = self._template("assuming")
        self.kink = self._template("kink")
        self.curve = read_curve(entry, self.fields.get("curve"))
        self.range = read_range(entry, self.fields.get("range"), self.result_facts)
        self.keeps = self._word("keeps", ("psd", "positive"))
        self.alias = self._alias()

    @property
    def place(self) -> str:
        """What orders it among functions."""
        return f"{self.name}|{self.entry.text}"

    @property
    def operands(self) -> tuple[Parameter, ...]:
        """The parameters that are not literals."""
        return tuple(p for p in self.parameters if p.literal is None)

    @property
    def formula(self) -> Expr | None:
        """The value in terms of other functions, of a `def` or a `fn` that gives it."""
        return self._read("value", read_value)

    @property
    def definition(self) -> Expr | None:
        """What a `def` abbreviates; None for a `fn`."""
        return self.formula if self.entry.keyword == "def" else None

    @property
    def differential(self) -> Expr | None:
        """The differential of a `fn` in its parameters and theirs (`dx`); None for a `def`.

        Raises NotDifferentiableError with the reason where the entry states one instead.
        """
        if self.reason is not None:
            raise NotDifferentiableError(f"{self.name} is not differentiated: {self.reason}")
        return self._read("d", read_differential)

    @property
    def adjoint(self) -> Expr | None:
        """The transposed map of a function linear in one parameter, which stands for the adjoint of the value."""
        return self._read("adjoint", read_adjoint)

    @property
    def commuting(self) -> Expr | None:
        """The differential where that of the first operand X commutes with X.

        With X' in place of X, and in place of dX an adjoint that commutes with X', it is the transposed map.
        """
        return self._read("commuting", read_differential)

    @property
    def reason(self) -> str | None:
        """Why there is no differential, where the entry says so."""
        field = self.fields.get("d")
        return field.unquoted if field is not None and field.is_string else None

    def read_all(self) -> None:
        """Parse every formula now, so that an error shows."""
        if self.reason is None:
            _ = self.differential
        _ = self.formula, self.adjoint, self.commuting

    @property
    def transposes(self) -> str | None:
        """What a transpose of the operands does: `moves` out, as in inv, `vanishes`, as in det, or neither."""
        found = self.rulebook.transposes(self.name)
        return found[0] if found is not None and len(found[1]) == len(self.parameters) else None

    @property
    def turned_order(self) -> tuple[int, ...]:
        """Where transposes move out, the order in which the operands stand inside: f(A', B')' is f(B, A) or f(A, B)."""
        found = self.rulebook.transposes(self.name)
        straight = tuple(range(len(self.parameters)))
        return found[1] if found is not None and len(found[1]) == len(straight) else straight

    @property
    def reverses(self) -> bool:
        """Whether the value at a product is the product of the values in reverse, as of the inverse."""
        return self.rulebook.reverses(self.name)

    @property
    def inverts(self) -> bool:
        """Whether a scalar factor of the operand divides the value."""
        return self.rulebook.inverts(self.name)

    def takes(self, args: Sequence[Expr]) -> bool:
        """Whether arguments of these shapes fit the parameters, one by one."""
        return len(args) == len(self.parameters) and all(
            self.elementwise or _fits(p, a) for p, a in zip(self.parameters, args, strict=True)
        )

    def _check_fields(self) -> None:
        """Reject an entry that lacks a part, or has one that does not belong there."""
        names = [p.name for p in self.operands]
        if len(set(names)) < len(names) or {f"d{n}" for n in names} & set(names):
            raise self.entry.error("the parameters and their differentials need names of their own")
        if self.entry.keyword == "def" and "value" not in self.fields:
            raise self.entry.error(f"{self.name} is not defined: a formula was expected after =")
        if self.entry.keyword == "def" and "d" in self.fields:
            raise self.entry.error("a def has no differential of its own: use fn", self.fields["d"].start)
        if self.entry.keyword == "fn" and "d" not in self.fields:
            raise self.entry.error(f"the differential of {self.name} is missing: d = ... was expected")
        if not self.elementwise and self.result is None:
            raise self.entry.error(f"the kind of the result is missing: -> scalar, for example, after {self.name}(...)")
        if "printed" in self.fields and (self.fields["printed"].text != "formula" or "value" not in self.fields):
            raise self.entry.error(
                "printed = formula belongs to a function with a formula", self.fields["printed"].start
            )
        if ("linear" in self.fields) != ("adjoint" in self.fields):
            raise self.entry.error("linear = ... and adjoint = ... belong together")

    def _read(self, name: str, read: Callable[[Function, Field], Expr]) -> Expr | None:
        """A formula of the entry, parsed when first asked for; None where the entry has none."""
        if name not in self._formulas:
            field = self.fields.get(name)
            self._formulas[name] = None if field is None else read(self, field)
        return self._formulas[name]

    def _place_of(self, name: str) -> int | None:
        """The place of the parameter that a field names; None where there is no such field."""
        field = self.fields.get(name)
        if field is None:
            return None
        places = [k for k, p in enumerate(self.parameters) if p.name == field.text and p.literal is None]
        if not places or self.elementwise:
            end = field.start + len(field.text)
            raise self.entry.error(f"{name} = ... names a parameter of a function of matrices", field.start, end)
        return places[0]

    def _word(self, name: str, words: Sequence[str]) -> str | None:
        """What a field says, one of these words; None where there is no such field."""
        field = self.fields.get(name)
        if field is not None and field.text not in words:
            end = field.start + len(field.text)
            raise self.entry.error(f"{name} = {' or '.join(words)} was expected", field.start, end)
        return None if field is None else field.text

    def _template(self, name: str) -> str | None:
        field = self.fields.get(name)
        if field is None:
            return None
        end = field.start + len(field.text)
        if not field.is_string:
            raise self.entry.error(f'{name} = "..." was expected', field.start, end)
        if name == "numpy" and not self.entry.trusted:
            message = "a numpy template would run as code, so only the rules that ship with matcalc have one"
            raise self.entry.error(f"{message}: give the value as a formula, fn f(x) = ...", field.start, end)
        places = set(_PLACEHOLDER.findall(field.unquoted))
        if name in ("assuming", "kink"):
            if not places <= {p.name for p in self.operands}:
                raise self.entry.error(f"{name} may hold ${{...}} for parameters only", field.start, end)
        elif places != {p.name for p in self.operands} and (places or name == "numpy"):
            raise self.entry.error(f"{name} must hold ${{...}} for each parameter, no other", field.start, end)
        return field.unquoted

    def _plain_latex(self) -> str:
        name = self.name.replace("_", r"\_")
        return rf"\operatorname{{{name}}}"

    def _alias(self) -> str | None:
        """The other function of which a `def` is a second spelling."""
        match = _CALL.fullmatch(self.fields["value"].text) if self.entry.keyword == "def" else None
        same = match and [a.strip() for a in match[2].split(",")] == [p.name for p in self.parameters]
        return match[1] if match and same else None


class Identity(Entry):
    """`left -> right`, true for all operands of the kinds of its variables.

    Where `elementwise`, the variables are scalars and the identity holds entry by entry of operands of one shape.
    `function_names` are those called on the left, known without parsing: a rule cannot apply where one is absent;
    `result_names` are those called on the right.
    `compiled` is for whoever applies the identity to keep what it made of it.
    """

    __slots__ = ("_lets", "_sides", "compiled", "entry", "function_names", "result_names", "rulebook")

    def __init__(self, entry: RuleLine, lets: Lets, rulebook: Rulebook) -> None:
        self.entry = entry
        self.rulebook = rulebook
        self._lets = lets
        self._sides: tuple[Expr, Expr] | None = None
        self.compiled: Any = None
        left, _, right = entry.text.partition("->")
        self.function_names = frozenset(_CALLED.findall(left))
        self.result_names = frozenset(_CALLED.findall(right))

    @property
    def folds(self) -> bool:
        """Whether it is for a finished answer only: an abbreviation that would hide what may still cancel."""
        return self.entry.keyword == "fold"

    @property
    def abbreviates(self) -> bool:
        """Whether it writes a definition, which is differentiated by its formula."""
        made = [f for name in self.result_names for f in self.rulebook.overloads(name)]
        return any(function.entry.keyword == "def" and function.alias is None for function in made)

    @property
    def joins(self) -> bool:
        """Whether it says f(Y)*f(X) -> f(X*Y), which undoes what writes out an inverse."""
        return self.rulebook.joined(self) is not None

    @property
    def left(self) -> Expr:
        return self._read()[0]

    @property
    def right(self) -> Expr:
        return self._read()[1]

    @property
    def symbols(self) -> list[Symbol]:
        """The variables in order of appearance on the left."""
        return symbols(self.left)

    @property
    def elementwise(self) -> bool:
        return all(symbol.kind.structure == "scalar" for symbol in self.symbols)

    @property
    def left_name(self) -> str:
        """The function that the left side calls first."""
        found = _CALLED.search(self.entry.text)
        if found is None:
            raise self.entry.error("the left side is to be a call, such as open inv(kron(A, B)) -> ...")
        return found[1]

    def opens(self, call: Expr) -> tuple[dict[str, Expr], dict[str, Dimension]] | None:
        """What the variables and sizes of a left side f(g(A, B)) stand for in a call; None where it is another."""
        inner, given = self.left.args[0], call.args[0]
        if len(call.args) != 1 or (inner.op, inner.value) != (given.op, given.value):
            return None
        operands: dict[str, Expr] = {}
        sizes: dict[str, Dimension] = {}
        for variable, operand in zip(inner.args, given.args, strict=True):
            operands[variable.value.name] = operand
            for wanted, found in zip(variable.shape, operand.shape, strict=True):
                if sizes.setdefault(wanted.text, found) != found:
                    return None
        return operands, sizes

    def read_all(self) -> None:
        """Parse both sides now, so that an error shows."""
        self._read()

    def _read(self) -> tuple[Expr, Expr]:
        if self._sides is None:
            words = re.findall(r"\w+", self.entry.text)
            kinds = {n: read_let(line) for n, line in self._lets.items() if n in words}
            left, right = split_rule(self.entry)
            first = read_formula(self.entry, left, kinds, self.rulebook)
            bound = {s.name: s.kind for s in symbols(first)}
            second = read_formula(self.entry, right, bound, self.rulebook)
            if first.shape != second.shape:
                raise self.entry.error("the two sides have different shapes", right.start)
            self._sides = (first, second)
        return self._sides


def _parameter(entry: RuleLine, name: Field, kind: Field | None) -> Parameter:
    if name.text.isdecimal() and kind is None:
        return Parameter(name.text, None, int(name.text))
    if name.text == "inf" and kind is None:
        return Parameter(name.text, None, name.text)
    if not name.text.isidentifier():
        raise entry.error(f"{name.text} is no name of a parameter", name.start, name.start + len(name.text))
    return Parameter(name.text, Kind("scalar") if kind is None else read_kind(entry, kind))


def _fits(parameter: Parameter, arg: Expr) -> bool:
    """Whether the shape of an argument is one the parameter takes."""
    if parameter.literal is not None:
        return arg.op in ("number", "call") and not arg.args and arg.value == parameter.literal
    structure = parameter.kind.structure if parameter.kind else "scalar"
    rows, columns = arg.shape
    if parameter.kind is not None and parameter.kind.is_square:
        return rows == columns
    return {"scalar": arg.is_scalar, "row": rows == ONE, "matrix": True}.get(structure, columns == ONE)
