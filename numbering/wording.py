"""Small words for sentences that count."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: "1 number", "3 numbers", "2 copies"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
