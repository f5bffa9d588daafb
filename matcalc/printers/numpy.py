"""Expressions as plain NumPy functions.

Columns are arrays (n,), rows (1, n), matrices (m, n), scalars (); inside the function rows have one
axis too, as NumPy likes it. What occurs more than once is computed once, products are multiplied in
the cheapest order, and an inverse times something is solved for, never formed.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from matcalc.dimensions import ONE, Dimension
from matcalc.expr import Expr, Symbol, postorder, symbols
from matcalc.kinds import FunctionKind
from matcalc.opaque_function import OpaqueFunction
from matcalc.printers.numpy_calls import function_code, half_code, opaque_code, structural_code
from matcalc.printers.numpy_code import Body, Code, as_row, is_matrix
from matcalc.printers.numpy_operations import OPERATIONS, inverse_argument
from matcalc.printers.numpy_products import Factor, factor_of, formed, halves, leaf, product
from matcalc.printers.python_names import python_names, size_sources
from matcalc.printers.text import text
from matcalc.printers.unfolding import is_structural, unfolded
from matcalc.symbols import Member

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matcalc.rulebook import Function, Rulebook
    from matcalc.symbols import Family

_NAME = re.compile(r"[^\W\d]\w*")
# solving this often costs less than forming the inverse, and is more exact
MOST_SOLVES = 2
LONGEST_SUMMARY = 100


class NumpyFunction:
    """A compiled expression: call it with arrays; `source` is its code."""

    __slots__ = ("_function", "arguments", "source")

    def __init__(self, function: Callable[..., Any], source: str, arguments: tuple[str, ...]) -> None:
        self._function = function
        self.source = source
        self.arguments = arguments

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)


def compile_numpy(expr: Expr, rulebook: Any = None, arguments: Sequence[Symbol] | None = None) -> NumpyFunction:
    """The expression as a callable; see `source` for the arguments and their shapes."""
    code = source(expr, "f", rulebook, arguments)
    namespace: dict[str, Any] = {}
    exec(compile(code, "<matcalc>", "exec"), namespace)
    function = namespace["f"]
    return NumpyFunction(function, code, function.__code__.co_varnames[: function.__code__.co_argcount])


def source(
    expr: Expr,
    name: str = "f",
    rulebook: Any = None,
    arguments: Sequence[Symbol] | None = None,
    families: Mapping[Family, str] | None = None,
) -> str:
    """One Python function that computes the expression.

    Its arguments are `arguments`, by default the variables in order of appearance, then the `families` by
    their names, arrays with the members along the first axis; a name that Python reserves gets an underscore.
    Sizes are read off the arrays, those that no array shows are keyword arguments. Raises UnsupportedError for
    what has no code.
    """
    if rulebook is None:
        from matcalc.rulebook import default_rulebook

        rulebook = default_rulebook()
    given = arguments if arguments is not None else [s for s in symbols(expr) if not isinstance(s, Member)]
    return _Writer(expr, rulebook, tuple(given), families or {}).source(name)


class _Writer:
    """Writes one function; the attributes are what has been found out so far."""

    def __init__(
        self, expr: Expr, rulebook: Any, arguments: tuple[Symbol, ...], families: Mapping[Family, str]
    ) -> None:
        self.families = families
        self.given = expr
        self.rulebook = rulebook
        self.arguments = arguments
        self.expr = unfolded(expr, rulebook, _is_known)
        self.functions = _opaque_functions(self.expr, rulebook)
        self.names = python_names(self.expr, arguments, families, list(self.functions))
        self.solved = _solved_inverses(self.expr)
        self.body = Body(self.names.values())
        self.codes: dict[bytes, Code] = {}
        self.sizes: list[str] = []

    def source(self, name: str) -> str:
        """The whole text: imports, then the function."""
        code = self.computed(self.expr)
        self.body.result(as_row(code) if self.expr.is_row else code)
        return self.assembled(name)

    def computed(self, root: Expr) -> Code:
        """The code of a node, after lines for what it needs and is not known yet."""
        order, demand = self.needed(root)
        for node in order:
            code = self.code(node)
            if demand[node.digest] > 1 and not _is_free(node):
                code = self.body.local(code)
            self.codes[node.digest] = code
        return self.codes[root.digest]

    def assembled(self, name: str) -> str:
        """Imports, signature, docstring, sizes and the lines of the body."""
        shown, hidden = size_sources(self.sizes, self.arguments, self.families, self.names)
        given = [*[s.name for s in self.arguments], *self.families.values(), *self.functions]
        parameters = [self.names[name] for name in given] + (["*", *hidden] if hidden else [])
        lines = [f"def {name}({', '.join(parameters)}):"]
        lines += [f"    {line}".rstrip() for line in self.summary() + shown + self.body.lines]
        body = "\n".join(lines) + "\n"
        imports = ["import numpy as np"] if "np." in body else []
        imports += [f"import {module}" for module in sorted(set(re.findall(r"\bscipy\.[a-z]+(?=\.)", body)))]
        return "\n".join(imports) + "\n\n\n" + body if imports else body

    def summary(self) -> list[str]:
        """The docstring: the formula, if it is short, and the kinds of the arguments."""
        known = {s.name: s.kind.text for s in self.arguments}
        known |= {name: f"{family.count} times {family.kind}" for family, name in self.families.items()}
        known |= {name: _kind_of(function).text for name, function in self.functions.items()}
        kinds = ", ".join(f"{self.names[name]}: {kind}" for name, kind in known.items())
        formula = text(self.given) if _written_length(self.given) <= LONGEST_SUMMARY else "A longer formula"
        line = f'"""{formula}, with {kinds}."""' if kinds else f'"""{formula}."""'
        if len(line) <= LONGEST_SUMMARY:
            return [line]
        return [f'"""{formula}.', "", *textwrap.wrap(f"With {kinds}.", LONGEST_SUMMARY), '"""']

    def needed(self, root: Expr) -> tuple[list[Expr], dict[bytes, int]]:
        """The nodes whose value the code of a node uses, operands first, and how often each is used."""
        demand = {root.digest: 1}
        order: list[Expr] = []
        pending = [(root, iter(self.needs(root)))]
        while pending:
            node, rest = pending[-1]
            for child in rest:
                count = demand.get(child.digest, 0)
                demand[child.digest] = count + 1
                if not count and child.digest not in self.codes:
                    pending.append((child, iter(self.needs(child))))
                    break
            else:
                order.append(node)
                pending.pop()
        return order, demand

    def factors(self, node: Expr) -> list[Factor]:
        """The factors of a product, without their wrappings."""
        return [factor_of(arg, lambda inner: inner.digest in self.solved) for arg in node.args]

    def needs(self, node: Expr) -> Sequence[Expr]:
        """The nodes whose value is used where this one is computed."""
        if node.op == "mul":
            return [factor.node for factor in self.factors(node)]
        if node.op == "call" and node.value in ("eye", "ones", "zeros"):
            return ()
        if _is_cut_product(node):
            return [factor.node for factor in self.factors(node.args[0])]
        return self.independent(node) if node.op == "index_sum" else node.args

    def independent(self, node: Expr) -> list[Expr]:
        """What a sum over an index needs that does not depend on the index: it is computed once, before."""
        found: dict[bytes, Expr] = {}
        seen: set[bytes] = set()
        pending = [node.args[0]]
        while pending:
            part = pending.pop()
            if node.value not in part.free:
                found[part.digest] = part
            elif part.digest not in seen:
                seen.add(part.digest)
                pending += self.needs(part)
        return list(found.values())

    def code(self, node: Expr) -> Code:
        """The code of a node, those of its operands being known."""
        if node.op == "symbol":
            name = self.names[node.value.name]
            if node.is_row:
                return Code(f"np.ravel({name})" if isinstance(node.value, Member) else f"{name}[0]")
            return Code(name)
        if node.op == "size":
            return self.size_code(node.value)
        if node.op == "mul":
            return self.product_code(node)
        if node.op == "call":
            return self.call_code(node)
        if node.op == "index_sum":
            return self.sum_code(node)
        return OPERATIONS[node.op](node, [self.codes[arg.digest] for arg in node.args], self.body)

    def size_code(self, dimension: Dimension) -> Code:
        """A size as a number; its names are remembered."""
        self.sizes += [name for name in dimension.names if name not in self.sizes]
        written = _NAME.sub(lambda match: self.names[match[0]], dimension.text)
        level = "sum" if " " in written or written[0] == "-" else "product" if "*" in written else "atom"
        return Code(written, level)

    def sum_code(self, node: Expr) -> Code:
        """The sum of the values of a function that is defined on the spot, over the members it takes."""
        body, index = node.args[0], node.value
        if index not in body.free:
            return self.body.joined(self.size_code(index.count), "*", self.codes[body.digest], "product")
        inside = [s for s in dict.fromkeys(symbols(body)) if isinstance(s, Member) and s.index == index]
        outer, known = self.body, self.codes
        self.body, self.codes = outer.nested(), dict(known)
        self.body.result(self.computed(body))
        lines, self.body, self.codes = self.body.lines, outer, known
        name = outer.fresh("term")
        outer.lines += [f"def {name}({', '.join(self.names[s.name] for s in inside)}):", *[f"    {ln}" for ln in lines]]
        stacks = ", ".join(self.names[self.families[s.family]] for s in inside)
        return Code(f"sum(map({name}, {stacks}))")

    def product_code(self, node: Expr) -> Code:
        """Scalars first, then the matrices in the cheapest order."""
        scalars = [self.codes[a.digest] for a in node.args if a.is_scalar]
        chain = [f for f, a in zip(self.factors(node), node.args, strict=True) if not a.is_scalar]
        codes = list(scalars)
        if chain:
            codes.append(formed(product([leaf(f, self.codes[f.node.digest]) for f in chain], self.body), self.body))
        done = codes[0]
        for code in codes[1:]:
            done = self.body.joined(done, "*", code, "product")
        return done

    def call_code(self, node: Expr) -> Code:
        """A function; arrays of a size, and traces and diagonals of products, are special."""
        if node.value in ("eye", "ones", "zeros"):
            return self.filled_array(node)
        if node.value == "pi" and not node.args:
            return Code("np.pi")
        if _is_cut_product(node):
            return self.cut_product(node)
        args = [self.codes[arg.digest] for arg in node.args]
        if node.value in self.functions:
            return opaque_code(node, args, self.names[node.value], self.body)
        if is_structural(node):
            return structural_code(node, args, self.body)
        return function_code(node, args, self.rulebook.function(node.value, node.args), self.body)

    def filled_array(self, node: Expr) -> Code:
        """eye, ones and zeros by the shape they have."""
        if node.is_scalar:
            return Code("0" if node.value == "zeros" else "1")
        sizes = [self.size_code(d).text for d in node.shape if d != ONE]
        if node.value == "eye":
            return Code(f"np.eye({sizes[0]})")
        return Code(f"np.{node.value}({sizes[0]})" if len(sizes) == 1 else f"np.{node.value}(({', '.join(sizes)}))")

    def cut_product(self, node: Expr) -> Code:
        """tr or diag of a product from two halves, so that the product is not formed."""
        inner = node.args[0]
        pairs = list(zip(self.factors(inner), inner.args, strict=True))
        chain = [leaf(f, self.codes[f.node.digest]) for f, a in pairs if not a.is_scalar]
        if any(partial.role == "inverse" for partial in chain):
            whole = formed(product(chain, self.body), self.body)
            done = self.body.called("np.trace" if node.value == "tr" else "np.diag", whole)
        else:
            left, right = halves(chain, self.body)
            done = half_code(node, left, right, _inner_is_one(chain), self.body)
        for scalar in reversed([self.codes[a.digest] for a in inner.args if a.is_scalar]):
            done = self.body.joined(scalar, "*", done, "product")
        return done


def _is_known(node: Expr, function: Function) -> bool:
    return function.numpy is not None or isinstance(function, OpaqueFunction)


def _opaque_functions(expr: Expr, rulebook: Rulebook) -> dict[str, OpaqueFunction]:
    """The functions that the caller must give, in the order in which they are needed."""
    found = {node.value: rulebook.opaque(node.value) for node in postorder(expr) if node.op == "call"}
    return {name: function for name, function in found.items() if function is not None}


def _kind_of(function: OpaqueFunction) -> FunctionKind:
    return FunctionKind(function.result, tuple(p.kind for p in function.parameters if p.kind is not None))


def _inner_is_one(chain: Sequence[Any]) -> bool:
    return any(partial.shape[1] == ONE for partial in chain[:-1])


def _is_cut_product(node: Expr) -> bool:
    """Whether this is tr or diag of a product of at least two matrices."""
    if node.op != "call" or node.value not in ("tr", "diag") or node.args[0].op != "mul":
        return False
    return is_matrix(node.args[0]) and sum(not a.is_scalar for a in node.args[0].args) > 1


def _is_free(node: Expr) -> bool:
    """Whether writing the node twice costs nothing."""
    inner = node.args[0] if node.op == "transpose" else node
    return inner.op in ("symbol", "number", "size") or (inner.op == "call" and inner.value == "pi")


def _written_length(expr: Expr) -> int:
    """About how long the text is; a shared part counts every time."""
    lengths: dict[bytes, int] = {}
    for node in postorder(expr):
        own = len(str(node.value)) if node.value is not None and node.op != "symbol" else 3
        lengths[node.digest] = min(own + sum(lengths[a.digest] for a in node.args), LONGEST_SUMMARY + 1)
    return lengths[expr.digest]


def _solved_inverses(expr: Expr) -> frozenset[bytes]:
    """The inverses that occur only as factors, and so seldom that solving is cheaper."""
    uses: dict[bytes, int] = {}
    formed_anyway: set[bytes] = {expr.digest, expr.args[0].digest if expr.op == "transpose" else b""}
    for node in postorder(expr):
        if node.op == "transpose":
            continue
        is_product = node.op == "mul" and sum(not a.is_scalar for a in node.args) > 1
        for arg in node.args:
            inner = arg.args[0] if arg.op == "transpose" else arg
            if inverse_argument(inner) is not None:
                uses[inner.digest] = uses.get(inner.digest, 0) + 1
                if not is_product:
                    formed_anyway.add(inner.digest)
    return frozenset(d for d, count in uses.items() if count <= MOST_SOLVES and d not in formed_anyway)
