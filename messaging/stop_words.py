"""What a text message asks of us: to stop, to start again, help, or perhaps to stop.

A message that is nothing but a stop word stops at once. One that only holds such a word, or says
it in other words, is for a person to read: "please don't stop" must stop nothing, and "I said stop
texting me" must not be lost.
"""

import re
import unicodedata

from messaging.enums import Asks

_STOP = frozenset({"stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe"})
_START = frozenset({"start", "unstop", "yes"})
_HELP = frozenset({"help", "info"})
# Words that leave open what is meant, wherever they stand.
_DOUBTFUL = re.compile(
    r"\b(stop\w*|unsubscribe\w*|unsub|revoke\w*|opt(ed|ing)? ?out|remove me|take me off|"
    r"leave me alone|wrong number|no more|(don ?t|do not|never|quit|cancel|end) "
    r"(\w+ ){0,3}(text|texts|texting|message|messages|messaging|sms|contact\w*))\b"
)
_WORD = re.compile(r"[^\W_]+")


def classify(text: str) -> Asks:
    """Return what the message asks for, whatever its case, spaces, punctuation and lettering."""
    words = _words(text)
    whole = "".join(words)
    # "STOP stop" and "S.T.O.P." are no less clear than "stop".
    if words and (whole in _STOP or all(word in _STOP for word in words)):
        return Asks.STOP
    if whole in _START:
        return Asks.START
    if whole in _HELP:
        return Asks.HELP
    return Asks.UNSURE if _DOUBTFUL.search(" ".join(words)) else Asks.NONE


def _words(text: str) -> list[str]:
    """Return the words in plain lower-case letters: full-width, bold and accented ones as well."""
    plain = unicodedata.normalize("NFKD", text)
    # Accents, and what has no width, belong to the word around them.
    kept = (char for char in plain if unicodedata.category(char) not in ("Mn", "Me", "Cf"))
    return _WORD.findall("".join(kept).casefold())
