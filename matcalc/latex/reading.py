r"""From LaTeX to syntax: the passes in their order.

Pieces, macros, wrappers, lines with their operators, tokens, and then the tables of grammar/latex.lark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.errors import ParseError
from matcalc.grammar import Stuck, tables
from matcalc.latex.builder import LatexBuilder
from matcalc.latex.complaints import complain
from matcalc.latex.macros import Expander
from matcalc.latex.names import NameReader
from matcalc.latex.pieces import Source, matching_braces, scanned
from matcalc.latex.statements import StatementReader, joined
from matcalc.latex.tokens import Tokenizer
from matcalc.latex.wrapping import Unwrapper

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from matcalc.kinds import FunctionKind, Kind


def read_latex(
    text: str, kinds: Mapping[str, Kind | FunctionKind], sizes: Collection[str], functions: Collection[str]
) -> LatexBuilder:
    r"""The syntax of a formula in LaTeX.

    `kinds` is what the caller declares, `sizes` are the names in their sizes, `functions` those of all functions.
    Raises ParseError with a place for what is not LaTeX, or not read.

    >>> read_latex(r"\|A\mathbf{x}\|_2", {}, (), ()).statements[0].node
    norm('2', [mul('*', [name('A', []), name('x', [])])])
    """
    source = Source(text)
    pieces = Expander(source, scanned(source)).expanded()
    pieces = joined(source, Unwrapper(source, pieces).unwrapped())
    if not pieces:
        raise ParseError("there is no formula here", source=text, position=(0, len(text)))
    names = NameReader(source, pieces, matching_braces(source, pieces), kinds, sizes)
    statements = StatementReader(names)
    lines = statements.lines()
    tokenizer = Tokenizer(names, statements.notes, functions, statements.operators)
    tokens = tokenizer.tokens(lines)
    builder = LatexBuilder(text, statements.operators, statements.arguments)
    builder.notes += statements.notes
    builder.conventions = names.conventions()
    try:
        tables("formula").parse_tokens(((token.kind, token.mark) for token in tokens), builder, "formula")
    except Stuck as stuck:
        complain(text, stuck)
    builder.check_lines()
    builder.check_indices()
    return builder
