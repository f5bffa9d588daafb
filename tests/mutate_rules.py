"""Does the rule test notice a wrong rule? Mutates every line of rules/ and counts.

    PYTHONPATH=. python tests/mutate_rules.py [--every K]

A mutant is one formula, template or identity with one operator swapped, one ' dropped, one number changed or one name
replaced by a similar one, or a guard (the kind after `let`) that says less. It is caught if the line no longer parses,
its shapes no longer fit, or a check of tests/test_rules.py fails. A mutant that agrees with the original at many more
points is equivalent and does not count.
"""

import argparse
import re
import sys
from itertools import islice
from pathlib import Path

import numpy as np

from matcalc import expr as ex
from matcalc.errors import MatcalcError
from matcalc.grammar import data_folder
from matcalc.rule_checks import (
    TOLERANCE,
    broken_facts,
    commutes_error,
    commuting_error,
    differential_error,
    formula_error,
    identity_error,
    linear_error,
)
from matcalc.rule_fields import split_fields
from matcalc.rule_lines import scan
from matcalc.rulebook import Rulebook
from rule_references import both_values

OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", ".*": "./", "./": ".*", ".^": ".*", "^": "*", "**": "*"}
SIMILAR = [
    ("sin", "cos"), ("sinh", "cosh"), ("tan", "tanh"), ("asin", "acos"), ("asinh", "atanh"), ("exp", "log"),
    ("expm1", "log1p"), ("log2", "log10"), ("sigmoid", "softplus"), ("relu", "step"), ("abs", "sign"),
    ("erf", "erfc"), ("normcdf", "normpdf"), ("gamma", "lgamma"), ("digamma", "trigamma"), ("inv", "adj"),
    ("det", "logdet"), ("tr", "sum"), ("min", "max"), ("m", "n"), ("mean", "sum"), ("arcsin", "arccos"),
    ("arcsinh", "arctan"), ("arccosh", "arctanh"), ("gammaln", "digamma"), ("ndtr", "erf"), ("sqrt", "exp"),
    ("eye", "ones"), ("logsumexp", "sum"), ("softmax", "exp"), ("pinv", "transpose"), ("norm1", "norm2"),
]  # fmt: skip
REPLACED = {a: b for pair in SIMILAR for a, b in (pair, pair[::-1])}
# what is known of an operand, and what a guard that lost it would say
LOOSER = {
    "nonnegative": "", "positive": "nonnegative", "unit": "", "above_one": "positive", "symmetric(n)": "matrix(n,n)",
    "spd(n)": "symmetric(n)", "skew(n)": "matrix(n,n)", "orthogonal(n)": "invertible(n)",
}  # fmt: skip
TOKEN = re.compile(r"\$\{\w+\}|[A-Za-z_]\w*(?:\.\w+)*|\d+(?:\.\d+)?|\.\*|\./|\.\^|\*\*|->|[^\s\w]")
SEEDS = range(12)
EQUIVALENCE_SEEDS = range(100, 130)


def source(name):
    """The text of a file of rules/."""
    return Path(data_folder("rules"), f"{name}.rules").read_text("utf-8")


FILES = {name: source(name) for name in ("definitions", "elementwise", "identities", "matrix")}


def mutants(text):
    """Every text with one token changed."""
    for match in TOKEN.finditer(text):
        token, before, after = match[0], text[: match.start()], text[match.end() :]
        head, dot, last = token.rpartition(".") if token[0].isalpha() else ("", "", token)
        if token in OPERATORS:
            yield before + OPERATORS[token] + after
            if token == "-" and not re.search(r"[\w)'}]\s*$", before):
                yield before + " " + after
        elif token == "'":
            yield before + after
        elif token[0].isdigit():
            yield before + str(int(token) + 1 if token.isdigit() else float(token) * 2) + after
        elif last in REPLACED:
            yield before + head + dot + REPLACED[last] + after


def book_with(file, entry, text):
    """The rulebook in which one entry of a file has another text."""
    lines = FILES[file].split("\n")
    height = entry.text.count("\n") + 1
    lines[entry.line - 1 : entry.line - 1 + height] = text.split("\n")
    return Rulebook([(f"rules/{n}.rules", "\n".join(lines) if n == file else s, True) for n, s in FILES.items()])


class Report:
    """What became of the mutants: `wrong` were caught by their numbers, `broken` do not parse or run."""

    def __init__(self):
        self.wrong, self.broken, self.equivalent, self.survivors = [], [], [], []

    def take(self, text, build, is_wrong):
        """Sort in one mutant: `build` reads it, `is_wrong` checks what was read at the given seeds."""
        try:
            with np.errstate(all="ignore"):
                built = build()
                fate = self.wrong if is_wrong(built, SEEDS) else self.survivors
                if fate is self.survivors and not is_wrong(built, EQUIVALENCE_SEEDS):
                    fate = self.equivalent
        except BROKEN:
            fate = self.broken
        fate.append(" ".join(text.split()))

    @property
    def caught(self):
        return len(self.wrong) + len(self.broken)

    def __str__(self):
        total = self.caught + len(self.survivors)
        share = f"{self.caught} of {total} mutants caught ({100 * self.caught / total:.2f} %)"
        how = f"{len(self.wrong)} by numbers, {len(self.broken)} no longer parse, fit or run"
        return f"{share}: {how}; {len(self.equivalent)} more are equivalent"


