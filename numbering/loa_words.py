"""What a Letter of Authorization says, and what somebody agrees to who signs it on a screen.

A changed sentence needs a new version: what was signed years ago must be told from what is signed
now (tests hold each version against the SHA-256 of its text).
"""

import hashlib
from dataclasses import dataclass

from numbering.enums import LoaType

WORDS_VERSION = "1"
CONSENT_VERSION = "1"
# As the letter calls the carrier's two kinds.
KINDS = {
    LoaType.SUBSCRIBER.value: "The customer's own letter (subscriber)",
    LoaType.CARRIER.value: "Blanket letter under an agreement between carriers",
}


def authorizing_words(
    *, company: str, subscriber: str, loa_type: str, has_toll_free: bool
) -> tuple[str, ...]:
    """Return the paragraphs that are signed: who lets whom do what, and until when."""
    if loa_type == LoaType.CARRIER:
        standing = (
            f"{subscriber} serves the customers who use the telephone numbers listed in this "
            f"letter and has an agreement with {company} that covers them (blanket "
            "authorization). It holds the consent of each of these customers and shows it when "
            "asked. I am allowed to sign this letter for it."
        )
    else:
        standing = (
            f"{subscriber} is the customer of record of the telephone numbers listed in this "
            "letter. Its name and service address in this letter are those on its phone bill. "
            "I am allowed to sign this letter for it."
        )
    words = [
        f"For {subscriber}, I authorize {company}, and the carriers and messaging providers that "
        f"{company} works with, to switch on text and picture messages (SMS and MMS) for the "
        "telephone numbers listed in this letter, and to carry these messages from now on.",
        "To do so they may enter and change where messages to these numbers are routed, and may "
        "show this letter to the present messaging provider and to any other carrier involved.",
        "This is about messages only. Voice calls, the voice carrier and the ownership of the "
        "numbers stay as they are. Messages that now go through another provider will stop there.",
    ]
    if has_toll_free:
        words.append(
            "For the toll-free numbers listed in this letter, this includes having them enabled "
            "for text messages, and their messaging provider changed, in the toll-free messaging "
            "registry. The organization responsible for their voice service (RespOrg) does not "
            "change."
        )
    return (
        *words,
        standing,
        f"This authorization begins on the day of signature. It ends when {subscriber} withdraws "
        f"it from {company} in writing or online. What was done before then stays valid.",
    )


@dataclass(frozen=True)
class Consent:
    """What somebody agrees to who signs on a screen, as it was shown to them."""

    version: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it, as it is kept."""
        return "\n".join(self.sentences)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def consent(*, company: str, ask_us: str, email: str) -> Consent:
    """Return the present text of the consent to sign electronically."""
    return Consent(
        CONSENT_VERSION,
        (
            "I agree to sign this one Letter of Authorization electronically. My typed name "
            "counts as my signature, as on paper.",
            "I may have it on paper instead, free of charge: print the letter, sign it by hand "
            f"and upload it, or ask {company} ({ask_us}) for a paper copy.",
            "I may take this agreement back: before I sign, by leaving this page; later, by "
            f"telling {company} ({ask_us}). What I signed until then stays valid until the "
            "authorization itself is withdrawn.",
            "I need a device with a current web browser, and can open and keep PDF files. My copy "
            f"comes to {email}; I tell {company} when this address changes.",
        ),
    )
