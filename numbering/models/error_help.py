"""What a carrier code means and who fixes it, in words that staff can edit."""

from django.db import models

from numbering.enums import WhoActs


class ErrorHelp(models.Model):
    """Help for one code within one operation: the same code means other things elsewhere."""

    operation = models.CharField(
        max_length=30, help_text="check, import, loa or subscription; codes differ between them."
    )
    code = models.CharField(max_length=10)
    meaning = models.CharField(max_length=200, help_text="What is wrong, in plain words.")
    who_acts = models.CharField("who acts", max_length=15, choices=WhoActs)
    fix = models.CharField("what fixes it", max_length=300)

    class Meta:
        verbose_name = "error help"
        verbose_name_plural = "error help"
        ordering = ("operation", "code")
        constraints = [
            models.UniqueConstraint(fields=("operation", "code"), name="one_help_per_code")
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.code}"
