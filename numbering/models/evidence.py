"""The chain of evidence: entries that are added and never changed."""

from typing import Any, NoReturn

from django.db import models

from numbering.enums import EvidenceKind
from numbering.models.import_order import ImportOrder
from numbering.models.loa import Loa
from numbering.models.subscriber import Subscriber


class EvidenceIsKept(Exception):
    """Somebody tried to change or delete an entry; a correction is an entry of its own."""


class EvidenceQuerySet(models.QuerySet["EvidenceEntry"]):
    """Entries to read and to add to."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse: entries do not change."""
        raise EvidenceIsKept("Entries of evidence are not changed.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: entries do not change."""
        raise EvidenceIsKept("Entries of evidence are not changed.")

    def delete(self) -> NoReturn:
        """Refuse: entries stay."""
        raise EvidenceIsKept("Entries of evidence are not deleted.")


class EvidenceEntry(models.Model):
    """One proven fact. Its digest covers its content and the digest of the entry before it."""

    position = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=EvidenceKind)
    subscriber = models.ForeignKey(Subscriber, on_delete=models.PROTECT, related_name="evidence")
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.PROTECT, related_name="evidence"
    )
    loa = models.ForeignKey(Loa, null=True, on_delete=models.PROTECT, related_name="evidence")
    data = models.JSONField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.position}: {self.get_kind_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the entry. Raises EvidenceIsKept for one that is there already."""
        if not self._state.adding:
            raise EvidenceIsKept("Entries of evidence are not changed.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: entries stay."""
        raise EvidenceIsKept("Entries of evidence are not deleted.")


class EvidenceHead(models.Model):
    """The end of the chain, kept apart: without it, entries cut off the end would not be missed."""

    position = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.position}: {self.digest}"
