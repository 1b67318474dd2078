"""Proof that the verdicts on numbers can fail: the same kills, with workers that send again."""

from tests.faults.bench import Bench
from tests.faults.numbers import figures, rehearse, rows
from tests.faults.report import Report


def run(bench: Bench) -> Report:
    """Broken is here what is not found out."""
    outcome = rehearse(bench, careless=True)
    missed = []
    if not outcome.orders.duplicates:
        missed.append("The careless workers' second orders were not found out.")
    if not outcome.bulk.posted_again:
        missed.append("The careless workers' second imports were not found out.")
    return Report(
        "Numbers, with workers that send again (duplicates are expected)",
        rows(outcome),
        figures(outcome),
        tuple(missed),
    )
