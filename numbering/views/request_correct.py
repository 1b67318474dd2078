"""A request that was sent back: support's remark, the one part to correct, the rest to read."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from numbering.domain import hosting_requests
from numbering.domain.hosting_requests import NotOpen
from numbering.domain.import_orders import CannotDo
from numbering.domain.invitations import AlreadyUsed
from numbering.enums import HostingRequestState, InvitationPurpose, RequestPart
from numbering.models import HostingRequest, Invitation
from numbering.request_forms import PART_FORMS
from numbering.views.hosting_request import sent_already, to_status
from numbering.views.link import invitation_of
from numbering.views.request_numbers import empty_form, numbers_context, take_posted

_UNPROCESSABLE = 422


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Show what was sent back, or take the correction and hand the request in again."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.CORRECT)
    hosting = invitation.request
    assert hosting is not None
    if hosting.state != HostingRequestState.RETURNED or invitation.used_at is not None:
        if request.method == "POST":
            return sent_already(request, invitation)
        return to_status(invitation)
    part = RequestPart(hosting.returned_field)
    try:
        if part is RequestPart.NUMBERS:
            return _numbers(request, invitation, hosting)
        return _part(request, invitation, hosting, part)
    except (AlreadyUsed, NotOpen):
        return sent_already(request, invitation)


def _part(
    request: HttpRequest, invitation: Invitation, hosting: HostingRequest, part: RequestPart
) -> HttpResponse:
    form = PART_FORMS[part].of(hosting)
    if request.method == "POST":
        form = PART_FORMS[part].of(hosting, request.POST)
        if form.is_valid():
            try:
                hosting_requests.correct(invitation, form.changes())
            except (AlreadyUsed, NotOpen):
                raise
            except CannotDo as error:
                form.add_error(None, str(error))
            else:
                return to_status(invitation)
    return _page(request, invitation, hosting, part, form)


def _numbers(request: HttpRequest, invitation: Invitation, hosting: HostingRequest) -> HttpResponse:
    form = empty_form(hosting)
    if request.method == "POST":
        posted = take_posted(request, hosting)
        form = posted.form
        if form.is_valid() and request.POST.get("do") == "next" and not posted.is_news:
            try:
                hosting_requests.hand_in(invitation)
            except AlreadyUsed:
                raise
            except CannotDo as error:
                form.add_error("numbers", str(error))
            else:
                return to_status(invitation)
        elif form.is_valid():
            return redirect("numbering:request_correct", invitation.pk)
    return _page(request, invitation, hosting, RequestPart.NUMBERS, form)


def _page(
    request: HttpRequest,
    invitation: Invitation,
    hosting: HostingRequest,
    part: RequestPart,
    form: Any,
) -> HttpResponse:
    context = {
        "invitation": invitation,
        "hosting": hosting,
        "part": part,
        "form": form,
        **numbers_context(hosting),
    }
    status = _UNPROCESSABLE if form.errors else 200
    return render(request, "numbering/request_correct.html", context, status=status)
