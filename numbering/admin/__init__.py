"""The staff pages. Importing the modules registers them."""

from numbering.admin import (
    alert,
    case,
    error_help,
    exchange,
    import_order,
    job,
    loa,
    mail,
    sip_peer,
    subscriber,
    telephone_number,
    webhook,
)

__all__ = [
    "alert",
    "case",
    "error_help",
    "exchange",
    "import_order",
    "job",
    "loa",
    "mail",
    "sip_peer",
    "subscriber",
    "telephone_number",
    "webhook",
]
