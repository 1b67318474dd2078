"""Results as a table for people and as lines of JSON for programs."""

import json
import os
from pathlib import Path
from statistics import median

from tests.benchmarks.benchmark import Result

_FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench"
_HEADINGS = ("benchmark", "floor", "ours", "unit", "ratio", "lowest", "highest", "goal", "met")


def kept_folder() -> Path:
    """The folder for what a run leaves to be read: BENCH_FOLDER, or var/bench."""
    folder = Path(os.environ.get("BENCH_FOLDER") or _FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def table(results: list[Result]) -> str:
    """Every result on a line: medians of the figures, and the ratio with its spread."""
    rows = [_HEADINGS, *(_row(result) for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def json_lines(results: list[Result]) -> str:
    """Every result as a JSON object on a line of its own."""
    return "\n".join(
        json.dumps(
            {
                "name": result.benchmark.name,
                "ratio": round(result.ratio, 5),
                "goal": result.benchmark.goal,
                "met": result.is_met,
            }
        )
        for result in results
    )


def _row(result: Result) -> tuple[str, ...]:
    benchmark = result.benchmark
    return (
        benchmark.name,
        f"{median(result.floor):,.1f}",
        f"{median(result.ours):,.1f}",
        benchmark.unit,
        f"{result.ratio:.4f}",
        f"{min(result.ratios):.3f}",
        f"{max(result.ratios):.3f}",
        f"{'at least' if benchmark.more_is_better else 'at most'} {benchmark.goal:g}",
        "yes" if result.is_met else "NO",
    )
