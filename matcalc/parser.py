"""Text into typed expressions.

>>> program = parse("(X*theta - y)'*(X*theta - y)", {"X": "matrix(m,n)"})
>>> program.symbols["theta"], program.expr.shape
(theta: vector(n), (1, 1))
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING

from matcalc.binding import Binding
from matcalc.calls import known_functions
from matcalc.complaints import complain, refuse_unreadable
from matcalc.declarations import parse_declaration, parse_kind
from matcalc.elaborate import elaborate
from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import Symbol
from matcalc.families import FamilyDeclaration, declared_families
from matcalc.grammar import Stuck, tables
from matcalc.inference import Inference
from matcalc.kinds import FunctionKind, Kind
from matcalc.latex.detection import divides_by_letters, is_latex
from matcalc.nodes import Node
from matcalc.opaque_signature import OPERATORS
from matcalc.operators import HANDLERS
from matcalc.spelling import letters_side_by_side, plain_name
from matcalc.structural import STRUCTURAL
from matcalc.syntax import SyntaxBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from matcalc.expr import Expr
    from matcalc.opaque_signature import OpaqueSignature
    from matcalc.signature import FunctionTable
    from matcalc.symbols import Family

Declarations = dict[str, "Kind | FunctionKind"]

__all__ = ["Program", "parse", "parse_kind"]


class Program:
    """What a text says: its expression, with the definitions put in, and what was assumed to read it.

    `symbols` are all names declared, inferred or used, `functions` those declared to be functions; `notes` say how
    what can be read in two ways was read. `families` are those whose members occur, each with the names of the indices
    that run over it. Of a text in LaTeX, `wrt_hint` is the variable that it names, as `\\nabla_x` does, and `operator`
    the text of such an operator: the expression is what it applies to.
    """

    __slots__ = (
        *("definitions", "equation", "expr", "families", "functions", "notes", "operator", "source", "symbols"),
        "wrt_hint",
    )

    def __init__(
        self,
        source: str,
        expr: Expr,
        definitions: dict[str, Expr],
        symbols: dict[str, Symbol],
        notes: list[str],
        functions: dict[str, OpaqueSignature] | None = None,
        families: dict[Family, tuple[str, ...]] | None = None,
        wrt_hint: str | None = None,
        operator: str = "",
    ) -> None:
        self.families = families or {}
        self.source = source
        self.expr = expr
        self.definitions = definitions
        self.symbols = symbols
        self.notes = notes
        self.functions = functions or {}
        self.wrt_hint = wrt_hint
        self.operator = operator
        self.equation = None

    @property
    def kinds(self) -> dict[str, Kind | FunctionKind]:
        """What every variable, the members of every family and every declared function were taken to be."""
        kinds: dict[str, Kind | FunctionKind] = {name: symbol.kind for name, symbol in self.symbols.items()}
        kinds |= {family.member(letters[0]).name: family.kind for family, letters in self.families.items()}
        return kinds | {name: function.kind for name, function in self.functions.items()}

    @property
    def declarations(self) -> dict[str, str]:
        """The same as it is declared: `vector(n)`, or `vector(n), i=1..N` for a family."""
        found = {name: kind.text for name, kind in self.kinds.items()}
        for family, letters in self.families.items():
            member = family.member(letters[0])
            found[member.name] = f"{member.kind}, {member.index}"
        return found

    @property
    def size_names(self) -> set[str]:
        """The names in the sizes of all of these, and in the numbers of members."""
        sizes = [d for kind in self.kinds.values() for d in kind.dimensions]
        return {name for d in [*sizes, *[family.count for family in self.families]] for name in d.names}

    @property
    def taken(self) -> set[str]:
        """Every name in use: of a variable, a member, an index, a function, a size or a definition."""
        names = {*self.kinds, *self.size_names, *self.definitions}
        for family, letters in self.families.items():
            names |= {*letters, *[family.member(letter).name for letter in letters]}
        return names

    def declaring(self, symbol: Symbol) -> Program:
        """The same program with one more name known."""
        wider = copy(self)
        wider.symbols = {**self.symbols, symbol.name: symbol}
        return wider


def parse(
    text: str,
    variables: Mapping[str, str | Kind | FunctionKind] | None = None,
    rulebook: FunctionTable | None = None,
    language: str | None = None,
) -> Program:
    r"""Read a program: declarations, definitions and one expression.

    `variables` declares names by a kind or by its text, an opaque function as `function -> scalar`; `language` is
    `latex` or `matcalc`, and where it is left out, a text with a command of LaTeX is LaTeX. Raises ParseError where
    the text is not in the language, UnknownNameError for a function nobody knows, ShapeError where shapes do not fit,
    and UnsupportedError for what is in the language but not answered yet.

    >>> parse("A*x + b").symbols
    {'A': A: matrix(m,n), 'x': x: vector(n), 'b': b: vector(m)}
    >>> parse(r"\|A\mathbf{x} + b\|_2^2").expr == parse("norm2(A*x + b)^2").expr
    True
    """
    if rulebook is None:
        from matcalc.rulebook import default_rulebook

        rulebook = default_rulebook()
    plain, families = _parted(variables or {})
    syntax = _syntax(text, plain, families, rulebook, language)
    declared = _declarations(syntax, plain)
    answer = _expression(syntax)
    roots = _definitions(syntax, declared)
    operands = {name: kind for name, kind in declared.items() if isinstance(kind, Kind)}
    functions = {name: kind for name, kind in declared.items() if isinstance(kind, FunctionKind)}
    _refuse_known_functions(syntax, functions, rulebook)
    inference = Inference(syntax, operands, functions, rulebook, Binding(syntax, operands, families))
    nodes = [node for node in syntax.nodes if node is not None]
    for node in nodes:
        HANDLERS[node.op](inference, node)
        if node in roots:
            inference.define(roots[node], node)
    inference.conclude()
    for node in nodes:
        if node.op in ("keyword", "word"):
            continue
        node.expr = elaborate(inference, node)
    _note_one_names(inference)
    definitions = {name: root.expr for root, name in roots.items()}
    opaque = {name: use.signature() for name, use in inference.functions.items()}
    symbols, families_found = inference.symbols(), inference.families()
    hint, operator = syntax.asked(symbols)
    return Program(text, answer.expr, definitions, symbols, syntax.notes, opaque, families_found, hint, operator)


LANGUAGES = ("latex", "matcalc")


def _syntax(
    text: str,
    variables: Mapping[str, str | Kind | FunctionKind],
    families: list[FamilyDeclaration],
    rulebook: FunctionTable,
    language: str | None,
) -> SyntaxBuilder:
    """The syntax of a program in one of the two languages."""
    refuse_unreadable(text)
    detected = language is None
    if language is None:
        language = "latex" if is_latex(text) else "matcalc"
    if language not in LANGUAGES:
        raise MatcalcError(f"no language {language!r} is known", expected="latex or matcalc", found=language)
    if language == "matcalc":
        return read_syntax(text, [*variables, *[family.name for family in families]])
    from matcalc.latex.reading import read_latex

    kinds = _declared_kinds(variables) | {family.name: family.kind for family in families}
    sizes = [d for kind in kinds.values() for d in kind.dimensions] + [family.size for family in families]
    syntax = read_latex(text, kinds, {name for size in sizes for name in size.names}, known_functions(rulebook))
    letter = divides_by_letters(text) if detected else None
    if letter is not None:
        syntax.note(f"{letter} is read as LaTeX: a Greek letter, and no division from the left")
    return syntax


def read_syntax(text: str, names: Iterable[str] = ()) -> SyntaxBuilder:
    """The syntax of a program in matcalc's own language; `names` are declared, hence read as one word each.

    Raises ParseError, or UnsupportedError for spellings not read yet.
    """
    builder = SyntaxBuilder(text)
    try:
        tables("program").parse(text, builder, "program", None if text.isascii() else _factors(text, names))
    except Stuck as stuck:
        complain(text, stuck)
    return builder


def _factors(text: str, names: Iterable[str]) -> Callable[[str], list[str]]:
    """How words of the text are parted, as `Xθ` is, unless they are declared or defined as names of their own."""
    whole = {*names, *re.findall(r"(\w+)[ \t]*(?:=|:)", text)}
    known = {plain_name(name.strip()) for name in whole}
    # in `xᵀAx` nobody means a name Ax
    alone = set(re.findall(r"[A-Za-z0-9_]+", text))
    products = {word for word in re.findall(r"ᵀ([A-Z][a-z])(?![A-Za-z0-9_])", text) if word[1] in alone}

    def factors(word: str) -> list[str]:
        if plain_name(word) in known:
            return [word]
        return list(word) if word in products else letters_side_by_side(word)

    return factors


def _parted(
    variables: Mapping[str, str | Kind | FunctionKind],
) -> tuple[dict[str, str | Kind | FunctionKind], list[FamilyDeclaration]]:
    """Declarations of variables, and those of families such as `vector(n), i=1..N`."""
    plain: dict[str, str | Kind | FunctionKind] = {}
    families: list[FamilyDeclaration] = []
    for name, kind in variables.items():
        if isinstance(kind, str) and ".." in kind:
            families += declared_families(read_syntax(f"{name}: {kind}", [name]))
        else:
            plain[name] = kind
    return plain, families


def _declarations(syntax: SyntaxBuilder, variables: Mapping[str, str | Kind | FunctionKind]) -> Declarations:
    """The kind of every declared name, by option or inline. Raises ParseError where two disagree."""
    declared = _declared_kinds(variables)
    for statement in syntax.statements:
        if statement.op == "declaration" and statement.kind is not None:
            earlier = declared.setdefault(statement.name, statement.kind)
            if earlier != statement.kind:
                message = f"{statement.name} is declared twice, as {earlier} and as {statement.kind}"
                syntax.refuse(message, statement.start, statement.end)
    sizes = {name: owner for owner, kind in declared.items() for d in kind.dimensions for name in d.names}
    for name in declared:
        if name in sizes:
            raise ParseError(
                f"{name} is a size, in {sizes[name]}: {declared[sizes[name]]}, and cannot be a variable as well",
                source=syntax.source,
                suggestion="rename one of them",
            )
    return declared


def _declared_kinds(variables: Mapping[str, str | Kind | FunctionKind]) -> Declarations:
    return {
        plain_name(name.strip()): parse_declaration(kind) if isinstance(kind, str) else kind
        for name, kind in variables.items()
    }


def _refuse_known_functions(
    syntax: SyntaxBuilder, functions: Mapping[str, FunctionKind], rulebook: FunctionTable
) -> None:
    """A function of the language means what it means. Raises ParseError where one is declared again."""
    known = {*rulebook.names(), *STRUCTURAL, *OPERATORS} if functions else set()
    for name in functions:
        if name in known:
            place = next((s for s in syntax.statements if s.op == "declaration" and s.name == name), None)
            raise ParseError(
                f"{name} is a function of the language already",
                source=syntax.source if place else None,
                position=(place.start, place.end) if place else None,
                suggestion="declare the function by another name",
            )


def _definitions(syntax: SyntaxBuilder, declared: Declarations) -> dict[Node, str]:
    """The names that are defined, by the node that defines each."""
    roots: dict[Node, str] = {}
    names: set[str] = set()
    for statement in syntax.statements:
        if statement.op != "definition" or statement.node is None:
            continue
        name, node = statement.name, statement.node
        if name in declared:
            syntax.refuse(f"{name} is declared and defined: one of the two is enough", statement.start, statement.end)
        if name in names:
            syntax.refuse(f"{name} is defined twice", statement.start, statement.end, "use another name")
        names.add(name)
        if node in roots:
            raise AssertionError("a node defines one name")
        roots[node] = name
    return roots


def _expression(syntax: SyntaxBuilder) -> Node:
    """The node of the answer: the last statement, the right side of it where that is a definition."""
    wanted = [s for s in syntax.statements if s.node is not None]
    if not wanted:
        syntax.refuse("there is no expression here", 0, len(syntax.source), "declarations go before an expression")
    for statement in wanted[:-1]:
        if statement.op == "expression":
            syntax.refuse(
                "only the last statement is an expression, those before it are definitions",
                statement.start,
                statement.end,
                f"write {_free_name(syntax)} = {syntax.source[statement.start : statement.end]}"
                if statement.end - statement.start < 60
                else None,
            )
    last = wanted[-1]
    assert last.node is not None
    if last.op == "definition":
        syntax.notes.append(f"the answer is for the right side of {last.name} = ...")
    return last.node


def _free_name(syntax: SyntaxBuilder) -> str:
    used = {node.value for node in syntax.nodes if node is not None and node.op == "name"}
    return next((name for name in ("z", "u", "v", "w") if name not in used), "part")


def _note_one_names(inference: Inference) -> None:
    """Say of a name such as Ax that it is no product, where its letters are names of their own."""
    for name, variable in inference.variables.items():
        letters = [letter in inference.variables for letter in name] if 1 < len(name) < 5 and "_" not in name else []
        if variable.kind is None and letters and (all(letters) or (any(letters) and not name.islower())):
            inference.note(f"{name} is one name; the product is {as_product(name)}")


def as_product(name: str) -> str:
    """A name of several letters as the product that may have been meant.

    >>> as_product("xAx"), as_product("Ax")
    ("x'*A*x", 'A*x')
    """
    return name[0] + ("'" if name[0].islower() else "") + "".join(f"*{letter}" for letter in name[1:])
