"""docs/cases.md leads from each case to tests that are there and say whose case they are."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\| ([A-Z]\d\d) (.*)$", re.MULTILINE)
_NAMED = re.compile(r"`([a-z_/]+\.py)(?:::(test_\w+))?`")


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """Give each case with the files and tests that its row names."""
    text = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    return [(case, _NAMED.findall(row)) for case, row in _ROW.findall(text)]


def source(name: str) -> str:
    """Read a file of the tests, "" when there is none."""
    file = ROOT / "tests" / name
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def test_every_test_that_the_map_names_is_there() -> None:
    named = [one for _, tests in rows() for one in tests]
    assert len(named) > 80
    assert [
        f"{file}::{test}"
        for file, test in named
        if (f"def {test}(" if test else "def run(") not in source(file)
    ] == []


def test_every_case_is_named_by_one_of_its_tests() -> None:
    found = rows()
    cases = [case for case, _ in found]
    assert len(cases) == len(set(cases)) > 40
    assert [
        case
        for case, tests in found
        if not any(re.search(rf"\b{case}\b|_{case.lower()}\b", source(file)) for file, _ in tests)
    ] == []
