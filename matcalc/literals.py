"""Numbers given on the command line: literals and files, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

FILES = (".npy", ".npz", ".csv")


def read_values(items: Iterable[str]) -> dict[str, Array]:
    """The arrays named by `X=file.npy`, `x=[1, 2, 3]`, `a=0.5` or `arrays.npz`.

    >>> read_values(["X=[1, 2; 3, 4]"])["X"].shape
    (2, 2)
    """
    found: dict[str, Array] = {}
    for item in items:
        name, equals, value = (part.strip() for part in item.partition("="))
        if not equals and item.lower().endswith(".npz"):
            found.update(_archive(item))
        elif name.isidentifier() and value:
            found[name] = _file(value) if value.lower().endswith(FILES) else literal(value)
        else:
            raise MatcalcError(f"--at {item!r}: write NAME=VALUE, as in --at 'x=[1, 2, 3]' or --at X=data.npy")
    return found


def literal(text: str) -> Array:
    """A number, a list `[1, 2, 3]`, or a matrix `[1, 2; 3, 4]` or `[[1, 2], [3, 4]]`.

    >>> literal("[1, -2.5]").tolist()
    [1.0, -2.5]
    """
    import numpy as np

    body = text.strip()
    inside = body.replace(" ", "")
    if inside.startswith("[[") and inside.endswith("]]"):
        body = "[" + inside[2:-2].replace("],[", ";") + "]"
    listed = body.startswith("[") and body.endswith("]")
    rows = [row.replace(",", " ").split() for row in (body[1:-1] if listed else body).split(";")]
    try:
        numbers = np.array([[float(word) for word in row] for row in rows])
    except ValueError:
        raise MatcalcError(f"cannot read {text!r} as numbers: write 0.5, [1, 2, 3] or [1, 2; 3, 4]") from None
    if len(rows) > 1:
        return numbers
    return numbers[0] if listed or numbers.size != 1 else numbers.reshape(())


def written(array: Array) -> str:
    """An array as a literal that reads back to the same numbers.

    >>> import numpy as np
    >>> written(np.array([[1, 2.5]]))
    '[[1.0, 2.5]]'
    """
    import numpy as np

    return str(np.asarray(array, dtype=float).tolist())


def _file(path: str) -> Array:
    import numpy as np

    try:
        if path.lower().endswith(".csv"):
            return np.loadtxt(path, delimiter=",", dtype=float)
        loaded = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise MatcalcError(f"cannot read {path!r}: {error}") from None
    if isinstance(loaded, np.ndarray):
        return loaded
    if len(loaded.files) != 1:
        raise MatcalcError(
            f"{path!r} holds {len(loaded.files)} arrays: give --at {path} without a name for all of them"
        )
    only: Array = loaded[loaded.files[0]]
    return only


def _archive(path: str) -> dict[str, Array]:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError) as error:
        raise MatcalcError(f"cannot read {path!r}: {error}") from None
