"""The help that a new installation starts with; staff edit it in the admin afterwards.

Source of the codes: carrier REFERENCE sections 3, 4, 7 to 9 and 15. A code means one thing within
one operation and may mean another elsewhere, so each row names its operation: `check` is the
importability check, `import` the order, `loa` the files, `removal` the order to host numbers no
more, `search` the look for numbers on offer, `order` the order of new numbers, `disconnect` the
one that gives owned numbers back, `subscription` the webhook subscriptions.
"""

from dataclasses import dataclass

from numbering.enums import WhoActs
from numbering.error_help_table import hosting, new_numbers


@dataclass(frozen=True)
class Help:
    """One row: what is wrong, who has to act, and what fixes it."""

    operation: str
    code: str
    meaning: str
    who_acts: WhoActs
    fix: str


# A number can fail in an order with the codes of the check as well (REFERENCE 4.2).
ERROR_HELP = tuple(
    Help(operation, *row)
    for operation, rows in (
        ("check", hosting.IMPORTABILITY),
        ("import", hosting.IMPORTABILITY + hosting.ORDERS),
        ("loa", hosting.LOA),
        ("removal", hosting.REMOVALS),
        ("search", new_numbers.SEARCHES),
        ("order", new_numbers.ORDERS),
        ("disconnect", new_numbers.DISCONNECTS),
        ("subscription", hosting.SUBSCRIPTIONS),
    )
    for row in rows
)
