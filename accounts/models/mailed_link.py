"""Links that are sent by mail: kept as a hash, for a time, to be used once."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models.functions import Now


def new_key() -> str:
    """Return a key that nobody can guess (256 random bits), fit for an address."""
    return secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Return what is kept of a key: enough to know it again, of no use to open anything."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


_Link = TypeVar("_Link", bound=models.Model, covariant=True)


class MailedLinkQuerySet(models.QuerySet[_Link]):
    """Links by what they can still do; the database's clock decides."""

    def open(self) -> Self:
        """Those that are neither used, withdrawn nor expired."""
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=Now())

    def readable(self) -> Self:
        """Those that still show what they are about: used ones too, until they expire."""
        return self.filter(withdrawn_at=None, expires_at__gt=Now())

    def with_key(self, key: str) -> Self:
        """The link with this key, or none."""
        return self.filter(key_hash=hash_of(key))


class MailedLink(models.Model):
    """What every mailed link has in common. The key itself is in the mail and nowhere else."""

    email = models.EmailField("sent to")
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField("made", db_default=Now())
    expires_at = models.DateTimeField("ends")
    used_at = models.DateTimeField("used", null=True)
    withdrawn_at = models.DateTimeField("withdrawn", null=True)

    class Meta:
        abstract = True

    def renew(self, life: timedelta) -> str:
        """Give the link a new key and a new life (not saved); the old key opens nothing more."""
        key = new_key()
        self.key_hash = hash_of(key)
        # On the database's own clock, as the check is; a save reads it back as a value.
        self.expires_at = Now() + life
        return key
