"""The shape of a row of the table, before it is known to which operation it belongs."""

from numbering.enums import WhoActs

#: The code, what is wrong, who has to act, and what fixes it.
Row = tuple[str, str, WhoActs, str]

CU, SU, CO, CA = WhoActs.CUSTOMER, WhoActs.SUPPORT, WhoActs.CONFIGURATION, WhoActs.CARRIER


def alike(codes: str, meaning: str, who_acts: WhoActs, fix: str) -> tuple[Row, ...]:
    """Return a row for each of the codes, which stand with blanks between them."""
    return tuple((code, meaning, who_acts, fix) for code in codes.split())
