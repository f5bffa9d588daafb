"""Which matrices are known to commute: those made of one matrix by sums, products and functions of a matrix."""

from __future__ import annotations

from matcalc.components import square_chain
from matcalc.tensor import is_symmetric, oriented, product, transposed
from matcalc.terms import Apply, Delta, Factor, Indices, Node, Part, Product, Sum, postorder

# of which orientation of a matrix another is made: as it stands, transposed, both (as the identity is), or neither
NEITHER, STRAIGHT, TURNED, BOTH = 0, 1, 2, 3
_FLIPPED = (NEITHER, TURNED, STRAIGHT, BOTH)


def commute(first: Node, second: Node) -> bool:
    """Whether two square matrices are known to commute; scalars do.

    >>> from matcalc.lower import lower
    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> kinds = {"A": "matrix(n,n)", "B": "matrix(n,n)"}
    >>> a, b, p = (lower(parse(text, kinds).expr, default_rulebook()) for text in ("A", "B", "2*A^2 + inv(A)"))
    >>> commute(a, p), commute(a, b), commute(a, transposed(a))
    (True, False, False)
    """
    if not first.axes and not second.axes:
        return True
    if len(first.axes) != 2 or len(second.axes) != 2:
        return False
    atoms = _atoms(second)
    if not atoms:  # a multiple of the identity
        return True
    for atom in atoms:
        orientation = _made_of(second, atom)
        if orientation and _made_of(first, atom) & orientation:
            return True
    return False


def _atoms(node: Node) -> list[Node]:
    """Matrices that a matrix may be made of: itself, and what stands in the functions and powers it consists of."""
    found: dict[bytes, Node] = {}
    pending = [node]
    while pending:
        _, part, _ = oriented(pending.pop())
        if isinstance(part, Part):
            part = part.inner
        if part.digest not in found and not isinstance(part, Delta):
            found[part.digest] = part
            pending += _pieces(part)
    return list(found.values())


def _pieces(node: Node) -> list[Node]:
    if isinstance(node, Apply):
        return [node.args[0]] if node.function.commutes else []
    if isinstance(node, Sum):
        return list(node.children)
    links = square_chain(node) if isinstance(node, Product) else None
    return [link for link, _ in links] if links is not None else []


def _made_of(root: Node, atom: Node) -> int:
    """The orientations of an atom of which a matrix is made."""
    atom_is = BOTH if is_symmetric(atom) else STRAIGHT
    other = transposed(atom)
    made: dict[bytes, int] = {}
    for node in postorder(root):
        if node == atom:
            made[node.digest] = atom_is
        elif node == other:
            made[node.digest] = _FLIPPED[atom_is]
        else:
            made[node.digest] = _orientations(node, made)
    return made[root.digest]


def _orientations(node: Node, made: dict[bytes, int]) -> int:
    """The same for one node, those of its parts being known."""
    if isinstance(node, Delta):
        return BOTH
    if isinstance(node, Part):
        return made[node.inner.digest]
    if isinstance(node, Apply):
        return made[node.args[0].digest] if node.function.commutes else NEITHER
    common = BOTH
    if isinstance(node, Sum):
        for term in node.children:
            common &= made[term.digest]
        return common if node.terms else NEITHER
    links = square_chain(node) if isinstance(node, Product) else None
    if links is None:
        return NEITHER
    for link, turned in links:
        common &= _FLIPPED[made[link.digest]] if turned else made[link.digest]
    return common


def in_order(node: Product) -> Node:
    """The product with a matrix before a function of it that stands next to it: A*expm(A), not expm(A)*A.

    Before is meant in the direction in which the matrix is not transposed.
    """
    factors = list(node.factors)
    for _ in range(len(factors) ** 2):
        exchanged = _with_an_exchange(factors, len(node.axes))
        if exchanged is None:
            break
        factors = exchanged
    if factors == list(node.factors):
        return node
    return product(factors, tuple(range(len(node.axes))), node.axes)


def _with_an_exchange(factors: list[Factor], free: int) -> list[Factor] | None:
    """The factors after the first exchange that is called for."""
    for k, (function, power, ends) in enumerate(factors):
        if power != 1 or not _is_matrix_function(function):
            continue
        for j, (other, exponent, spots) in enumerate(factors):
            between = set(ends) & set(spots)
            if j == k or exponent != 1 or len(between) != 1 or other.axes != function.axes or is_symmetric(other):
                continue
            middle = between.pop()
            if middle < free or sum(middle in indices for _, _, indices in factors) != 2:
                continue
            moved = _exchanged(other, spots, function, ends, middle)
            if moved is not None:
                return [*[f for n, f in enumerate(factors) if n not in (j, k)], *moved]
    return None


def _is_matrix_function(node: Node) -> bool:
    """Whether a node is a function such as expm, or the inverse of one, which has no place of its own in a product."""
    while isinstance(node, Apply) and node.function.commutes:
        if node.function.commuting is not None:
            return True
        _, node, _ = oriented(node.args[0])
    return False


def _exchanged(other: Node, spots: Indices, function: Node, ends: Indices, middle: int) -> tuple[Factor, Factor] | None:
    """A matrix and a function beside it in exchanged places, where they commute and stand the wrong way round."""
    if spots[1] == middle:  # the matrix is read towards the function: it comes first
        return None
    far = spots[1]
    near = ends[0] if ends[1] == middle else ends[1]
    if not commute(transposed(other), function if ends[0] == middle else transposed(function)):
        return None
    turned = (far, middle) if ends[0] == middle else (middle, far)
    return (other, 1, (near, middle)), (function, 1, turned)
