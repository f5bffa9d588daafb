"""A computational graph as a listing, in the DOT language, and drawn as SVG by Graphviz."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError
from matcalc.layout import shape_text

if TYPE_CHECKING:
    from matcalc.computation_graph import Edge, Graph, Vertex

DRAWING_PROGRAM = "dot"
MOST_SECONDS = 60


class DrawingError(MatcalcError):
    """The program that draws is not installed, or does not draw."""

    exit_status = 2


def listing(graph: Graph) -> str:
    """A line for each vertex with its shape, and under it one for each local derivative."""
    lines: list[str] = []
    for vertex in graph.vertices:
        lines.append(f"{vertex.statement}: {shape_text(vertex.shape)}")
        lines += [f"  {edge.equation}" for edge in vertex.edges if edge.equation is not None]
    return "\n".join(lines)


def dot_source(graph: Graph) -> str:
    """The graph in the DOT language: variables are ellipses, those to differentiate by bold, constant edges dotted."""
    return "\n".join(["digraph expression {", "  rankdir=BT;", *_statements(graph), "}"])


def _statements(graph: Graph) -> Iterator[str]:
    for vertex in graph.vertices:
        yield f"  {quoted(vertex.name)} [{_look(vertex)}];"
        for edge in vertex.edges:
            yield f"  {quoted(edge.source)} -> {quoted(edge.target)} [{_label(edge)}];"


def _look(vertex: Vertex) -> str:
    shape = "ellipse" if vertex.formula is None else "box"
    weight = ", style=bold" if vertex.is_variable else ""
    return f"label={quoted(vertex.statement, shape_text(vertex.shape))}, shape={shape}{weight}"


def _label(edge: Edge) -> str:
    return "style=dotted" if edge.derivative is None else f"label={quoted(edge.derivative)}"


def quoted(*lines: str) -> str:
    r"""Lines as a string of the DOT language, in which nothing of them has a meaning.

    >>> print(quoted('a "b" \\N', "c"))
    "a \"b\" \\N\nc"
    """
    escaped = [line.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for line in lines]
    return '"' + r"\n".join(escaped) + '"'


def can_draw() -> bool:
    """Whether the program that draws is installed."""
    return shutil.which(DRAWING_PROGRAM) is not None


def drawn(graph: Graph) -> str:
    """The graph as SVG. Raises DrawingError where Graphviz is not installed, or fails."""
    program = shutil.which(DRAWING_PROGRAM)
    if program is None:
        raise DrawingError(
            "an SVG is drawn by the program dot of Graphviz, which is not installed",
            suggestion="install the package graphviz of your system, or ask for --to dot and draw that elsewhere",
        )
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=dot_source(graph).encode(), capture_output=True, timeout=MOST_SECONDS, check=True
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise DrawingError(f"Graphviz did not draw the graph: {error}") from None
    return done.stdout.decode().rstrip("\n")
