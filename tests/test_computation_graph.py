"""The computational graph: each vertex once, local derivatives that are right, and strings that DOT reads."""

from __future__ import annotations

import re
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import matcalc
from matcalc.cli import main
from matcalc.computation_graph import Edge, Graph
from matcalc.graph_drawing import DrawingError, quoted
from oracle.differences import jacobian
from oracle.layouts import relative_error
from oracle.surface import evaluate

SIZES = {"m": 5, "n": 3, "k": 4, "p": 2}
# an expression, its variables, and what is to be differentiated by
EXPRESSIONS = [
    ("r = X*theta - y; r'*r", {}, None),
    ("tanh(W*x + b)", {}, "x"),
    ("log(sin(a^3)^2)", {}, "a"),
    ("z = A*x; exp(z)'*z/norm2(x)", {}, "x"),
    ("sum(softmax(K*q).*v)", {"K": "matrix(m,n)", "q": "vector(n)", "v": "vector(m)"}, "q"),
    ("tr(A'*X)*logdet(S)", {"S": "spd(n)", "A": "matrix(m,k)", "X": "matrix(m,k)"}, "X, S"),
    ("[3*c^2*d; d^8]", {"c": "scalar", "d": "scalar"}, None),
    ("mean(x)*x + var(x)", {"x": "vector(n)"}, "x"),
]


