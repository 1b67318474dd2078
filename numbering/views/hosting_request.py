"""A customer's hosting request in three short steps; each step saves, and the link leads back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from numbering.domain import hosting_requests
from numbering.domain.hosting_requests import NotOpen, lacks
from numbering.domain.import_orders import CannotDo
from numbering.domain.invitations import AlreadyUsed
from numbering.enums import HostingRequestState, InvitationPurpose
from numbering.models import HostingRequest, Invitation
from numbering.request_forms import DetailsForm
from numbering.views.link import invitation_of
from numbering.views.request_numbers import empty_form, numbers_context, take_posted

_METHODS = ("GET", "HEAD", "POST")
_SENT_ALREADY = "You have sent this already. Nothing was sent twice."
_UNPROCESSABLE = 422


@never_cache
@require_http_methods(_METHODS)
def numbers(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Step 1: which numbers, and at once what can be done with each."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.HOST)
    hosting = _being_filled(invitation)
    if hosting is None:
        return to_status(invitation)
    form, status = empty_form(hosting), 200
    if request.method == "POST":
        try:
            posted = take_posted(request, hosting)
        except NotOpen:
            return sent_already(request, invitation)
        if posted.form.is_valid():
            if request.POST.get("do") == "later":
                _say_saved(request, invitation)
            elif request.POST.get("do") == "next" and not posted.is_news:
                if hosting.numbers.exists():
                    return redirect("numbering:request_details", invitation.pk)
                posted.form.add_error("numbers", "Give at least one phone number.")
        if posted.form.is_valid():
            return redirect("numbering:request", invitation.pk)
        form, status = posted.form, _UNPROCESSABLE
    context = {"invitation": invitation, "form": form, "step": 1, **numbers_context(hosting)}
    return render(request, "numbering/request_numbers.html", context, status=status)


@never_cache
@require_http_methods(_METHODS)
def details(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Step 2: the business, its address, and who may sign."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.HOST)
    hosting = _being_filled(invitation)
    if hosting is None:
        return to_status(invitation)
    form, status = DetailsForm.of(hosting), 200
    if request.method == "POST":
        is_later = request.POST.get("do") == "later"
        form = DetailsForm.of(hosting, request.POST, whole=not is_later)
        try:
            hosting_requests.save_progress(hosting, form.changes())
        except NotOpen:
            return sent_already(request, invitation)
        if form.is_valid():
            if is_later:
                _say_saved(request, invitation)
                return redirect("numbering:request_details", invitation.pk)
            return redirect("numbering:request_check", invitation.pk)
        status = _UNPROCESSABLE
    context = {"invitation": invitation, "hosting": hosting, "form": form, "step": 2}
    return render(request, "numbering/request_details.html", context, status=status)


@never_cache
@require_http_methods(_METHODS)
def check(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Step 3: everything on one page, and the button that sends it."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.HOST)
    hosting = _being_filled(invitation)
    if hosting is None:
        if request.method == "POST":
            return sent_already(request, invitation)
        return to_status(invitation)
    trouble = ""
    if request.method == "POST":
        try:
            hosting_requests.hand_in(invitation)
        except (AlreadyUsed, NotOpen):
            return sent_already(request, invitation)
        except CannotDo as error:
            trouble = str(error)
        else:
            return to_status(invitation)
    context = {
        "invitation": invitation,
        "hosting": hosting,
        "lacks": lacks(hosting),
        "trouble": trouble,
        "step": 3,
        **numbers_context(hosting),
    }
    return render(
        request,
        "numbering/request_check.html",
        context,
        status=_UNPROCESSABLE if trouble else 200,
    )


@never_cache
@require_http_methods(_METHODS)
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Give the request up; the page asks first."""
    invitation = invitation_of(
        request, invitation_id, InvitationPurpose.HOST, InvitationPurpose.CORRECT
    )
    if request.method == "POST":
        try:
            hosting_requests.withdraw(invitation)
        except CannotDo as error:
            messages.error(request, str(error))
        return to_status(invitation)
    if invitation.used_at is not None:
        return to_status(invitation)
    return render(request, "numbering/request_withdraw.html", {"invitation": invitation})


def to_status(invitation: Invitation) -> HttpResponse:
    """Lead to where the request is."""
    return redirect("numbering:status", invitation.pk)


def sent_already(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Lead there from a form that was sent a second time, or too late."""
    messages.info(request, _SENT_ALREADY)
    return to_status(invitation)


def _being_filled(invitation: Invitation) -> HostingRequest | None:
    hosting = invitation.request
    assert hosting is not None
    is_open = hosting.state == HostingRequestState.FILLING and invitation.used_at is None
    return hosting if is_open else None


def _say_saved(request: HttpRequest, invitation: Invitation) -> None:
    end = date_format(timezone.localtime(invitation.expires_at), "F j, Y")
    messages.success(
        request, f"Saved. You can close this page; the link in our mail leads back until {end}."
    )
