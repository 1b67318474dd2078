"""The staff pages. Importing the modules registers them."""

from numbering.admin import (
    alert,
    case,
    error_help,
    exchange,
    export,
    hosting_request,
    import_order,
    job,
    loa,
    mail,
    removal,
    sip_peer,
    subscriber,
    telephone_number,
    webhook,
    withdrawal,
)

__all__ = [
    "alert",
    "case",
    "error_help",
    "exchange",
    "export",
    "hosting_request",
    "import_order",
    "job",
    "loa",
    "mail",
    "removal",
    "sip_peer",
    "subscriber",
    "telephone_number",
    "webhook",
    "withdrawal",
]
