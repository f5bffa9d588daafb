r"""What is checked once the syntax of a formula in LaTeX is complete, and once its shapes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.dimensions import ONE
from matcalc.syntax import SyntaxBuilder

if TYPE_CHECKING:
    from collections.abc import Collection

    from matcalc.latex.operators import LeadingOperators
    from matcalc.nodes import Node


class CheckedBuilder(SyntaxBuilder):
    """Syntax with what its LaTeX asks for and what in it could be meant in two ways.

    `arguments` are the names in brackets on the left side, as in `f(x) = ...`.
    """

    __slots__ = ("arguments", "doubtful", "operators")

    def __init__(self, source: str, operators: LeadingOperators, arguments: list[str]) -> None:
        super().__init__(source)
        self.operators = operators
        self.arguments = arguments
        self.doubtful: list[Node] = []  # what means one thing of a vector and another, or two, of a matrix

    def asked(self, symbols: Collection[str]) -> tuple[str | None, str]:
        """The variable named by an operator, or else the argument of the left side, and the operator itself."""
        for node in self.doubtful:
            self.check_meaning(node)
        for sum_ in self.nodes:
            if sum_ is not None and sum_.op == "sum":
                self.note_spread(sum_)
        operators = self.operators
        if operators.optimum is not None and operators.variable is not None:
            for name in operators.variable.split(","):
                if name not in symbols:
                    message = f"{name} does not occur in the formula"
                    self.refuse(message, *operators.optimum, "a minimum or maximum over an index is not read")
        if operators.variable is None and len(self.arguments) == 1 and self.arguments[0] in symbols:
            return self.arguments[0], operators.derivative
        return operators.variable, operators.derivative

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def check_lines(self) -> None:
        """Refuse a last line without a name that uses none of the lines before it: it may go on the line before."""
        names = {statement.name for statement in self.statements if statement.op == "definition"}
        if not names:
            return
        last = self.statements[-1]
        if last.op != "expression" or last.node is None:
            return
        pending = [last.node]
        while pending:
            node = pending.pop()
            if node.op == "name" and node.value in names:
                return
            pending += node.args
        mend = "leave out the \\\\ before it, or give it a name"
        self.refuse("does this go on the line before? It uses none of the names above", last.start, last.end, mend)

    def check_indices(self) -> None:
        """Refuse a member outside of the sum over its index, as in `\\sum_i x_i + y_i`: the sum may go on."""
        indices = {node.value[0] for node in self.nodes if node is not None and node.op == "index_sum"}
        pending: list[tuple[Node, frozenset[str]]] = [
            (statement.node, frozenset()) for statement in self.statements if indices and statement.node is not None
        ]
        while pending:
            node, scope = pending.pop()
            if node.op == "index_sum":
                scope |= {node.value[0]}
            index = node.value.rpartition("_")[2] if node.op == "name" and "_" in node.value else ""
            if index in indices and index not in scope and node.value not in self.operators.names.declared:
                mend = "write brackets around all that is summed"
                self.refuse(f"this stands outside of the sum over {index}", node.start, node.end, mend)
            pending.extend((arg, scope) for arg in node.args)

    def check_meaning(self, node: Node) -> None:
        """Refuse notations that papers write in one way and mean in two, now that the shapes are known."""
        is_matrix = ONE not in node.args[0].expr.shape
        message, mend = "", ""
        if node.op == "call" and node.value == "pinv":
            message = "" if is_matrix else "the positive part or the pseudoinverse?"
            mend = "write [x]_+ for the positive part, \\operatorname{pinv}(x) for the pseudoinverse"
        elif not is_matrix:
            return
        elif node.op == "norm":
            message = "the 1-norm of a matrix can be meant in two ways"
            mend = "write \\operatorname{norm1}(X) for the sum of all absolute values"
        elif node.value == "exp":
            message = "e to the power of a matrix can be meant in two ways"
            mend = "write \\exp(A) for the exponentials of the entries, \\operatorname{expm}(A) for that of the matrix"
        else:
            message = f"{node.value} of a matrix can be meant in two ways"
            rows, entries = (rf"\operatorname{{{node.value}}}{rest}" for rest in ("(X, 2)", "_{all}(X)"))
            mend = f"write {rows} for the rows, {entries} for all entries"
        if message:
            self.refuse(message, node.start, node.end, mend)

    def note_spread(self, node: Node) -> None:
        """Say of a scalar in a sum with square matrices that it is no multiple of the identity."""
        rows, columns = node.expr.shape
        if rows != columns or rows == ONE:
            return
        for term in node.args:
            if term.expr.is_scalar:
                text = " ".join(self.source[term.start : term.end].split())
                self.note(f"{text} is added to every entry; a multiple of the identity is written {text} I")
