"""Where the QR code on a letter leads: is it genuine, and does it still count? For anybody."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from numbering.domain.verifying import verdict_of, was_made
from numbering.phone import display


@never_cache
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Say what there is to say of the letter; with `sha256`, whether a file is the one kept."""
    verdict = verdict_of(code)
    if verdict is None:
        waits = was_made(code)
        response = render(
            request, "numbering/verify_none.html", {"waits": waits}, status=200 if waits else 404
        )
    else:
        asked = "".join(request.GET.get("sha256", "").split()).lower()
        context = {
            "verdict": verdict,
            "numbers": [display(e164) for e164 in verdict.numbers],
            "withdrawn_numbers": [display(e164) for e164 in verdict.withdrawn_numbers],
            "asked": asked[:64],
            "is_same": asked in verdict.hashes,
        }
        response = render(request, "numbering/verify.html", context)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
