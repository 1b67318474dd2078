"""Small words for sentences that count."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: "1 number", "3 numbers", "2 copies"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def lasting(seconds: float) -> str:
    """Return a span of time in words: "8 seconds", "12 minutes", "3 hours", "2 days"."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * size:
            return counted(round(seconds / size), unit)
    return counted(round(seconds), "second")
