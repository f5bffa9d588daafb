"""Names for the named parts of an answer: letters that fit the shape, none that is in use."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.dimensions import ONE, Shape

SCALARS, VECTORS, MATRICES = "stcpqrgh", "ruvwzpqgh", "PQRGMNTEFHKLUVWZ"


class Names:
    """Fresh names. Where the letters would not do, all are numbered: `r1`, `r2`, ..."""

    def __init__(self, taken: Iterable[str], shapes: Iterable[Shape]) -> None:
        """`shapes` are those of all the parts to be named."""
        self.taken = set(taken)
        needed: dict[str, int] = {}
        for shape in shapes:
            needed[_letters(shape)] = needed.get(_letters(shape), 0) + 1
        self.numbered = {letters for letters, count in needed.items() if count > len(self._free(letters))}

    def fresh(self, shape: Shape) -> str:
        """A name for a part of this shape."""
        letters = _letters(shape)
        free = [] if letters in self.numbered else self._free(letters)
        name = free[0] if free else self._with_number(letters)
        self.taken.add(name)
        return name

    def _free(self, letters: str) -> list[str]:
        return [letter for letter in letters if letter not in self.taken]

    def _with_number(self, letters: str) -> str:
        letter = (self._free(letters) or letters)[0]
        number = 1
        while f"{letter}{number}" in self.taken:
            number += 1
        return f"{letter}{number}"


def _letters(shape: Shape) -> str:
    scalar = shape[0] == ONE and shape[1] == ONE
    return SCALARS if scalar else VECTORS if ONE in shape else MATRICES


class Numbered:
    """Fresh names that are one letter with a number, whatever the shape: `u1`, `u2`, ..."""

    def __init__(self, letter: str, taken: Iterable[str]) -> None:
        self.letter = letter
        self.taken = set(taken)

    def fresh(self, shape: Shape) -> str:
        """The next name; all shapes are named alike.

        >>> names = Numbered("u", {"u2"})
        >>> names.fresh((ONE, ONE)), names.fresh((ONE, ONE))
        ('u1', 'u3')
        """
        number = 1
        while f"{self.letter}{number}" in self.taken:
            number += 1
        name = f"{self.letter}{number}"
        self.taken.add(name)
        return name
