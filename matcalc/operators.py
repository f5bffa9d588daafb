"""The shape rule of every operator and operand, by the name of its node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc import calls
from matcalc.constraints import BlockList, combine, is_open, is_scalar, stacked_extents
from matcalc.errors import ParseError
from matcalc.extents import SINGLE, Extent, find
from matcalc.products import Product, product_extents
from matcalc.shapes import MATRIX, SCALAR_CLASS, Variable
from matcalc.spelling import library_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from matcalc.inference import Inference
    from matcalc.nodes import Node


def visit_number(inference: Inference, node: Node) -> None:
    node.rows = node.columns = SINGLE


def visit_name(inference: Inference, node: Node) -> None:
    name = node.value
    variable = inference.variables.get(name)
    if variable is not None and name not in inference.definitions:
        node.rows, node.columns = variable.rows, variable.columns
        return
    inference.mentioned.add(name)
    if name in inference.binding.members:
        _visit_member(inference, node)
    elif name in inference.definitions:
        _visit_defined(inference, node)
    elif name in inference.declared:
        kind = inference.declared[name]
        variable = inference.variables[name] = Variable(name, kind, node)
        variable.rows, variable.columns = (inference.extent(d) for d in kind.shape)
        node.rows, node.columns = variable.rows, variable.columns
    elif name in inference.functions:
        mend = f"it stands before its argument: {name}(x)"
        inference.fail(node, f"{name} is a function", suggestion=mend, error=ParseError)
    elif name in inference.sizes:
        node.op = "size"
        node.rows = node.columns = SINGLE
    elif name == "pi" or (name.endswith(".pi") and library_function(name)):
        node.op = "pi"
        node.rows = node.columns = SINGLE
    elif name == "inf" or (name.endswith(".inf") and library_function(name)):
        node.op, node.value = "inf", "inf"
        node.rows = node.columns = SINGLE
    elif name == "I":
        _visit_identity(inference, node)
    else:
        _visit_undeclared(inference, node)


def _visit_member(inference: Inference, node: Node) -> None:
    """The members of a family have one kind, whatever their indices are called."""
    members, name = inference.binding.members, node.value
    family = members[name].family
    known = (v for other, v in inference.variables.items() if other in members and members[other].family == family)
    variable = next(known, None)
    if variable is None:
        kind = inference.declared.get(name)
        variable = Variable(name, kind, node, inference.conventions.get(name))
        if kind is not None:
            variable.rows, variable.columns = (inference.extent(d) for d in kind.shape)
    inference.variables[name] = variable
    node.rows, node.columns = variable.rows, variable.columns


def _visit_defined(inference: Inference, node: Node) -> None:
    meaning = inference.definitions[node.value]
    node.op = "defined"
    node.value = meaning
    node.rows, node.columns = meaning.rows, meaning.columns


def _visit_identity(inference: Inference, node: Node) -> None:
    node.op = "identity"
    node.rows = node.columns = Extent()
    node.rows.exceed_one()
    inference.identities.append(node)


def visit_filled(inference: Inference, node: Node) -> None:
    """A column of ones or zeros of the size that fits."""
    node.rows, node.columns = Extent(), SINGLE
    node.rows.exceed_one()
    inference.identities.append(node)


def _visit_undeclared(inference: Inference, node: Node) -> None:
    name = node.value
    if "." in name:
        path, _, last = name.rpartition(".")
        inference.fail(node, f"{name!r} is no name", suggestion=f"write {last}({path})", error=ParseError)
    variable = inference.variables[name] = Variable(name, None, node, inference.conventions.get(name))
    node.rows, node.columns = variable.rows, variable.columns


def visit_neg(inference: Inference, node: Node) -> None:
    inner = node.args[0]
    node.rows, node.columns = inner.rows, inner.columns


def visit_transpose(inference: Inference, node: Node) -> None:
    inner = node.args[0]
    variable = inference.undeclared(inner)
    if variable is not None:
        variable.nonscalar = True
    node.rows, node.columns = inner.columns, inner.rows


def visit_mul(inference: Inference, node: Node) -> None:
    left, right = node.args
    if node.value == " ":
        calls.refuse_call_without_brackets(inference, left, right)
    named = right.op == "call" and right.value == "eye"
    if (right.op == "identity" or named) and left.op == "name":
        variable = inference.undeclared(left)
        if variable is not None and variable.is_open and variable.said != MATRIX:
            mend = f"declare {variable.name}" if named else "write eye(n)"
            inference.require_scalar(left, "{text} is {shape}, which does not multiply the identity", mend)
    extents = product_extents(inference, node)
    if extents is not None:
        node.rows, node.columns = extents
        return
    if not is_scalar(left) and not is_scalar(right):
        inference.mark_used(left, right)
    _mark_enclosed(inference, left)
    inference.wait(node, Product(node))


def _mark_enclosed(inference: Inference, left: Node) -> None:
    """Note that the last factor of a product stands before one more."""
    variable = inference.undeclared(left.args[1]) if left.op == "mul" else None
    if variable is not None:
        variable.enclosed = True


def visit_solve(inference: Inference, node: Node) -> None:
    """`A\\b` is `inv(A)*b`."""
    matrix = node.args[0]
    message = "\\ needs a square matrix on its left, {text} is {shape}"
    inference.require(matrix, matrix.columns, matrix.rows, message)
    inference.mark_nonscalar(*node.args)
    node.value = "*"
    visit_mul(inference, node)


def visit_div(inference: Inference, node: Node) -> None:
    left, right = node.args
    a, b = inference.leading(left), inference.factor(right)
    square = find(right.rows) is find(right.columns)
    mend = f"write {a}*inv({inference.text(right)})" if square else f"write {a}./{b} to divide entry by entry"
    variable = inference.undeclared(right)
    if variable is not None and is_open(right) and variable.said != SCALAR_CLASS:
        inference.note(f"{variable.name} is read as a scalar, since it divides")
    inference.require_scalar(right, "/ divides by a scalar, {text} is {shape}", mend)
    node.rows, node.columns = left.rows, left.columns


def visit_spread(inference: Inference, node: Node) -> None:
    """Sums, `.*` and `./`."""
    combine(inference, node, node.args, takes_shape=True)


def visit_power(inference: Inference, node: Node) -> None:
    base, exponent = node.args
    if _is_transposition(inference, node):
        return
    inference.require_scalar(exponent, "an exponent of ^ is a scalar, {text} is {shape}", _entrywise(inference, node))
    variable = inference.undeclared(base)
    if variable is not None and variable.is_open and _is_constant(exponent):
        if variable.said != MATRIX:
            inference.require_scalar(base, "{text} to a power is a scalar, but it is {shape}")
        elif not find(base.rows).is_one and not find(base.columns).is_one:
            find(base.rows).exceed_one()
    message = "^ takes a scalar or a square matrix, {text} is {shape}"
    inference.require(base, base.columns, base.rows, message, _entrywise(inference, node))
    if variable is not None and variable.name == "e":
        inference.note("e is a variable; write exp(x) for the exponential")
    node.rows, node.columns = base.rows, base.columns


def _is_transposition(inference: Inference, node: Node) -> bool:
    """`X^T` and `X^-T`, unless T is something of its own."""
    base, exponent = node.args
    inverse = exponent.op == "neg"
    name = exponent.args[0] if inverse else exponent
    if name.op != "name" or name.value != "T" or "T" in inference.declared or "T" in inference.definitions:
        return False
    inference.note("^T is read as the transpose; for a power named T declare T: scalar")
    spurious = inference.variables.get("T")
    if spurious is not None and spurious.node is name:
        del inference.variables["T"]
    name.op = exponent.op = "word"  # says nothing more
    variable = inference.undeclared(base)
    if variable is not None:
        variable.nonscalar = True
    if inverse:
        message = "^-T takes a square matrix, {text} is {shape}"
        inference.require(base, base.columns, base.rows, message)
    node.op = "inverse_transpose" if inverse else "transpose"
    node.args = (base,)
    node.rows, node.columns = base.columns, base.rows
    return True


def _entrywise(inference: Inference, node: Node) -> str:
    base, exponent = (inference.factor(n) for n in node.args)
    if exponent in ("-1", "(-1)"):
        return f"write 1./{base} for the entries, pinv({base}) for the pseudoinverse"
    inner = f" or {base}'*{base}" if exponent == "2" else ""
    return f"did you mean {base}.^{exponent}{inner}?"


def _is_constant(exponent: Node) -> bool:
    while exponent.op in ("neg", "div", "mul") and exponent.args:
        exponent = exponent.args[-1]
    return exponent.op == "number"


def visit_hadpower(inference: Inference, node: Node) -> None:
    exponent = node.args[1]
    variable = inference.undeclared(exponent)
    if variable is not None and is_open(exponent):
        inference.require_scalar(exponent, "{text} is {shape}")
    combine(inference, node, node.args, takes_shape=False)


def visit_abs(inference: Inference, node: Node) -> None:
    """`|x|`: the absolute value of a scalar, the determinant of a square matrix."""
    inner = node.args[0]
    text = inference.text(inner)
    message = "|...| takes a scalar or a square matrix, {text} is {shape}"
    inference.require(inner, inner.columns, inner.rows, message, f"did you mean abs({text}) or norm2({text})?")
    inference.mark_used(inner)
    node.rows = node.columns = SINGLE


def visit_norm(inference: Inference, node: Node) -> None:
    inference.mark_used(node.args[0])
    node.rows = node.columns = SINGLE


def visit_inner(inference: Inference, node: Node) -> None:
    left, right = node.args
    message = "<x, y> takes two vectors of one length, {text} is {shape}"
    inference.require(left, left.rows, SINGLE, message)
    inference.require(right, left.rows, SINGLE, message)
    inference.mark_used(left, right)
    inference.mark_nonscalar(left, right)
    node.rows = node.columns = SINGLE


def visit_stack(inference: Inference, node: Node) -> None:
    inference.mark_used(*node.args)
    node.rows, node.columns = stacked_extents(inference, node)


def visit_list(inference: Inference, node: Node) -> None:
    inference.mark_used(*node.args)
    blocks = BlockList(node)
    inference.wait(node, blocks)
    inference.apply(blocks)


def visit_tuple(inference: Inference, node: Node) -> None:
    """Only `ones((m, n))` has a use for a pair; its call looks inside."""
    node.rows = node.columns = SINGLE


def visit_cases(inference: Inference, node: Node) -> None:
    """A formula where all conditions are positive, and 0 elsewhere."""
    value, *conditions = node.args
    for condition in conditions:
        inference.require_scalar(condition, "a condition is about a scalar, {text} is {shape}")
    node.rows, node.columns = value.rows, value.columns


def visit_entry(inference: Inference, node: Node) -> None:
    base, indices = node.args[0], node.value
    for index in indices:
        if isinstance(index, str):
            inference.mentioned.add(index)
    if len(indices) == 1:
        _visit_single_index(inference, node, base)
    inference.mark_used(base)
    row, column = node.value
    for index, extent, axis in ((row, base.rows, "rows"), (column, base.columns, "columns")):
        size = find(extent).dimension
        if isinstance(index, int) and size is not None and size.number is not None and index > size.number:
            inference.fail(node, f"{inference.text(base)} has {size.number} {axis}, there is none numbered {index}")
    node.rows = SINGLE if row is not None else base.rows
    node.columns = SINGLE if column is not None else base.columns


def _visit_single_index(inference: Inference, node: Node, base: Node) -> None:
    """`x[i]` of a column, or of a row."""
    index = node.value[0]
    if find(base.rows).is_one and find(base.columns).many:
        node.value = (None, index)
        return
    message = "one index takes a vector, {text} is {shape}"
    inference.require(base, base.rows, SINGLE, message, f"write {inference.factor(base)}[i,:] for a row")
    inference.mark_nonscalar(base)
    node.value = (index, None)


def visit_argument(inference: Inference, node: Node) -> None:
    """Keywords and quoted words mean something to the call around them."""
    node.rows = node.columns = SINGLE


def visit_head(inference: Inference, node: Node) -> None:
    """A name before bars."""
    if calls.is_function(inference, node.value):
        visit_argument(inference, node)
    else:
        node.op = "name"
        visit_name(inference, node)


def visit_applied(inference: Inference, node: Node) -> None:
    """`log|S|` is a call, `c||x||` a product."""
    head, inner = node.args
    if head.op == "head":
        head.op = "word"
        node.op, node.value, node.args = "call", head.value, (inner,)
        calls.visit_call(inference, node)
    else:
        node.op, node.value = "mul", " "
        inference.note(f"{inference.text(node)} is read as a product")
        visit_mul(inference, node)


def visit_index_sum(inference: Inference, node: Node) -> None:
    body = node.args[0]
    node.rows, node.columns = body.rows, body.columns


def visit_call(inference: Inference, node: Node) -> None:
    calls.visit_call(inference, node)


HANDLERS: dict[str, Callable[[Inference, Node], None]] = {
    "number": visit_number,
    "name": visit_name,
    "filled": visit_filled,
    "neg": visit_neg,
    "transpose": visit_transpose,
    "mul": visit_mul,
    "solve": visit_solve,
    "div": visit_div,
    "sum": visit_spread,
    "had": visit_spread,
    "haddiv": visit_spread,
    "power": visit_power,
    "hadpower": visit_hadpower,
    "abs": visit_abs,
    "norm": visit_norm,
    "inner": visit_inner,
    "stack": visit_stack,
    "list": visit_list,
    "tuple": visit_tuple,
    "cases": visit_cases,
    "entry": visit_entry,
    "keyword": visit_argument,
    "word": visit_argument,
    "call": visit_call,
    "index_sum": visit_index_sum,
    "head": visit_head,
    "applied": visit_applied,
}
