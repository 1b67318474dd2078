"""The documentation names every card and every fault that there is, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from carrier.sandbox.cards import CARDS
from carrier.sandbox.faults import NAMES

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text()


def test_the_card_table_is_the_one_that_the_server_uses() -> None:
    rows = re.findall(r"^\| `(NPA-719-[0-9]{4})` \| (.+) \|$", TEXT, re.MULTILINE)
    assert rows == [(card.label, card.summary) for card in CARDS]


def test_the_fault_table_names_every_fault() -> None:
    rows = re.findall(r"^\| `([a-z_0-9]+)` \|", TEXT, re.MULTILINE)
    assert sorted(rows) == sorted(NAMES)
