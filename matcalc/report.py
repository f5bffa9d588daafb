"""What a numerical check of an answer found, as data and as a text."""

from __future__ import annotations

from collections.abc import Mapping

Sizes = dict[str, int]
SHOWN = 2  # of the sizes drawn: a tall and a wide one


class Report:
    """What a check found: `verdict` is `ok`, `wrong` or `not checked`, and `text` says it in a line or two.

    `seeds` and `sizes` belong to the points where the answer was compared.
    """

    __slots__ = ("largest_error", "reason", "seeds", "sizes", "verdict")

    def __init__(self, verdict: str, largest_error: float, seeds: list[int], sizes: list[Sizes], reason: str) -> None:
        self.verdict = verdict
        self.largest_error = largest_error
        self.seeds = seeds
        self.sizes = sizes
        self.reason = reason

    @property
    def ok(self) -> bool:
        """Whether the answer was compared and agreed at every point."""
        return self.verdict == "ok"

    @property
    def text(self) -> str:
        """One or two lines for a person."""
        if self.verdict == "not checked":
            return f"not checked: {self.reason}"
        different = list(dict.fromkeys(written(sizes) for sizes in self.sizes if sizes))
        drawn = ", ".join(different[:SHOWN] + ["..."] * (len(different) > SHOWN))
        count = "1 point" if len(self.seeds) == 1 else f"{len(self.seeds)} points"
        where = count + (f" ({drawn})" if drawn else "")
        found = f"checked at {where}: largest relative error {shown(self.largest_error)}: {self.verdict}"
        return f"{found}\n{self.reason}" if self.reason else found

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<report: {self.verdict}, largest relative error {shown(self.largest_error)}>"


def joined(reports: Mapping[str, Report]) -> Report:
    """One report on several answers: its verdict is the worst of theirs, and it says of which answer that is.

    >>> good = Report("ok", 1e-12, [0], [{"n": 3}], "")
    >>> joined({"by x": good, "by y": Report("wrong", 0.5, [0], [{"n": 3}], "no sign")})
    <report: wrong, largest relative error 5e-01>
    """
    verdicts = ("wrong", "not checked", "ok")
    name, worst = min(reports.items(), key=lambda item: verdicts.index(item[1].verdict))
    if worst.ok:
        worst = max(reports.values(), key=lambda report: report.largest_error)
    reason = f"{name}: {worst.reason}" if worst.reason else ""
    return Report(worst.verdict, worst.largest_error, worst.seeds, worst.sizes, reason)


def written(sizes: Mapping[str, int]) -> str:
    """`m=3 n=2`."""
    return " ".join(f"{name}={size}" for name, size in sizes.items())


def shown(error: float) -> str:
    """`3e-11`, or `0`."""
    return f"{error:.0e}" if error else "0"
