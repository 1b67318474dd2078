"""The door for order notifications; see `door`."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from numbering.door import Door

BODY_LIMIT = 1024 * 1024
DOOR = Door(
    insert="INSERT INTO numbers_webhookevent (content_type, body, is_cut) VALUES (%s, %s, %s)",
    body_limit=BODY_LIMIT,
)


@csrf_exempt
def order_webhook(request: HttpRequest) -> HttpResponse:
    """Receive one notification."""
    return DOOR.respond(request)
