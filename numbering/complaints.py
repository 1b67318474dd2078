"""Which field of ours the carrier complains about, read from its codes and words."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A field of a form: of the order's own details, or of its subscriber."""

    of: str
    name: str
    label: str


# The carrier names a field by its code or, in the sentence, by its element (REFERENCE 4.1, 15.4).
_FIELDS = tuple(
    (re.compile(pattern), Field(of, name, label))
    for pattern, of, name, label in (
        (r"\b25131\b|\bSubscriber/Name\b", "subscriber", "name", "Subscriber's name"),
        (r"HouseNumber", "subscriber", "house_number", "House number"),
        (r"HouseSuffix", "subscriber", "house_suffix", "House number's suffix"),
        (r"StreetName", "subscriber", "street_name", "Street"),
        (r"StreetSuffix", "subscriber", "street_suffix", "Street type"),
        (r"PreDirectional", "subscriber", "pre_directional", "Direction before the street"),
        (r"PostDirectional", "subscriber", "post_directional", "Direction after the street"),
        (r"AddressLine2", "subscriber", "address_line2", "Floor or suite"),
        (r"\bCity\b", "subscriber", "city", "City"),
        (r"StateCode", "subscriber", "state_code", "State"),
        (r"\bZip\b", "subscriber", "zip_code", "ZIP code"),
        (r"PlusFour", "subscriber", "plus_four", "ZIP+4"),
        (r"County\b", "subscriber", "county", "County"),
        (
            r"LoaAuthorizingPerson",
            "order",
            "loa_authorizing_person",
            "Authorizing person",
        ),
        (r"\b25100\b|\b25110\b|LoaType", "order", "loa_type", "LOA type"),
        (
            r"\b(7309|7310|7311|7312|5016|5166)\b|SiteId|SipPeerId",
            "order",
            "sip_peer",
            "Site and SIP peer",
        ),
    )
)


def fields_named(complaint: str) -> list[Field]:
    """Return the fields that a complaint of the carrier is about; none where it names none."""
    return [field for pattern, field in _FIELDS if pattern.search(complaint)]
