"""The staff pages. Importing the modules registers them."""

from numbering.admin import (
    error_help,
    exchange,
    import_order,
    job,
    loa,
    sip_peer,
    subscriber,
    telephone_number,
    webhook,
)

__all__ = [
    "error_help",
    "exchange",
    "import_order",
    "job",
    "loa",
    "sip_peer",
    "subscriber",
    "telephone_number",
    "webhook",
]
