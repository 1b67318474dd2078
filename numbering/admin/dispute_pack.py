"""The dispute pack of a number or a subscriber: asked for on a page, then given as a ZIP."""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from numbering.admin.ask_first import ask_first
from numbering.admin.person import person_of
from numbering.domain import dispute_pack
from numbering.models import Subscriber, TelephoneNumber


def number_pack_view(request: HttpRequest, number_id: int) -> HttpResponseBase:
    """The pack of one telephone number."""
    numbers = TelephoneNumber.objects.select_related("subscriber")
    return _view(request, numbers.filter(pk=number_id).first(), "telephonenumber")


def subscriber_pack_view(request: HttpRequest, subscriber_id: int) -> HttpResponseBase:
    """The pack of a subscriber."""
    return _view(request, Subscriber.objects.filter(pk=subscriber_id).first(), "subscriber")


def _view(
    request: HttpRequest, subject: TelephoneNumber | Subscriber | None, page: str
) -> HttpResponseBase:
    """GET asks first, because what is given is recorded; POST gives it."""
    if not request.user.has_perm("numbers.open_loa"):
        raise PermissionDenied
    if subject is None:
        raise Http404
    if request.method != "POST":
        return ask_first(
            request,
            title="Dispute pack",
            sentence=f"Everything that proves consent for {subject}, as a ZIP: the LOAs, their "
            "evidence, the orders' history, the carrier's notices and our calls. It is recorded "
            "that you took it and opened the LOAs in it.",
            back=reverse(f"admin:numbers_{page}_change", args=[subject.pk]),
            busy="",
        )
    pack = dispute_pack.build(
        subject,
        is_masked=not request.user.has_perm("numbers.read_raw_bodies"),
        actor=person_of(request),
    )
    return FileResponse(
        pack,
        as_attachment=True,
        filename=f"dispute-pack-{page}-{subject.pk}.zip",
        content_type="application/zip",
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
