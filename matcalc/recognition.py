"""What an expression is in disguise, seen before it is differentiated: `1/(1 + exp(-x))` is `sigmoid(x)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.rewriting import Rewriter
from matcalc.simplify import Simplifier
from matcalc.substitution import rebuilt
from matcalc.terms import Apply, Node, postorder

if TYPE_CHECKING:
    from matcalc.matrixform import MatrixForms
    from matcalc.rulebook import Rulebook


def recognised(root: Node, rulebook: Rulebook, forms: MatrixForms) -> Node:
    """The node with the identities between entries applied wherever they pay, and nothing else done to it.

    >>> from matcalc.indexform import index_text
    >>> from matcalc.lower import lower
    >>> from matcalc.matrixform import MatrixForms
    >>> from matcalc.parser import parse
    >>> from matcalc.rulebook import default_rulebook
    >>> loss = lower(parse("log(1 - 1/(1 + exp(-a)))").expr, default_rulebook())
    >>> index_text(recognised(loss, default_rulebook(), MatrixForms()))
    '-softplus(a)'
    """
    order = postorder(root)
    names = {node.function.name for node in order if isinstance(node, Apply) and node.function.elementwise}
    if not names:
        return root
    rewriter = Rewriter(rulebook, names, Simplifier(rulebook, forms).cost, between_entries=True)
    done: dict[bytes, Node] = {}
    for node in order:
        done[node.digest] = rewriter.rewritten(rebuilt(node, done)) if node.children else node
    return done[root.digest]
