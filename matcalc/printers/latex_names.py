"""Names and sizes as LaTeX."""

from __future__ import annotations

import re

from matcalc.printers.greek import LETTERS

_STEM = re.compile(r"([A-Za-z]+|[^\W\d_])_?(\w*)\Z")
_COMMANDS = frozenset(LETTERS) | {"Upsilon"}
_COMMAND_OF = {letter: name for name, letter in LETTERS.items()}


def name_latex(name: str) -> str:
    r"""A name: Greek as a command, digits and what follows `_` as a subscript, words upright.

    >>> name_latex("x_0"), name_latex("Sigma"), name_latex("returns"), name_latex("W12")
    ('x_0', '\\Sigma', '\\mathrm{returns}', 'W_{12}')
    """
    match = _STEM.match(name)
    if match is None or not match[1]:
        return r"\mathrm{" + name.replace("_", r"\_") + "}"
    stem, index = match.groups()
    return _word(stem) + (_subscript(index) if index else "")


def _word(word: str) -> str:
    word = _COMMAND_OF.get(word, word)
    if word in _COMMANDS:
        return "\\" + word
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"


def _subscript(index: str) -> str:
    if len(index) == 1:
        return f"_{index}"
    if index.isdigit():
        return f"_{{{index}}}"
    return f"_{{{_word(index)}}}" if index.isalpha() else r"_{\mathrm{" + index.replace("_", r"\_") + "}}"


def dimension_latex(text: str) -> str:
    """A size as LaTeX."""
    return re.sub(r"[^\W\d]\w*", lambda match: name_latex(match[0]), text.replace("*", " "))
