"""Proof that the verdict can fail: the same kills, with workers that send again."""

from tests.faults.bench import Bench
from tests.faults.kills import figures, rehearse, rows
from tests.faults.report import Report


def run(bench: Bench) -> Report:
    """Broken is here what is not found out."""
    outcome = rehearse(bench, careless=True)
    found_out = outcome.verdict.duplicates > 0
    return Report(
        "Kills, with workers that send again (duplicates are expected)",
        rows(outcome),
        figures(outcome),
        () if found_out else ("The careless workers were not found out.",),
    )
