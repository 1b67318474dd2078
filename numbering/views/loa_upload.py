"""The customer's letter: which way to give it, the signed copy uploaded, and its pages shown."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from numbering.domain import loa_hand_in
from numbering.domain.cannot_do import CannotDo
from numbering.domain.invitations import AlreadyUsed
from numbering.domain.loa_content import DamagedLoa
from numbering.domain.loa_hand_in import FileInQuarantine, Visitor
from numbering.domain.signing import who_may_sign
from numbering.enums import InvitationPurpose
from numbering.letter_form import LetterForm
from numbering.loa_file import CannotDraw, RefusedLoaFile
from numbering.models import Invitation, Loa
from numbering.phone import display
from numbering.views.link import invitation_of
from numbering.views.loa_page import page_answer
from numbering.views.visitor import address_of, browser_of

_UNPROCESSABLE = 422


def _invitation(request: HttpRequest, invitation_id: int) -> Invitation:
    return invitation_of(request, invitation_id, InvitationPurpose.LOA)


@never_cache
@require_safe
def choice(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Say what the letter is for, and offer the two ways."""
    invitation = _invitation(request, invitation_id)
    if invitation.used_at is not None:
        return redirect("numbering:status", invitation.pk)
    try:
        order = loa_hand_in.ensure_awaited(invitation)
    except CannotDo as error:
        return _over(request, invitation, error)
    numbers = order.numbers.values_list("e164", flat=True)
    context = {
        "invitation": invitation,
        "order": order,
        "numbers": [display(e164) for e164 in numbers],
        "signers": who_may_sign(order),
        "waiting": loa_hand_in.awaiting(invitation),
    }
    return render(request, "numbering/loa_choice.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take a signed copy; a good one leads to its pages."""
    invitation = _invitation(request, invitation_id)
    if invitation.used_at is not None:
        return redirect("numbering:status", invitation.pk)
    try:
        order = loa_hand_in.ensure_awaited(invitation)
    except CannotDo as error:
        return _over(request, invitation, error)
    signers = who_may_sign(order)
    status = 200
    if request.method == "POST":
        form = LetterForm(request.POST, request.FILES, signers=signers)
        if form.is_valid() and (loa := _receive(invitation, form)) is not None:
            return redirect("numbering:loa_preview", invitation.pk, loa.pk)
        status = _UNPROCESSABLE
    else:
        form = LetterForm(initial={"signer": signers[0]}, signers=signers)
    context = {"invitation": invitation, "order": order, "form": form, "signers": signers}
    return render(request, "numbering/loa_upload.html", context, status=status)


def _receive(invitation: Invitation, form: LetterForm) -> Loa | None:
    """Check and keep the file; what is wrong with it is said beside its field."""
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    try:
        return loa_hand_in.receive(
            invitation,
            name=file.name or "",
            declared_type=file.content_type or "",
            content=file.read(),
            signer=form.cleaned_data["signer"],
            signed_on=form.cleaned_data["signed_on"],
        )
    except (RefusedLoaFile, CannotDo) as error:
        form.refuse("file", str(error))
    except FileInQuarantine:
        form.refuse(
            "file",
            "Our virus scanner found something harmful in this file, so we cannot use it. Scan the "
            "printed letter with another device and upload that. Have your computer checked, too.",
        )
    return None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, invitation_id: int, loa_id: int) -> HttpResponse:
    """Show each page (GET); hand the letter in once the customer has looked at it (POST)."""
    invitation = _invitation(request, invitation_id)
    if invitation.used_at is not None:
        return redirect("numbering:status", invitation.pk)
    loa = _uploaded(invitation, loa_id)
    if request.method == "POST":
        visitor = Visitor(address=address_of(request), browser=browser_of(request))
        try:
            loa_hand_in.hand_in(invitation, loa.pk, visitor=visitor)
        except AlreadyUsed as error:
            messages.info(request, str(error))
        except CannotDo as error:
            messages.info(request, str(error))
            return redirect("numbering:loa_choice", invitation.pk)
        else:
            messages.success(
                request, "Thank you. We have your letter and look at it; you need do nothing now."
            )
        return redirect("numbering:status", invitation.pk)
    context = {"invitation": invitation, "loa": loa, "pages": range(1, loa.pages + 1)}
    return render(request, "numbering/loa_preview.html", context)


@never_cache
@require_safe
def page(request: HttpRequest, invitation_id: int, loa_id: int, number: int) -> HttpResponse:
    """Give a page of a letter that came by this link as a picture."""
    loa = _uploaded(_invitation(request, invitation_id), loa_id)
    try:
        return page_answer(loa, number)
    except (CannotDraw, DamagedLoa):
        raise Http404 from None


def _uploaded(invitation: Invitation, loa_id: int) -> Loa:
    loa = invitation.loas.filter(pk=loa_id).first()
    if loa is None:
        raise Http404
    return loa


def _over(request: HttpRequest, invitation: Invitation, error: CannotDo) -> HttpResponse:
    messages.info(request, str(error))
    return redirect("numbering:status", invitation.pk)
