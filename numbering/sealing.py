"""Text that may lie in the database for a while and must be of no use to whoever copies it."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotUnseal(Exception):
    """The text was sealed under another SECRET_KEY, or is damaged."""


def seal(text: str) -> str:
    """Encrypt a text under a key that is derived from SECRET_KEY."""
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the text. Raises CannotUnseal."""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal("It was sealed under another SECRET_KEY.") from error


def _fernet() -> Fernet:
    # A key for this one purpose: what signs sessions must not be what encrypts rows.
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"numbering.sealing")
    return Fernet(urlsafe_b64encode(kdf.derive(settings.SECRET_KEY.encode())))
