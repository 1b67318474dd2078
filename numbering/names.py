"""People's names, as far as they are compared."""


def plain_name(name: str) -> str:
    """Return the name as it is compared: capitals and the number of spaces make no difference."""
    return " ".join(name.casefold().split())
