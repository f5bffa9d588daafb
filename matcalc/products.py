"""Products: a scaling where one side is a scalar, else a product of matrices whose inner sizes agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.constraints import Constraint, Extents, bare_owner, is_open
from matcalc.extents import SINGLE, differ, find, unify
from matcalc.nodes import DOT
from matcalc.shapes import SCALAR_CLASS, Variable

if TYPE_CHECKING:
    from matcalc.inference import Inference
    from matcalc.nodes import Node


class Product(Constraint):
    """`left*right`: a scaling where one side is a scalar, else the inner sizes agree."""

    __slots__ = ()

    def settle(self, inference: Inference) -> bool:
        node = self.node
        extents = product_extents(inference, node) or self._by_result(inference)
        if extents is None:
            return False
        if not (unify(node.rows, extents[0]) and unify(node.columns, extents[1])):
            inference.contradiction(node)
        return True

    def _by_result(self, inference: Inference) -> Extents | None:
        """A side of unknown kind is no scalar where scaling would not give the known result."""
        left, right = self.node.args
        for known in (left, right):
            if not is_open(known) and (differ(known.rows, self.node.rows) or differ(known.columns, self.node.columns)):
                if not unify(left.columns, right.rows):
                    product_clash(inference, self.node)
                return left.rows, right.columns
        return None

    def soften(self, inference: Inference) -> bool:
        """In `a'*X*b`, where a letter says no more of b than that it is lower-case, b is a vector and no scalar."""
        row, right = self.node.args
        owner = bare_owner(right)
        if owner is None or not (find(row.rows).is_one and find(row.columns).many and _starts_transposed(row)):
            return False
        names = [owner] if isinstance(owner, Variable) else owner.undecided_names()
        if any(name.said != SCALAR_CLASS or name.enclosed for name in names):
            return False
        for name in names:
            name.softened = True
        return unify(right.columns, SINGLE) and unify(right.rows, row.columns)


def _starts_transposed(chain: Node) -> bool:
    """Whether the first factor of a product is a transposition."""
    while chain.op in ("mul", "neg"):
        chain = chain.args[0]
    return chain.op == "transpose"


def product_extents(inference: Inference, node: Node) -> Extents | None:
    """The extents of a product, or None while a side may yet be a scalar."""
    left, right = node.args
    left_rows, left_columns, right_rows, right_columns = (
        find(left.rows),
        find(left.columns),
        find(right.rows),
        find(right.columns),
    )
    if left_rows.is_one and left_columns.is_one:
        return _scaling(inference, node, right)
    if right_rows.is_one and right_columns.is_one:
        return _scaling(inference, node, left)
    if (left_rows.many or left_columns.many) and (right_rows.many or right_columns.many):
        if unify(left_columns, right_rows):
            if inference.numpy_style and node.value == "*":
                inference.note(f"NumPy style seen: {inference.text(node)} is read as the product of matrices")
            return left.rows, right.columns
        return _dot_product(inference, node) or _numpy_product(inference, node) or product_clash(inference, node)
    return None


def _scaling(inference: Inference, node: Node, scaled: Node) -> Extents:
    if node.value == "@":
        text = inference.text(node)
        inference.fail(node, f"@ does not scale, and one side of {text} is a scalar", suggestion="write * instead of @")
    return scaled.rows, scaled.columns


def _dot_product(inference: Inference, node: Node) -> Extents | None:
    r"""A dot between two columns, as in `\mathbf{w} \cdot \mathbf{x}`, is their inner product."""
    left, right = node.args
    if node.value != DOT or not (find(left.columns).is_one and find(right.columns).is_one):
        return None
    if not unify(left.rows, right.rows):
        return None
    node.op = "inner"
    inference.note(f"{inference.text(node)} is read as the inner product")
    return SINGLE, SINGLE


def _numpy_product(inference: Inference, node: Node) -> Extents | None:
    """`*` between operands of one shape, in a text with NumPy's `@` or `np.`, where a product makes no sense."""
    left, right = node.args
    if node.value != "*" or not inference.numpy_style:
        return None
    if not (unify(left.rows, right.rows) and unify(left.columns, right.columns)):
        return None
    node.op = "had"
    inference.note(f"NumPy style seen: {inference.text(node)} is read entry by entry")
    return left.rows, left.columns


def product_clash(inference: Inference, node: Node) -> NoReturn:
    """Say why `left*right` is not defined, and what may have been meant."""
    left, right = node.args
    mends = _product_mends(inference, left, right) + _declaration_mends(inference, left, right)
    inference.name_sizes()
    both = " and ".join(f"{inference.text(side)} is {inference.shape(side)}" for side in (left, right))
    inference.fail(
        node,
        f"{both}: the inner sizes {inference.size(left.columns)} and {inference.size(right.rows)} differ",
        suggestion=f"did you mean {listed(mends)}?" if mends else None,
        expected=f"{inference.size(left.columns)} rows",
        found=f"{inference.size(right.rows)} rows",
    )


def _product_mends(inference: Inference, left: Node, right: Node) -> list[str]:
    """The transposed and entrywise products that would be defined."""
    leading, second = inference.leading(left), inference.factor(right)
    same_rows, same_columns = not differ(left.rows, right.rows), not differ(left.columns, right.columns)
    vectors = find(left.columns).is_one and find(right.columns).is_one
    mends = []
    if same_rows:
        mends.append(f"{inference.transposed(left)}*{second}" + " (inner)" * vectors)
    if same_columns:
        mends.append(f"{leading}*{inference.transposed(right)}" + " (outer)" * vectors)
    if same_rows and same_columns:
        mends.append(f"{leading}.*{second}" + " (entry by entry)" * vectors)
    return mends


def _declaration_mends(inference: Inference, left: Node, right: Node) -> list[str]:
    """The declaration of a name taken for a vector by its letter, with which the product may be defined."""
    first, second = (inference.undeclared_vectors(side) for side in (left, right))
    common = [name for name in first if name in second]
    if common:
        return [f"{common[0]}: matrix(n,n)"]
    # two bare vectors are a product of vectors gone wrong; a vector before a matrix is likelier a scalar
    scaling = left.args or not find(right.columns).is_one
    return [f"{first[0]}: scalar"] if scaling and len(first) == 1 else []


def listed(words: list[str]) -> str:
    """`a, b or c`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
