"""Look up the help for carrier codes, and fill in what an installation does not have yet."""

from numbering.enums import WhoActs
from numbering.error_help_table import ERROR_HELP
from numbering.models import ErrorHelp


def fill_missing() -> None:
    """Add the rows of the table that are not there; what staff wrote stays."""
    present = set(ErrorHelp.objects.values_list("operation", "code"))
    missing = [
        ErrorHelp(
            operation=row.operation,
            code=row.code,
            meaning=row.meaning,
            who_acts=row.who_acts,
            fix=row.fix,
        )
        for row in ERROR_HELP
        if (row.operation, row.code) not in present
    ]
    # Another worker may be doing the same.
    ErrorHelp.objects.bulk_create(missing, ignore_conflicts=True)


def help_for(codes: set[tuple[str, str]]) -> dict[tuple[str, str], ErrorHelp]:
    """Return the help of each (operation, code) that has one, in one query."""
    rows = ErrorHelp.objects.filter(code__in={code for _, code in codes})
    found = {(row.operation, row.code): row for row in rows}
    return {key: row for key, row in found.items() if key in codes}


def unknown_help(operation: str, code: str, description: str) -> ErrorHelp:
    """Return what to show for a code without help: the carrier's own words, and who to ask."""
    return ErrorHelp(
        operation=operation,
        code=code,
        meaning=description[:200] or "The carrier gave no reason.",
        who_acts=WhoActs.SUPPORT,
        fix="No help is written for this code yet. Ask the carrier's support, then add the help.",
    )