# what a mutant raises that is no formula, has no shape, or whose template does not run
BROKEN = (MatcalcError, TypeError, AttributeError, NameError, ValueError, IndexError)


def function_is_wrong(function, seeds):
    """Whether a check of tests/test_rules.py fails for this function."""
    return any(_is_wrong_at(function, seed) for seed in seeds)


def _is_wrong_at(function, seed):
    for boundary in (False, True):
        found, wanted = both_values(function, seed, boundary=boundary)
        if not np.allclose(found, wanted, rtol=1e-9, atol=1e-11, equal_nan=True):
            return True
    if broken_facts(function, seed):
        return True
    maps = (("linear", linear_error), ("commuting", commuting_error), ("commutes", commutes_error))
    if any(name in function.fields and not error(function, seed) <= TOLERANCE for name, error in maps):
        return True
    if function.formula is not None:
        return not formula_error(function, seed) <= 1e-10
    return function.reason is None and not differential_error(function, seed) <= TOLERANCE


def identity_is_wrong(identity, seeds):
    """Whether the sides of an identity differ, or the right one is no simpler."""
    errors = [identity_error(identity, seed, boundary=zeros) for seed in seeds for zeros in (False, True)]
    return not all(error <= 1e-9 for error in errors) or not rule_cost(identity.right) < rule_cost(identity.left)


def identity_at_end(text):
    """A rule as the last of rules/identities.rules."""
    files = {**FILES, "identities": f"{FILES['identities']}\n{text}\n"}
    return Rulebook([(f"rules/{n}.rules", s, True) for n, s in files.items()]).identities[-1]


def rule_cost(side):
    """What a rule must lower, as rules/identities.rules says."""
    nested, marks, calls = 0, 0, 0
    inside = {}
    for node in reversed(ex.postorder(side)):
        within = inside.get(id(node), False)
        # a power of a matrix is a function of it as well
        is_function = (node.op == "call" and bool(node.args)) or (node.op == "pow" and not node.is_scalar)
        nested += 2 * (within and is_function)
        marks += within and node.op in ("transpose", "neg")
        calls += node.op == "call"
        for arg in node.args:
            inside[id(arg)] = inside.get(id(arg), False) or within or is_function
    return side.cost + nested, marks, calls


def function_mutants():
    """(file, entry, number of the overload, mutated text) for each formula and template of a fn or def."""
    for file, text in FILES.items():
        counts = {}
        for entry in scan(text, file, True):
            if entry.keyword not in ("fn", "def"):
                continue
            number = counts[entry.name] = counts.get(entry.name, -1) + 1
            for name, field in split_fields(entry).items():
                if name in ("value", "d", "numpy", "adjoint", "commuting") and not (name == "d" and field.is_string):
                    end = field.start + len(field.text)
                    for mutant in mutants(field.text):
                        yield file, entry, number, entry.text[: field.start] + mutant + entry.text[end:]


def identity_mutants():
    """(entry, mutated text) for each rule."""
    for entry in scan(FILES["identities"], "identities", True):
        if entry.keyword == "rule":
            for mutant in mutants(entry.text[4:]):
                yield entry, "rule" + mutant


def guard_mutants():
    """(entry, text with a looser kind) for each `let`."""
    for entry in scan(FILES["identities"], "identities", True):
        known = [fact for fact in LOOSER if entry.keyword == "let" and entry.text.rstrip().endswith(fact)]
        if known:
            yield entry, entry.text.rstrip().removesuffix(known[0]) + LOOSER[known[0]]


def run(every=1):
    """Check every `every`-th mutant of rules/."""
    report = Report()
    for file, entry, number, text in islice(function_mutants(), 0, None, every):

        def changed_function(file=file, entry=entry, number=number, text=text):
            return book_with(file, entry, text).overloads(entry.name)[number]

        report.take(text, changed_function, function_is_wrong)
    for entry, text in islice(identity_mutants(), 0, None, every):

        def changed_identity(entry=entry, text=text):
            identities = book_with("identities", entry, text).identities
            return next(i for i in identities if i.line == entry.line and "identities" in i.file)

        report.take(text, changed_identity, identity_is_wrong)
    for entry, text in islice(guard_mutants(), 0, None, every):

        def guarded(entry=entry, text=text):
            return [i for i in book_with("identities", entry, text).identities if _uses(i, entry.name)]

        report.take(text, guarded, lambda rules, seeds: any(identity_is_wrong(rule, seeds) for rule in rules))
    return report


def _uses(identity, name):
    return re.search(rf"\b{name}\b", identity.text) is not None


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--every", type=int, default=1, help="check every K-th mutant only")
    outcome = run(arguments.parse_args().every)
    print(*outcome.survivors, outcome, sep="\n")
    sys.exit(bool(outcome.survivors))
