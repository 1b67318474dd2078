"""The operators' page knows every setting and every start-up check there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")


def test_every_setting_is_described() -> None:
    source = (ROOT / "portal" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:read_[a-z]+|env\.[a-z_]+)\(\s*"([A-Z_0-9]+)"', source))
    assert len(names) > 30
    assert {name for name in names if f"`{name}`" not in OPERATORS} == set()


def test_every_start_up_check_is_described() -> None:
    source = (ROOT / "portal" / "checks.py").read_text(encoding="utf-8")
    ids = set(re.findall(r'"(portal\.[EW][0-9]+)"', source))
    assert {check for check in ids if f"`{check}`" not in OPERATORS} == set()
