"""Every line of rules/ is checked here: a rule cannot exist untested."""

import re

import numpy as np
import pytest

import mutate_rules
from matcalc import expr as ex
from matcalc.curve_checks import curve_faults, keeping_faults, range_faults
from matcalc.errors import NotDifferentiableError, ParseError
from matcalc.numeric import evaluate
from matcalc.printers.latex import latex
from matcalc.printers.numpy import compile_numpy
from matcalc.rule_checks import (
    TOLERANCE,
    broken_facts,
    call_of,
    commutes_error,
    commuting_error,
    differential_error,
    draw_operands,
    formula_error,
    identity_error,
    linear_error,
)
from matcalc.rulebook import default_rulebook, load_rulebook
from rule_references import both_values, reference

BOOK = default_rulebook()
FUNCTIONS = BOOK.functions
PRIMITIVES = [f for f in FUNCTIONS if f.entry.keyword == "fn"]
DEFINITIONS = [f for f in FUNCTIONS if f.entry.keyword == "def"]
# even and odd seeds make m x n tall and wide
SEEDS = range(8)


def named(entry):
    return f"{entry.file.partition('/')[2]}:{entry.line}-{getattr(entry, 'name', 'rule')}"


@pytest.mark.parametrize("function", PRIMITIVES, ids=named)
def test_the_differential_agrees_with_central_differences(function):
    if function.reason is not None:
        with pytest.raises(NotDifferentiableError, match=re.escape(function.reason)):
            _ = function.differential
        return
    for seed in SEEDS:
        error = differential_error(function, seed)
        assert error <= TOLERANCE, f"{function.where}, seed {seed}: off by {error:.1e}"


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.linear is not None], ids=named)
def test_the_linear_map_and_its_adjoint(function):
    for seed in SEEDS:
        assert linear_error(function, seed) <= TOLERANCE


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.commuting is not None], ids=named)
def test_the_differential_along_what_commutes(function):
    for seed in SEEDS:
        assert commuting_error(function, seed) <= TOLERANCE


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.commutes], ids=named)
def test_the_value_commutes_with_what_the_operand_commutes_with(function):
    for seed in SEEDS:
        assert commutes_error(function, seed) <= TOLERANCE


@pytest.mark.parametrize("function", FUNCTIONS, ids=named)
def test_the_value_agrees_with_its_reference(function):
    assert reference(function) is not None, f"{function.name} has no line in rule_references.py"
    for seed in SEEDS:
        for boundary in (False, True):
            found, wanted = both_values(function, seed, boundary=boundary)
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.formula is not None], ids=named)
def test_the_formula_agrees_with_the_value(function):
    for seed in SEEDS:
        assert formula_error(function, seed) <= 1e-10


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.result_facts], ids=named)
def test_the_value_is_what_the_signature_promises(function):
    for seed in SEEDS:
        assert broken_facts(function, seed) == []


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.curve.words], ids=named)
def test_the_curve_is_that_of_the_values(function):
    for seed in range(60):
        assert curve_faults(function, seed) == []


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "range" in f.fields], ids=named)
def test_values_lie_in_the_range(function):
    for seed in range(60):
        assert range_faults(function, seed) == []


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.keeps], ids=named)
def test_what_a_function_keeps(function):
    for seed in SEEDS:
        assert keeping_faults(function, seed) == []


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ('fn bump(x) = sin(x)   d = cos(x).*dx   curve = "convex"', curve_faults),
        ('fn bump(x) = x.^2   d = 2*x.*dx   curve = "increasing"', curve_faults),
        ('fn bump(x) = x.^3   d = 3*x.^2.*dx   curve = "decreasing"', curve_faults),
        ('fn bump(x) = x.^2   d = 2*x.*dx   range = "[1, inf)"', range_faults),
    ],
)
def test_a_false_curve_or_range_is_found_out(line, faults, tmp_path):
    file = tmp_path / "mine.rules"
    file.write_text(line, encoding="utf-8")
    (function,) = load_rulebook([file]).overloads("bump")
    assert any(faults(function, seed) for seed in range(60))


@pytest.mark.parametrize("field", ['curve = "round"', "curve = convex", 'range = "0 to 1"', "keeps = order"])
def test_a_field_that_says_nothing_is_refused(field, tmp_path):
    file = tmp_path / "mine.rules"
    file.write_text(f"fn bump(x) = x   d = dx   {field}", encoding="utf-8")
    with pytest.raises(ParseError):
        load_rulebook([file])


@pytest.mark.parametrize("function", FUNCTIONS, ids=named)
def test_functions_in_a_formula_are_in_the_book(function):
    """Second derivatives need the differentials of what first derivatives are made of."""
    formulas = [function.formula, None if function.reason else function.differential]
    for node in ex.postorder(*[f for f in formulas if f is not None]):
        if node.op == "call" and node.value not in STRUCTURAL:
            assert BOOK.function(node.value, node.args)


STRUCTURAL = {"tr", "sum", "diag", "eye", "ones", "zeros", "max", "min", "pi"}


@pytest.mark.parametrize("function", FUNCTIONS, ids=named)
def test_every_function_has_a_latex_form(function):
    written = latex(call_of(function), BOOK)
    assert written.count("{") == written.count("}") and written.count(r"\left") == written.count(r"\right")
    assert all(p.name in written for p in function.operands)
    assert "$" not in written


@pytest.mark.parametrize("function", FUNCTIONS, ids=named)
def test_generated_code_computes_the_value(function):
    values, _ = draw_operands(function, 0)
    found = compile_numpy(call_of(function), BOOK)(**values)
    expected = evaluate(call_of(function), values, rulebook=BOOK)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


OPENINGS = [identity for group in BOOK.openings.values() for identity in group]


@pytest.mark.parametrize("identity", [*BOOK.identities, *OPENINGS], ids=named)
def test_both_sides_of_an_identity_agree(identity):
    for seed in range(12):
        for boundary in (False, True):
            error = identity_error(identity, seed, boundary=boundary)
            assert error <= 1e-9, f"{identity.where}, seed {seed}: off by {error:.1e}"


@pytest.mark.parametrize("identity", BOOK.identities, ids=named)
def test_an_identity_makes_its_left_side_simpler(identity):
    assert mutate_rules.rule_cost(identity.right) < mutate_rules.rule_cost(identity.left)


@pytest.mark.parametrize("identity", [*BOOK.identities, *OPENINGS], ids=named)
def test_an_identity_binds_every_variable_on_its_left(identity):
    assert {s.name for s in ex.symbols(identity.right)} <= {s.name for s in identity.symbols}


UNSOUND = [line for line in mutate_rules.source("identities").split("\n") if re.match(r"% .* -> .*:", line)]


def test_temptations_are_kept_with_their_counterexamples():
    assert len(UNSOUND) >= 12


@pytest.mark.parametrize("line", UNSOUND)
def test_a_temptation_would_be_found_out(line):
    """What is only a comment would fail as a rule: wrong at some point, or no simpler."""
    rule = re.match(r"% (.*? -> .*?):", line)[1]
    assert mutate_rules.identity_is_wrong(mutate_rules.identity_at_end(f"rule {rule}"), range(40))


def test_a_sample_of_mutants_is_caught():
    """The whole of it, in minutes: python tests/mutate_rules.py"""
    report = mutate_rules.run(every=23)
    assert report.survivors == []
    assert report.caught >= 25
