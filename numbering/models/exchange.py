"""What was said to the carrier and what it answered: redacted, bounded, kept for a time."""

from django.db import models

from numbering.models.import_order import ImportOrder


class CarrierExchange(models.Model):
    """One HTTP attempt. Bodies hold no secrets and at most 64 KiB each way."""

    at = models.DateTimeField(db_index=True)
    order = models.ForeignKey(
        ImportOrder, null=True, on_delete=models.SET_NULL, related_name="exchanges"
    )
    operation = models.CharField(max_length=40)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=400)
    http_status = models.PositiveSmallIntegerField("HTTP", null=True)
    outcome = models.CharField(max_length=10)
    detail = models.CharField(max_length=500, blank=True)
    request_body = models.TextField(blank=True)
    response_body = models.TextField(blank=True)
    duration_ms = models.PositiveIntegerField("ms")

    class Meta:
        verbose_name = "carrier exchange"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.method} {self.operation}"
