"""A customer signs the letter on the screen: reads it, signs on a page of its own, keeps a copy."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from numbering.domain import signing
from numbering.domain.cannot_do import CannotDo
from numbering.domain.fingerprint import fingerprint_of
from numbering.domain.invitations import AlreadyUsed
from numbering.domain.signing import LetterChanged, Signing
from numbering.enums import InvitationPurpose, LoaSource
from numbering.models import Invitation, Loa
from numbering.phone import display
from numbering.sign_form import SignForm
from numbering.views.link import first_page, invitation_of
from numbering.views.loa_file import attachment, loa_file
from numbering.views.visitor import address_of, browser_of

_CHANGED = "The letter was changed meanwhile. Please read it once more before you sign."
_ALREADY = "The letter was handed in already. Nothing was signed twice."
_UNPROCESSABLE = 422


@never_cache
@require_safe
def review(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Show all that the letter says, and lead on to the page where it is signed."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.LOA)
    if invitation.used_at is not None:
        return _after(invitation)
    order = signing.order_of(invitation)
    numbers = order.numbers.order_by("e164").values_list("e164", flat=True)
    context = {
        "invitation": invitation,
        "order": order,
        "why_not": signing.why_not(order),
        "signers": signing.who_may_sign(order),
        "words": signing.words_of(order),
        "numbers": [display(e164) for e164 in numbers],
        "seen": fingerprint_of(order),
    }
    return render(request, "numbering/sign_review.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """The authorizing words alone, the consent and the signature. Looking (GET) changes nothing.

    The fingerprint of what was read comes along, so that nobody signs what they have not seen.
    """
    invitation = invitation_of(request, invitation_id, InvitationPurpose.LOA)
    if invitation.used_at is not None:
        if request.method == "POST":
            messages.info(request, _ALREADY)
        return _after(invitation)
    order = signing.order_of(invitation)
    seen = (request.POST if request.method == "POST" else request.GET).get("seen", "")
    if signing.why_not(order) or not seen:
        return redirect("numbering:loa_sign", invitation.pk)
    if seen != fingerprint_of(order):
        messages.warning(request, _CHANGED)
        return redirect("numbering:loa_sign", invitation.pk)
    signers = signing.who_may_sign(order)
    if request.method == "POST":
        form = SignForm(request.POST, signers=signers)
        if form.is_valid() and (leads_to := _sign(request, invitation, form)):
            return redirect(leads_to, invitation.pk)
    else:
        form = SignForm(signers=signers, initial={"seen": seen})
    context = {
        "invitation": invitation,
        "order": order,
        "form": form,
        "words": signing.words_of(order),
        "consent": signing.consent_for(invitation),
    }
    status = _UNPROCESSABLE if form.errors else 200
    return render(request, "numbering/sign.html", context, status=status)


def _sign(request: HttpRequest, invitation: Invitation, form: SignForm) -> str:
    """Sign, and return where it leads; or "" with the reason at the form: nothing is lost."""
    done = Signing(
        name=form.cleaned_data["name"],
        strokes=form.cleaned_data["drawn"],
        seen=form.cleaned_data["seen"],
        address=address_of(request),
        browser=browser_of(request),
    )
    try:
        signing.sign(invitation, done)
    except AlreadyUsed:
        messages.info(request, _ALREADY)
    except LetterChanged:
        messages.warning(request, _CHANGED)
        return "numbering:loa_sign"
    except CannotDo as error:
        form.add_error(None, str(error))
        return ""
    return "numbering:loa_signed"


@never_cache
@require_safe
def signed(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Say thank you, offer the copy, and what happens next."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.LOA)
    loa = _signed_here(invitation)
    if loa is None:
        return redirect(first_page(invitation))
    context = {"invitation": invitation, "order": signing.order_of(invitation), "loa": loa}
    return render(request, "numbering/signed.html", context)


@never_cache
@require_safe
def copy(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Give the signer their own copy of what was signed with this link; it is recorded."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.LOA)
    loa = _signed_here(invitation)
    if loa is None:
        raise Http404
    return loa_file(loa, None, email=invitation.email)


@never_cache
@require_safe
def letter(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Give the letter as it is now, not signed: to read in full, or to print."""
    invitation = invitation_of(request, invitation_id, InvitationPurpose.LOA)
    order = signing.order_of(invitation)
    if reason := signing.why_not(order):
        messages.info(request, reason)
        return redirect(first_page(invitation))
    try:
        content = signing.unsigned_letter(invitation)
    except CannotDo as error:
        messages.error(request, str(error))
        return redirect(first_page(invitation))
    name = f"letter-of-authorization-{order.pk}.pdf"
    return attachment(content, content_type="application/pdf", name=name)


def _signed_here(invitation: Invitation) -> Loa | None:
    return invitation.loas.filter(source=LoaSource.SIGNED).first()


def _after(invitation: Invitation) -> HttpResponse:
    if _signed_here(invitation) is not None:
        return redirect("numbering:loa_signed", invitation.pk)
    return redirect(first_page(invitation))
