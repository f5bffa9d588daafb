"""Names and sizes as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Collection

from matcalc.latex.commands import function_of_word
from matcalc.printers.greek import LETTERS

_STEM = re.compile(r"([A-Za-z]+|[^\W\d_])_?(\w*)\Z")
_ACCENTED = re.compile(r"([A-Za-z]|[a-zA-Z]+)(hat|tilde|bar)\Z")
_SIGN = re.compile(r"_(plus|minus)_")
_COMMANDS = frozenset(LETTERS) | {"Upsilon"}
_COMMAND_OF = {letter: name for name, letter in LETTERS.items()}
# before a bracket these look like functions
_FUNCTION_LETTERS = frozenset("d f g h phi psi Psi sigma Phi Gamma".split())


def name_latex(name: str) -> str:
    r"""A name: Greek as a command, accents, digits and what follows `_` as a subscript, words upright.

    >>> name_latex("x_0"), name_latex("Sigma"), name_latex("returns"), name_latex("W12"), name_latex("betahat")
    ('x_0', '\\Sigma', '\\mathrm{returns}', 'W_{12}', '\\hat{\\beta}')
    """
    match = _STEM.match(name)
    if match is None or not match[1]:
        return word_latex(name)
    stem, index = match.groups()
    if (stem == "I" and index) or "__" in name or name[-1] == "_":  # I_n is the identity
        return word_latex(name)
    return _letter(stem) + (_subscript(index, stem) if index else "")


def word_latex(name: str) -> str:
    """A name as an upright word."""
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def looks_applied(name: str, following: str, functions: Collection[str]) -> bool:
    """Whether a name before another factor would look like a function of it; `functions` are the known ones."""
    match = _STEM.match(name)
    stem = _ACCENTED.sub(r"\1", match[1]) if match and match[1] else name
    if not following.startswith(("(", "[", r"\left")):
        return name == "Delta" or function_of_word(name, functions) is not None
    is_function = stem in _FUNCTION_LETTERS or _letter(stem).startswith(r"\mathrm")
    return is_function or name in ("lambda_max", "lambda_min")


def _letter(stem: str) -> str:
    r"""A stem, with its accent where it is a letter with one: `yhat` is \hat{y}."""
    accented = _ACCENTED.match(stem)
    if accented is not None and (len(accented[1]) == 1 or accented[1] in _COMMANDS):
        return rf"\{accented[2]}{{{_word(accented[1])}}}"
    return _word(stem)


def _word(word: str) -> str:
    word = _COMMAND_OF.get(word, word)
    if word in _COMMANDS:
        return "\\" + word
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"


def _subscript(index: str, stem: str) -> str:
    if len(index) == 1:
        return f"_{index}"
    if _SIGN.search(index):
        signs = {"plus": "+", "minus": "-"}
        parts = [signs.get(part) or _index(part) for part in _SIGN.split(index)]
        return f"_{{{''.join(parts)}}}"
    parts = index.split("_")
    is_letter = len(stem) == 1 or stem in _COMMANDS
    if len(parts) == 2 and is_letter and stem[0].islower():  # two indices of a capital are those of an entry
        return f"_{{{','.join(map(_index, parts))}}}"
    return f"_{{{_index(index)}}}"


def _index(index: str) -> str:
    if index.isdigit():
        return index
    return _word(index) if index.isalpha() else word_latex(index)


def dimension_latex(text: str) -> str:
    """A size as LaTeX."""
    return re.sub(r"[^\W\d]\w*", lambda match: name_latex(match[0]), text.replace("*", " "))
