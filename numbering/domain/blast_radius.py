"""What else would be hit if numbers left, as other apps know it."""

from collections.abc import Callable, Collection

# Says in a sentence what goes with these numbers (in E.164); nothing goes without words.
Teller = Callable[[Collection[str]], str]
_tellers: list[Teller] = []


def also_tell(teller: Teller) -> None:
    """Have another app say what it would lose; called once, when that app is ready."""
    _tellers.append(teller)


def told(e164s: Collection[str]) -> list[str]:
    """Return a sentence from each app that would lose something with these numbers."""
    return [sentence for teller in _tellers if (sentence := teller(e164s))]
