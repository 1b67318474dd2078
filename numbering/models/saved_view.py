"""A list page with its search and filters, under a name."""

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """One person's view of a list; a shared one is everybody's."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField("name", max_length=60)
    # The list's address after the question mark: parameters that the list itself has read.
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField("for everybody", default=False)

    class Meta:
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(fields=("person", "name"), name="one_view_per_name_and_person")
        ]

    def __str__(self) -> str:
        return self.name
