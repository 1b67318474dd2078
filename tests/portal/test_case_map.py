"""docs/cases.md leads from each case to tests that are there and say whose case they are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\| ([A-Z]\d\d) (.*)$", re.MULTILINE)
_NAMED = re.compile(r"`([a-z_/]+\.py)(?:::(test_\w+))?`")


def lines() -> list[tuple[str, str]]:
    """Give each case with its line of the map."""
    return _ROW.findall((ROOT / "docs" / "cases.md").read_text(encoding="utf-8"))


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """Give each case with the files and tests that its row names."""
    return [(case, _NAMED.findall(line)) for case, line in lines()]


@cache
def functions(name: str) -> dict[str, str]:
    """Give each function of a file of the tests, with its docstring; none when it is not there."""
    file = ROOT / "tests" / name
    tree = ast.parse(file.read_text(encoding="utf-8") if file.is_file() else "")
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {function.name: ast.get_docstring(function) or "" for function in found}


def says(case: str, file: str, test: str) -> bool:
    """Whether the test names the case, in its name or its docstring."""
    return bool(
        re.search(rf"\b{case}\b", functions(file).get(test, ""))
        or re.search(rf"_{case.lower()}(_|$)", test)
    )


def test_every_test_that_the_map_names_is_there() -> None:
    named = [one for _, tests in rows() for one in tests]
    assert len(named) > 200
    assert [
        f"{file}::{test or 'run'}" for file, test in named if (test or "run") not in functions(file)
    ] == []


def test_every_case_is_named_by_one_of_its_tests() -> None:
    found = rows()
    cases = [case for case, _ in found]
    assert len(cases) == len(set(cases)) > 80
    assert [
        case for case, tests in found if not any(says(case, file, test) for file, test in tests)
    ] == []


def test_every_break_was_made() -> None:
    """The last column says what was switched off to see the tests fail."""
    assert [case for case, line in lines() if "not yet" in line or "| - |" in line] == []
