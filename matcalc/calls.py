"""Calls: which function is meant, and its arguments in the canonical form."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from matcalc.errors import ParseError, UnknownNameError, UnsupportedError
from matcalc.opaque_shapes import is_opaque, visit_opaque_call
from matcalc.opaque_signature import OPERATORS
from matcalc.signature_shapes import overloads, visit_rulebook_call
from matcalc.spelling import GREEK_NAMES, library_function, nearest
from matcalc.structural import STRUCTURAL

if TYPE_CHECKING:
    from matcalc.inference import Inference
    from matcalc.nodes import Node
    from matcalc.signature import FunctionTable

# other spellings of functions known here
SPELLINGS = {"trace": "tr", "fro": "normF", "Norm": "norm", "Tr": "tr", "Det": "det"}


def visit_call(inference: Inference, node: Node) -> None:
    """Find the function, put its arguments in the canonical form, and give the call its extents."""
    if is_opaque(inference, node.value):
        visit_opaque_call(inference, node)
        return
    name = _function_name(inference, node)
    _positional(inference, node, name)
    if name == "norm" and len(node.args) == 2 and node.args[1].value == "fro":
        name, node.args = "normF", node.args[:1]
    for argument in node.args:
        if argument.op == "word":
            text = inference.text(argument)
            inference.fail(argument, f"{name} does not take {text}", suggestion=f"write {text[1:-1]}", error=ParseError)
    inference.mark_used(*node.args)
    rule = STRUCTURAL.get(name)
    if rule is not None:
        node.value = name
        rule(inference, node)
        return
    signatures = overloads(inference, node, name)
    if not signatures:
        _unknown(inference, node, name)
    node.value = name
    visit_rulebook_call(inference, node, signatures)


def _function_name(inference: Inference, node: Node) -> str:
    """The canonical name behind library paths, spellings and aliases."""
    written: str = node.value
    name = library_function(written) or written
    if "." in name:
        path, _, method = name.rpartition(".")
        inference.fail(
            node, f"methods such as .{method}() are not read", suggestion=f"write {method}({path})", error=ParseError
        )
    name = SPELLINGS.get(name, name)
    return inference.rulebook.alias(name) or name


def known_functions(rulebook: FunctionTable) -> set[str]:
    """The names of all functions, in every spelling."""
    return {*rulebook.names(), *STRUCTURAL, *SPELLINGS}


def is_function(inference: Inference, name: str) -> bool:
    """Whether a name in front of bars is that of a function, or nearly so, and hence no factor."""
    if name in inference.declared or name in inference.definitions or name in inference.variables:
        return False
    known = {*known_functions(inference.rulebook), *inference.functions}
    name = library_function(name) or name
    return name in known or (name not in GREEK_NAMES and nearest(name, known, 0.75) is not None)


def refuse_call_without_brackets(inference: Inference, left: Node, right: Node) -> None:
    """`sin x` is no product, unless sin is a variable. Raises ParseError."""
    name = left.value if left.op == "name" else None
    if name in inference.declared or not isinstance(name, str):
        return
    if name in STRUCTURAL or name in inference.rulebook.names():
        text, argument = f"{name} {inference.text(right)}", inference.text(right)
        position = (left.start, right.end)
        message, mend = f"{text} is no call", f"write {name}({argument})"
        raise ParseError(message, source=inference.source, position=position, suggestion=mend)


def _unknown(inference: Inference, node: Node, name: str) -> NoReturn:
    if name.startswith("sum_"):
        mend = "an index is one letter, and a sum has one operand: sum_i(sum_j(...))"
        inference.fail(node, f"{name} is no sum over an index", suggestion=mend, error=ParseError)
    if name in OPERATORS:
        mend = f"of a declared function f write {name}(f)(x)"
        inference.fail(
            node, f"{name} is of a function, and stands before its argument", suggestion=mend, error=ParseError
        )
    written = len(node.value) if inference.source.startswith(node.value, node.start) else 0
    position = (node.start, node.start + written if written or not node.args else _head_end(inference, node))
    raise UnknownNameError(
        f"unknown function {name!r}",
        source=inference.source,
        position=position,
        found=name,
        suggestion=_mend(inference, node, name),
    )


def _mend(inference: Inference, node: Node, name: str) -> str:
    """The nearest name, a product, a formula, or a declaration of a function of the user's own."""
    known = {*known_functions(inference.rulebook), *inference.functions}
    near = nearest(name, known) or nearest(name.lower(), known)
    declare = f"declare {name}: function -> scalar"
    if near is not None:
        return f"did you mean {near}? for a function of your own {declare}"
    if name in inference.variables or name in inference.declared:
        return f"for a product write {name}*(...)"
    if len(name) == 1:
        return f"for a product write {name}*(...), for a function {declare}"
    return _hint(inference, node, name) or f"`matcalc rules` lists the functions; for one of your own {declare}"


def _head_end(inference: Inference, node: Node) -> int:
    r"""Where the name of a function ends that is not written as it is called: `\operatorname{foo}(x)`."""
    head = inference.source[node.start : node.args[0].start]
    return node.start + len(head.rstrip("([{ ").removesuffix("\\left").removesuffix("\\big").rstrip())


HINTS = {"mse_loss": "write mean(({} - {}).^2)"}


def _hint(inference: Inference, node: Node, name: str) -> str | None:
    """What to write for a function of other libraries, in the words of its arguments."""
    hint = HINTS.get(name, "")
    if hint.count("{}") == len(node.args) > 0:
        first, *others = node.args
        return hint.format(inference.leading(first), *[inference.factor(argument) for argument in others])
    return None


def _positional(inference: Inference, node: Node, name: str) -> None:
    """NumPy keywords as positions: `axis=0` is 1 here, `ord=2` is 2."""
    kept: list[Node] = []
    for argument in node.args:
        if argument.op != "keyword":
            kept.append(argument)
        elif argument.value == "axis":
            if name in ("max", "min"):
                message = f"the {name} along one axis is not in the language: {name}(X, 1) compares every entry with 1"
                inference.fail(argument, message, error=UnsupportedError)
            kept.append(_axis(inference, argument))
        elif argument.value == "ord":
            kept.append(argument.args[0])
        elif argument.value != "keepdims":
            inference.fail(argument, f"the keyword {argument.value} is not read", error=ParseError)
    node.args = tuple(kept)


def _axis(inference: Inference, argument: Node) -> Node:
    number = argument.args[0]
    if number.op != "number" or number.value not in (0, 1):
        inference.fail(argument, "an axis is 0 or 1", error=ParseError)
    number.value += 1
    return number
