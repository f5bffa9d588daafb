"""Whether a scalar is convex or concave in one variable, with the certificate that shows it.

First by the rules of composition, then by its Hessian: what no certificate shows is unknown, never guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matcalc.api import Declarations, read
from matcalc.composition import AFFINE, CONCAVE, CONVEX, NAMES, UNKNOWN, Composition
from matcalc.definiteness import Definiteness
from matcalc.differentiation import derivative
from matcalc.entrywise import lower_entrywise
from matcalc.errors import MatcalcError, NotDifferentiableError, ShapeError, UnsupportedError
from matcalc.guard import guarded
from matcalc.layout import shape_text
from matcalc.logarithms import with_logarithms_apart
from matcalc.lower import lower, lowered_folded, sizes_at
from matcalc.matrixform import MatrixForms, NoMatrixForm
from matcalc.recognition import recognised
from matcalc.smoothness import is_smooth
from matcalc.stacked import StackedSymbol
from matcalc.substitution import rebuilt
from matcalc.sum_notation import with_letters
from matcalc.sums import is_zero, scaled
from matcalc.terms import Apply, Node, Sum, postorder
from matcalc.variables import Variable
from matcalc.wrt import asked_for, named_variable

if TYPE_CHECKING:
    from matcalc.expr import Symbol
    from matcalc.parser import Program
    from matcalc.rulebook import Rulebook

# structures whose operands are no convex set, so that no function of them is convex
CURVED = ("orthogonal", "invertible", "positive_stable")
# a definition may stand in another one so many times
DEEPEST_DEFINITION = 8
# how many reasons a certificate lists
LONGEST_CERTIFICATE = 12


class Convexity:
    """The verdict on a scalar: `convex`, `concave`, `affine` or `unknown`, and the lines that show it.

    `certificate` holds the reasons, from the whole to its parts; of what is unknown, why nothing is certified.
    """

    __slots__ = ("by", "certificate", "program", "verdict")

    def __init__(self, verdict: str, certificate: list[str], program: Program, by: Symbol) -> None:
        self.verdict = verdict
        self.certificate = certificate
        self.program = program
        self.by = by

    @property
    def text(self) -> str:
        """The verdict and its reasons, one on each line."""
        return "\n".join([f"{self.verdict} in {self.by.name}", *[f"  {line}" for line in self.certificate]])

    @property
    def variables(self) -> dict[str, str]:
        """What every name was taken to be, on which the verdict rests."""
        return self.program.declarations

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.verdict} in {self.by.name}>"


def convexity(
    expression: Any,
    wrt: Any = None,
    variables: Declarations | None = None,
    rulebook: Rulebook | None = None,
    language: str | None = None,
) -> Convexity:
    """Whether a scalar expression is convex in a variable, on the operands of its kind: certified, or unknown.

    Raises ShapeError for a value that is no scalar, UnsupportedError for several variables at once.

    >>> convexity("log(sum(exp(D*x)))", "x").verdict
    'convex'
    >>> convexity("x'*A*x", "x").verdict
    'unknown'
    """
    program, book = read(expression, variables, rulebook, language)
    return convexity_of(program, named_variable(program, asked_for(program, wrt)), book)


def convexity_of(program: Program, by: Symbol, rulebook: Rulebook) -> Convexity:
    """The same of a program that has been read."""
    if not program.expr.is_scalar:
        shape = shape_text(program.expr.shape)
        raise ShapeError(f"convex is what a scalar may be; this is {shape}", expected="1 x 1", found=shape)
    if isinstance(by, StackedSymbol):
        raise UnsupportedError(f"convexity is certified in one variable; this is {by.name}")
    curved = [structure for structure in CURVED if structure in by.kind.facts and "spd" not in by.kind.facts]
    if curved:
        return Convexity("unknown", [f"matrices of the kind {curved[0]} are no convex set"], program, by)
    bend, certificate = _Search(program, by, rulebook).found()
    return Convexity(NAMES[bend], certificate, program, by)


class _Search:
    """The roads to a certificate for one program and variable."""

    def __init__(self, program: Program, by: Symbol, rulebook: Rulebook) -> None:
        self.program = program
        self.rulebook = rulebook
        self.variable = Variable(by, "projected")
        self.known = Definiteness(rulebook)

    def found(self) -> tuple[int, list[str]]:
        """The bend of the program and the reasons."""
        operands = self.variable.operands
        plain = lower(self.program.expr, self.rulebook, operands)
        folded = opened(lowered_folded(self.program.expr, self.rulebook, operands), self.rulebook)
        seen = recognised(plain, self.rulebook, MatrixForms())
        apart = opened(guarded(with_logarithms_apart(plain, self.known), self.rulebook)[0], self.rulebook)
        for node in dict.fromkeys([folded, seen, apart]):
            composition = Composition(node, self.variable.leaf, self.known)
            bend = composition.of(node)
            if bend != UNKNOWN:
                return bend, self._written(composition, node, bend)
        return self._by_hessian(seen)

    def _written(self, composition: Composition, root: Node, bend: int) -> list[str]:
        """The reasons of a composition that the whole rests on, from the whole to its parts."""
        if root.digest not in composition.live:
            return [f"{self.variable.symbol.name} does not occur"]
        if bend == AFFINE:
            return ["each entry of it occurs in the first degree only"]
        lines = [f"{self.write(node)} {reason}" for node, reason in reversed(composition.reasons)]
        if isinstance(root, Sum) and len(root.terms) > 1:
            lines.insert(0, f"a sum of terms that are {NAMES[bend]} or affine is {NAMES[bend]}")
        return list(dict.fromkeys(lines))[:LONGEST_CERTIFICATE]

    def _by_hessian(self, node: Node) -> tuple[int, list[str]]:
        name = self.variable.symbol.name
        composition = Composition(node, self.variable.leaf, self.known)
        if not is_smooth(node, composition):
            return UNKNOWN, [
                f"no rule of composition applies, and a Hessian by {name} would not be enough: there are "
                "points without a value or a derivative"
            ]
        try:
            gradient = derivative(node, self.variable.leaf, self.rulebook)
            raw = derivative(gradient, self.variable.leaf, self.rulebook)
        except (NotDifferentiableError, UnsupportedError) as refused:
            return UNKNOWN, [f"no rule of composition applies, and there is no Hessian: {refused.message}"]
        hessian, _ = guarded(raw, self.rulebook)
        if is_zero(hessian):
            return AFFINE, ["the Hessian is zero"]
        for bend, sign, word in ((CONVEX, 1, "positive"), (CONCAVE, -1, "negative")):
            if self._is_psd(scaled(sign, hessian)) or self._is_psd(scaled(sign, raw)):
                return bend, [f"the Hessian {self.write(hessian)} is {word} semidefinite"]
        return UNKNOWN, [f"nothing shows that the Hessian {self.write(hessian)} is semidefinite"]

    def _is_psd(self, hessian: Node) -> bool:
        """Whether a Hessian is positive semidefinite on the directions in which the variable moves."""
        count = len(self.variable.leaf.axes)
        left, right = tuple(range(count)), tuple(range(count, 2 * count))
        if self.known.is_psd(hessian, (left, right)):
            return True
        if count < 2 or "symmetric" not in self.variable.symbol.kind.facts:
            return False
        terms = hessian.terms if isinstance(hessian, Sum) else ((1, hessian),)
        either = [(left, right), (left, right[::-1])]
        return all(c > 0 and any(self.known.is_psd(term, ends) for ends in either) for c, term in terms)

    def write(self, node: Node) -> str:
        """A node as it is printed."""
        from matcalc.printers.text import text

        letters = {family.name: indices for family, indices in self.program.families.items()}
        try:
            return text(MatrixForms(letters=letters).of(with_letters(node, letters)).straight)
        except (NoMatrixForm, MatcalcError):
            return "of it" if len(node.axes) > 2 else "an expression"


def opened(root: Node, rulebook: Rulebook) -> Node:
    """The node with definitions of which no curve is stated written out."""
    for _ in range(DEEPEST_DEFINITION):
        done: dict[bytes, Node] = {}
        for node in postorder(root):
            done[node.digest] = _written_out(rebuilt(node, done), rulebook)
        if done[root.digest] == root:
            break
        root = done[root.digest]
    return root


def _written_out(node: Node, rulebook: Rulebook) -> Node:
    """The formula of a definition of which no curve is stated; any other node as it is."""
    if not isinstance(node, Apply) or node.function.curve.words:
        return node
    function, formula = node.function, node.function.definition
    if formula is None:
        return node
    operands = {p.name: arg for p, arg in zip(function.parameters, node.args)}
    if function.elementwise:
        return lower_entrywise(formula, operands, node.axes, rulebook, fold=True)
    return lowered_folded(formula, rulebook, operands, sizes_at(function, node.args))
