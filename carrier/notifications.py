"""Order webhooks: reading what the carrier knocks with. No network, no belief in the content.

Source: the carrier's subscription and event notification pages.
"""

from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.dates import read_date
from carrier.errors import UnreadableBody
from carrier.problems import read_numbers
from carrier.records import Notification

MAX_BYTES = 1024 * 1024
MAX_ELEMENTS = 20_000

# The carrier's pages show the one for orders, and either for events.
_NUMBERS = ("impactedtelephonenumbers", "completedtelephonenumbers")


def read_notification(body: bytes, content_type: str) -> Notification:
    """What the webhook says. The numbers are those it names, also when its status is FAILED.

    The body decides, whatever `content_type` claims, except that forms and multipart uploads are
    not read at all. Ids are the carrier's text and unchecked. Raises UnreadableBody with the
    reason in plain words, and nothing else.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/") or kind == "application/x-www-form-urlencoded":
        raise UnreadableBody(f"a notice is not sent as {kind[:60]}")
    if len(body) > MAX_BYTES:
        raise UnreadableBody(f"the body is larger than {MAX_BYTES} bytes")
    root = xmlbody.parse(body, max_elements=MAX_ELEMENTS)
    if xmlbody.name_of(root) != "notification":
        raise UnreadableBody("the body is XML, but not a notification")
    parts: dict[str, Element] = {}
    for part in root:
        parts.setdefault(xmlbody.name_of(part), part)

    def text(name: str) -> str:
        return xmlbody.text(parts.get(name))

    numbers = (number for name in _NUMBERS for number in read_numbers(parts.get(name)))
    raw_last_modified = text("lastmodifieddate")
    return Notification(
        order_type=text("ordertype"),
        event_type=text("eventtype"),
        order_id=text("orderid"),
        customer_order_id=text("customerorderid"),
        status_word=text("status"),
        message=text("message"),
        note=text("note"),
        telephone_numbers=tuple(dict.fromkeys(numbers)),
        subscription_id=text("subscriptionid"),
        last_modified_at=read_date(raw_last_modified),
        raw_last_modified=raw_last_modified,
    )
