"""The door for message callbacks, of sent and of received messages; see `numbering.door`."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from numbering.door import Door

BODY_LIMIT = 256 * 1024
DOOR = Door(
    insert=("INSERT INTO messaging_messageevent (content_type, body, is_cut) VALUES (%s, %s, %s)"),
    body_limit=BODY_LIMIT,
)


@csrf_exempt
def message_webhook(request: HttpRequest) -> HttpResponse:
    """Receive one callback."""
    return DOOR.respond(request)
