"""What a part has to tell: rows for people, figures for machines, and broken promises."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """Rows of (what, how much), figures for the last line, a sentence for each broken promise."""

    title: str
    rows: tuple[tuple[str, object], ...]
    figures: dict[str, object]
    broken: tuple[str, ...]


def table(reports: list[Report]) -> str:
    """All rows under their titles, the values in one column."""
    width = max(len(what) for report in reports for what, _ in report.rows)
    lines: list[str] = []
    for report in reports:
        lines += ["", report.title]
        lines += [f"  {what:<{width}}  {_said(much)}" for what, much in report.rows]
    return "\n".join(lines[1:])


def _said(much: object) -> str:
    if isinstance(much, float):
        return f"{much:,.1f}"
    return f"{much:,}" if isinstance(much, int) and not isinstance(much, bool) else str(much)