def values_of(graph: Graph, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Numbers for every variable, and from the formulas for every other vertex, by an evaluator of its own."""
    values: dict[str, np.ndarray] = {}
    for vertex in graph.vertices:
        rows, columns = (d.value(SIZES) for d in vertex.shape)
        if vertex.formula is None:
            drawn = rng.uniform(0.4, 1.2, (rows, columns))
            values[vertex.name] = drawn @ drawn.T + np.eye(rows) if rows == columns and rows > 1 else drawn
        else:
            values[vertex.name] = as_matrix(evaluate(vertex.formula, {**values, **SIZES}), (rows, columns))
    return values


def as_matrix(value: object, shape: tuple[int, int]) -> np.ndarray:
    return np.asarray(value, dtype=float).reshape(shape)


@pytest.mark.parametrize(("expression", "kinds", "wrt"), EXPRESSIONS)
def test_local_derivatives_are_those_of_the_operations(expression: str, kinds: dict[str, str], wrt: str | None) -> None:
    graph = matcalc.graph(expression, wrt, variables=kinds, layout="numerator")
    values = values_of(graph, np.random.default_rng(7))
    checked = 0
    for vertex in graph.vertices:
        for edge in vertex.edges:
            if edge.derivative is not None and not edge.is_differential:
                found = np.asarray(evaluate(edge.derivative, {**values, **SIZES}), dtype=float)
                assert relative_error(found.ravel(), measured(vertex, edge, values).ravel()) < 1e-6, edge
                checked += 1
    assert checked >= 2


def measured(vertex: matcalc.computation_graph.Vertex, edge: Edge, values: dict[str, np.ndarray]) -> np.ndarray:
    """The derivative of a formula by a name in it, a row for each output; by a matrix, of its transposed shape."""
    at = values[edge.source]
    shape = values[vertex.name].shape

    def value(operand: np.ndarray) -> np.ndarray:
        moved = {**values, **SIZES, edge.source: operand.reshape(at.shape)}
        return as_matrix(evaluate(vertex.formula, moved), shape).ravel()

    found = np.asarray(jacobian(value, at.ravel())[0]).reshape(int(np.prod(shape)), at.size)
    return found.reshape(at.shape).T if min(at.shape) > 1 else found


def test_what_occurs_again_is_one_vertex_and_definitions_keep_their_names() -> None:
    graph = matcalc.graph("r = X*w - y; r'*r + sum(r)", "w")
    names = [vertex.name for vertex in graph.vertices]
    assert names.count("r") == 1 and len(set(names)) == len(names)
    assert [edge.target for edge in graph.edges if edge.source == "r"] == ["v2", "v3"]


def test_a_definition_that_begins_a_chain_is_its_operand() -> None:
    statements = [v.statement for v in matcalc.graph("r = x - y; s = r + z; s.*s.*z", "x").vertices]
    assert statements == ["x", "y", "r = x - y", "z", "s = r + z", "v1 = s.*s.*z"]


def test_a_chain_of_shared_definitions_stays_linear() -> None:
    lines = ["z1 = x.*x", *[f"z{k} = z{k - 1}.*z{k - 1}" for k in range(2, 41)]]
    graph = matcalc.graph("; ".join([*lines, "sum(z40)"]), "x")
    assert len(graph.vertices) == 42 and len(graph.edges) == 41


def test_only_what_depends_on_the_variable_has_derivatives() -> None:
    graph = matcalc.graph("norm2(A*x - b)^2 + tr(A)", "x", variables={"A": "matrix(n,n)"})
    moving = {vertex.name for vertex in graph.vertices if vertex.moves}
    assert {edge.source for edge in graph.edges if edge.derivative is not None} <= moving
    assert all((edge.derivative is not None) == (edge.source in moving) for edge in graph.edges)
    assert "A" not in moving and [v.name for v in graph.vertices if v.is_variable] == ["x"]


def test_a_matrix_by_a_matrix_has_its_differential() -> None:
    edges = {edge.source: edge for edge in matcalc.graph("A*X*B", "A, X").edges}
    assert [edges[name].equation for name in "AX"] == ["dV1 = dA*X*B", "dV1 = A*dX*B"]
    assert edges["B"].equation is None


def test_names_of_vertices_skip_those_in_use() -> None:
    names = [vertex.name for vertex in matcalc.graph("v1 + sin(dv2*v1)", "v1").vertices]
    assert len(names) == len(set(names)) and not {"v1", "v2"} & set(names[2:])


def test_numbers_that_are_defined_are_no_vertices() -> None:
    assert [v.statement for v in matcalc.graph("c = 2; c*a^2").vertices] == ["a", "v1 = a^2", "v2 = 2*v1"]


def test_sums_over_members_are_one_vertex() -> None:
    graph = matcalc.graph("sum_i((w'*x_i - y_i)^2)/N", "w")
    assert [v.statement for v in graph.vertices] == ["w", "v1 = sum_i((w'*x_i - y_i)^2)", "v2 = v1/N"]
    assert graph.vertices[1].edges[0].equation == "dv1/dw = 2*sum_i((w'*x_i - y_i)*x_i)"


def test_functions_known_by_name() -> None:
    graph = matcalc.graph("f: function -> scalar; f(A*x)", "x")
    assert graph.edges[-1].equation == "dv2/dv1 = grad(f)(v1)"


def test_the_same_every_time() -> None:
    first = matcalc.graph("tr(inv(X'*S*X)*A)", "X").dot()
    matcalc.clear_cache()
    assert matcalc.graph("tr(inv(X'*S*X)*A)", "X").dot() == first


@pytest.mark.parametrize("expression", ["x*y", "norm(x, 0)", "nosuch(x)"])
def test_what_has_no_derivative_has_no_graph(expression: str) -> None:
    with pytest.raises(matcalc.MatcalcError):
        matcalc.graph(expression, "x")


# ---- DOT and SVG

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def test_dot_is_statements_of_quoted_strings() -> None:
    source = matcalc.graph("r = X*theta - y; r'*r", "theta").dot()
    lines = source.split("\n")
    assert lines[0] == "digraph expression {" and lines[-1] == "}"
    for line in lines[2:-1]:
        assert re.fullmatch(r"  S( -> S)? \[[a-z=S, ]+\];", STRING.sub("S", line)), line
    assert '"theta" -> "v1" [label="X"];' in source and '"X" -> "v1" [style=dotted];' in source


@pytest.mark.parametrize("text", ['"', "\\", '\\"', 'a"]; b [label="', "\\N\\G", "a\nb", "<b>"])
def test_nothing_leaves_a_string_of_dot(text: str) -> None:
    written = quoted(text)
    assert STRING.fullmatch(written)
    unescaped = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], written[1:-1])
    assert unescaped == text


def test_diff_can_print_the_graph_behind_its_answer() -> None:
    arguments = ["r = X*theta - y; r'*r", "--wrt", "theta", "--to", "dot"]
    shown = [CliRunner().invoke(main, [command, *arguments]).stdout for command in ("diff", "graph")]
    assert shown[0] == shown[1] and shown[0].startswith("digraph")


def test_without_graphviz_svg_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(DrawingError, match="install the package graphviz"):
        matcalc.graph("a^2").svg()
    result = CliRunner().invoke(main, ["graph", "a^2", "--to", "svg"])
    assert result.exit_code == 2 and "Graphviz" in result.output


def test_svg_is_what_graphviz_makes_of_the_dot_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stand-in for `dot` that shows what it was given: it is started without a shell, and reads the source."""
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "<svg>$#: $1"\ncat\necho "</svg>"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    graph = matcalc.graph("sin(a)")
    assert graph.svg() == f"<svg>1: -Tsvg\n{graph.dot()}</svg>"


def test_a_drawing_program_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(DrawingError, match="did not draw"):
        matcalc.graph("sin(a)").svg()


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_it() -> None:
    assert "</svg>" in matcalc.graph("r = X*theta - y; r'*r", "theta").svg()
