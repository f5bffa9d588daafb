"""Extents of every node of the input: hard rules first, then conventions, then names for the sizes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NoReturn

from matcalc.constraints import ComputedSize, Constraint, Requirement, bare_owner, is_open, is_scalar
from matcalc.dimensions import ONE, Dimension
from matcalc.errors import MatcalcError, ParseError, ShapeError
from matcalc.expr import Symbol
from matcalc.extents import SINGLE, Extent, differ, find, shape_text, unify
from matcalc.opaque_shapes import OpaqueUse
from matcalc.shapes import MATRIX, SCALAR_CLASS, VECTOR, Variable, name_sizes
from matcalc.symbols import Family, Member

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from matcalc.binding import Binding
    from matcalc.constraints import Extents
    from matcalc.dimensions import Shape
    from matcalc.kinds import FunctionKind, Kind
    from matcalc.nodes import Node
    from matcalc.signature import FunctionTable
    from matcalc.syntax import SyntaxBuilder

LONGEST_QUOTE = 40
TIGHT = frozenset("name number call index_sum transpose power hadpower entry abs norm size".split())


class Inference:
    """The extents of the nodes of one input."""

    def __init__(
        self,
        syntax: SyntaxBuilder,
        declared: Mapping[str, Kind],
        functions: Mapping[str, FunctionKind],
        rulebook: FunctionTable,
        binding: Binding,
    ) -> None:
        self.source = syntax.source
        self.notes = syntax.notes
        self.numpy_style = syntax.numpy_style
        self.conventions = syntax.conventions
        self.rulebook = rulebook
        self.pending: dict[Constraint, None] = {}  # the rules not settled yet, in the order of the text
        self.queue: deque[Constraint] = deque()  # those to apply, since more is known of an extent they watch
        self.identities: list[Node] = []
        self.definitions: dict[str, Node] = {}
        self.variables: dict[str, Variable] = {}
        self.binding = binding
        self.declared = {**declared, **binding.declared}
        self.sizes = set(syntax.size_names).union(binding.size_names)
        self.mentioned: set[str] = {node.value[0] for node in binding.counts}  # no size is called like an index
        self._extents: dict[Dimension, Extent] = {ONE: SINGLE}
        kinds: list[Kind | FunctionKind] = [*self.declared.values(), *functions.values()]
        for dimension in (d for kind in kinds for d in kind.dimensions):
            self.sizes.update(dimension.names)
        self.functions = {
            name: OpaqueUse(name, kind, [self.extents(argument.shape) for argument in kind.arguments])
            for name, kind in functions.items()
        }

    # ---- the pass over the nodes ----

    def wait(self, node: Node, constraint: Constraint) -> None:
        """Open extents for a node, and a rule that will tell more of them."""
        node.rows = Extent()
        node.columns = Extent()
        self.postpone(constraint)

    def postpone(self, constraint: Constraint) -> None:
        """Apply a rule when all nodes have been visited if something is known by then, and whenever more is known."""
        self.pending[constraint] = None
        constraint.queue = self.queue
        for extent in constraint.watched():
            found = find(extent)
            if found.dimension is None:
                found.watchers.append(constraint)
            if not found.is_open and not constraint.awake:
                constraint.awake = True
                self.queue.append(constraint)

    def apply(self, constraint: Constraint) -> None:
        """Apply a waiting rule at once, before the nodes around it are visited."""
        if constraint.settle(self):
            del self.pending[constraint]

    def extent(self, dimension: Dimension) -> Extent:
        """The one extent of a known dimension."""
        known = self._extents.get(dimension)
        if known is None:
            known = self._extents[dimension] = Extent(dimension)
        return known

    def extents(self, shape: Shape) -> Extents:
        """The extents of known rows and columns."""
        return self.extent(shape[0]), self.extent(shape[1])

    def conclude(self) -> None:
        """Settle what is left: conventions in their order, then names for open sizes."""
        self.propagate()
        undecided = [v for v in self.variables.values() if v.is_open]
        for convention in (MATRIX, VECTOR, SCALAR_CLASS):
            for used in (True, False):
                if undecided:
                    undecided = self.apply_convention(convention, used, undecided)
        self.name_computed_sizes()
        self.name_sizes()
        self.propagate()
        self.note_softened()
        for node in self.identities:
            if find(node.rows).dimension is None:
                self._open_size(node)
        for constraint in self.pending:
            self.fail(constraint.node, "the shape of this is not decided", suggestion="declare its variables")

    def _open_size(self, node: Node) -> NoReturn:
        """An identity, or a vector of ones or zeros, whose size nothing tells."""
        text = self.text(node)
        mend = f"write {text}_n, with its size" if text.startswith("\\") else "write eye(n)"
        self.fail(node, f"the size of {text} is open here", suggestion=mend, error=ParseError)

    def note_softened(self) -> None:
        """Say of the names that took the shape of their neighbours how else they could have been read."""
        for variable in self.variables.values():
            said = variable.said
            if variable.softened and variable.shape_class != said:
                other = {MATRIX: "matrix(m,n)", VECTOR: "vector(n)", SCALAR_CLASS: "scalar"}[said]
                reading = f"{variable.name} is read as {variable.found_kind()}, to fit what it stands next to"
                self.note(f"{reading}; or declare {variable.name}: {other}")

    def apply_convention(self, convention: str, used: bool, undecided: list[Variable]) -> list[Variable]:
        """Decide the open names of one class: those in products and calls before bare terms of sums."""
        chosen = [v for v in undecided if v.used == used and v.convention == convention]
        if not chosen:
            return undecided
        for variable in chosen:
            variable.settle()
        self.propagate()
        return [v for v in undecided if v.is_open]

    def propagate(self) -> None:
        """Apply the rules that may tell more, until none is left; only then the weaker ones."""
        pending, queue = self.pending, self.queue
        while True:
            while queue:
                constraint = queue.popleft()
                constraint.awake = False
                if constraint in pending and constraint.settle(self):
                    del pending[constraint]
            if not any(constraint.soften(self) for constraint in pending):
                return

    def name_sizes(self, computed: Container[Extent] = ()) -> None:
        """Name what is open; the names of the input are not used again."""
        taken = self.sizes.union(self.mentioned, self.definitions, self.declared, self.functions)
        for variable in self.variables.values():
            taken.update(variable.size_names())
        name_sizes(self.variables.values(), taken, computed)

    def name_computed_sizes(self) -> None:
        """Name the sizes of which others are computed, as the m and n of a vec, then compute those."""
        self.align_computed_sizes()
        before = -1
        while len(self.pending) != before:
            before = len(self.pending)
            computed = {find(c.extent) for c in self.pending if isinstance(c, ComputedSize)}
            if computed:
                self.name_sizes(computed)
                self.propagate()

    def align_computed_sizes(self) -> None:
        """Where m*n is to equal k*p and nothing else tells, m is k and n is p: `vec(A)'*vec(B)` of two equal shapes."""
        while any(self.align(one, two) for one, two in self.equal_computed_sizes()):
            self.propagate()

    def equal_computed_sizes(self) -> list[tuple[ComputedSize, ComputedSize]]:
        """Pairs of waiting sizes that are to be equal and are computed alike of as many others."""
        first: dict[tuple[Extent, int, int], ComputedSize] = {}
        pairs = []
        for constraint in self.pending:
            if isinstance(constraint, ComputedSize):
                key = (find(constraint.extent), len(constraint.sizes), len(constraint.dimension.terms))
                other = first.setdefault(key, constraint)
                if other is not constraint:
                    pairs.append((other, constraint))
        return pairs

    @staticmethod
    def align(one: ComputedSize, two: ComputedSize) -> bool:
        """Make the sizes of both the same, each to each; whether that changed something."""
        changed = False
        for first, second in zip(one.sizes.values(), two.sizes.values(), strict=True):
            changed |= find(first) is not find(second) and unify(first, second)
        return changed

    def symbols(self) -> dict[str, Symbol]:
        """All variables, in the order in which they appear, then those only declared."""
        members = self.binding.members
        found: dict[str, Symbol] = {
            name: variable.expr.value for name, variable in self.variables.items() if name not in members
        }
        for name, kind in self.declared.items():
            if name not in found and name not in members:
                found[name] = Symbol(name, kind)
        return found

    def families(self) -> dict[Family, tuple[str, ...]]:
        """The families whose members occur, in the order in which they do, with the indices that run over each."""
        found: dict[Family, tuple[str, ...]] = {}
        for name in self.variables:
            member = self.binding.members.get(name)
            if member is not None:
                found[self.member(name).family] = self.binding.letters[member.family]
        return found

    def member(self, name: str) -> Member:
        """The member of a family that a name stands for, once its kind is known."""
        known = self.binding.members[name]
        size = self.binding.sizes[known.family]
        return Family(known.family, self.variables[name].found_kind(), size).member(known.index)

    # ---- messages ----

    def note(self, text: str) -> None:
        """Say once how something was read."""
        if text not in self.notes:
            self.notes.append(text)

    def text(self, node: Node) -> str:
        """What the user typed for a node, shortened."""
        text = " ".join(self.source[node.start : node.end].split())
        return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "..."

    def factor(self, node: Node) -> str:
        """The same, in brackets where it is an operand of a tighter operator."""
        text = self.text(node)
        tight = node.op in TIGHT and (node.op != "call" or text[-1] in ")}.")  # unlike \\log x
        return text if tight or (text.startswith("(") and node.bracketed) else f"({text})"

    def transposed(self, node: Node) -> str:
        """The same, transposed; two transpositions cancel."""
        return self.factor(node.args[0] if node.op == "transpose" else node) + "'" * (node.op != "transpose")

    def leading(self, node: Node) -> str:
        """The same, where it is the first of some factors."""
        return self.text(node) if node.op in ("mul", "div", "had", "haddiv", "neg") else self.factor(node)

    def shape(self, node: Node) -> str:
        return shape_text(node.rows, node.columns)

    def size(self, extent: Extent) -> str:
        dimension = find(extent).dimension
        return dimension.text if dimension is not None else "?"

    def fail(
        self,
        node: Node,
        message: str,
        *,
        suggestion: str | None = None,
        expected: str | None = None,
        found: str | None = None,
        error: type[MatcalcError] = ShapeError,
    ) -> NoReturn:
        raise error(
            message,
            source=self.source,
            position=(node.start, node.end),
            suggestion=suggestion,
            expected=expected,
            found=found,
        )

    def contradiction(self, node: Node) -> NoReturn:
        """A result that is used with another shape than its operands give."""
        self.name_sizes()
        self.fail(node, f"{self.text(node)} is used with two shapes", suggestion="declare its variables")

    def require(self, node: Node, rows: Extent, columns: Extent, message: str, suggestion: str | None = None) -> None:
        """Unify the extents of a node with these, or fail with the message; a formula not decided yet waits."""
        if is_open(node) and not isinstance(bare_owner(node), Variable):
            self.postpone(Requirement(node, rows, columns, message, suggestion))
            return
        if not (unify(node.rows, rows) and unify(node.columns, columns)):
            self.name_sizes()
            expected = "a square matrix" if rows is node.columns else shape_text(rows, columns)
            message = message.format(text=self.text(node), shape=self.shape(node))
            self.fail(node, message, suggestion=suggestion, expected=expected, found=self.shape(node))

    def require_scalar(self, node: Node, message: str, suggestion: str | None = None) -> None:
        self.require(node, SINGLE, SINGLE, message, suggestion)

    # ---- names ----

    def only_spreads(self, node: Node) -> bool:
        """Whether a scalar is a number or declared, so that it says nothing of what it is added to."""
        pending = [node]
        for _ in range(20):
            if not pending:
                return True
            current = pending.pop()
            if current.op == "name":
                if current.value not in self.declared or not is_scalar(current):
                    return False
            elif current.op not in ("number", "size", "pi", "neg", "mul", "div", "power", "sum", "index_sum"):
                return False
            pending.extend(current.args)
        return False

    def undeclared(self, node: Node) -> Variable | None:
        """The open variable that a node is, possibly behind a minus and a transposition."""
        for _ in range(3):
            if node.op in ("neg", "transpose"):
                node = node.args[0]
        if node.op != "name" or node.value in self.declared:
            return None
        return self.variables.get(node.value)

    def undeclared_vectors(self, node: Node) -> list[str]:
        """The undeclared names in a short formula that give it the shape of a column."""
        pending = [node]
        found: dict[str, None] = {}
        while pending and len(pending) < 20:
            current = pending.pop()
            if current.op in ("sum", "neg", "mul", "had", "haddiv"):
                pending.extend(reversed(current.args))
            elif current.op == "div":
                pending.append(current.args[0])
            variable = self.undeclared(current) if current.op == "name" else None
            if variable is not None and find(variable.columns).is_one and not differ(variable.rows, node.rows):
                found[variable.name] = None
        return list(found) if find(node.columns).is_one else []

    def mark_used(self, *nodes: Node) -> None:
        """Note of undecided names that they stand in a product or a call."""
        for node in nodes:
            owner = bare_owner(node)
            if isinstance(owner, Variable):
                owner.used = True

    def mark_nonscalar(self, *nodes: Node) -> None:
        """Note of undecided names that they stand where a vector or matrix is meant."""
        for node in nodes:
            owner = bare_owner(node)
            if isinstance(owner, Variable):
                owner.nonscalar = True

    def mark_reduced(self, node: Node) -> None:
        """Note of an undeclared name that it is handed to a function of all entries, such as a mean."""
        variable = self.undeclared(node)
        if variable is not None:
            variable.reduced = True

    def define(self, name: str, node: Node) -> None:
        """From here on a name means this node. Fails where the name was used before."""
        if name in self.variables or name in self.sizes:
            what = "used before it is defined" if name in self.variables else "the name of a size as well"
            self.fail(node, f"{name} is {what}", suggestion="use another name here", error=ParseError)
        self.definitions[name] = node
