"""What a signature stands for, as one SHA-256: names, address, kind of letter and numbers."""

import hashlib
import json
from collections.abc import Iterable

from numbering.models import ImportOrder


def fingerprint_of(order: ImportOrder, numbers: Iterable[str] | None = None) -> str:
    """Return the fingerprint of the order as it is now, or as it would be with other numbers."""
    if numbers is None:
        numbers = order.numbers.values_list("e164", flat=True)
    facts = [
        order.subscriber.name,
        order.subscriber.service_address,
        order.loa_authorizing_person,
        str(order.loa_type),
        sorted(numbers),
    ]
    canonical = json.dumps(facts, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
