"""A customer takes back their permission: chosen, looked at once more, and done."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from numbering.domain import withdrawals
from numbering.domain.cannot_do import CannotDo
from numbering.domain.invitations import AlreadyUsed
from numbering.domain.order_results import results_of
from numbering.domain.order_status import withdrawable
from numbering.domain.withdrawals import Withdrawer
from numbering.phone import display
from numbering.views.link import invitation_of
from numbering.views.status import PURPOSES, order_of
from numbering.views.visitor import address_of, browser_of
from numbering.withdrawal_form import WithdrawalForm

_USED = (
    "This link was used already, so nothing was changed now. To take back your permission, open "
    "the link in our newest mail about this order, or ask us."
)
_UNPROCESSABLE = 422


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Choose the numbers (GET), look at what will happen (POST), and take the permission back."""
    invitation = invitation_of(request, invitation_id, *PURPOSES)
    order = order_of(invitation)
    if order is None:
        raise Http404
    if invitation.used_at is not None:
        messages.info(request, _USED)
        return redirect("numbering:status", invitation.pk)
    e164s = withdrawable(order, results_of(order))
    context = {"invitation": invitation, "order": order, "total": len(e164s)}
    if request.method != "POST":
        form = WithdrawalForm(e164s=e164s, initial={"name": invitation.name})
        return render(request, "numbering/withdraw.html", {**context, "form": form})
    form = WithdrawalForm(request.POST, e164s=e164s)
    step = request.POST.get("do")
    if not form.is_valid() or step == "change":
        status = 200 if form.is_valid() else _UNPROCESSABLE
        return render(request, "numbering/withdraw.html", {**context, "form": form}, status=status)
    chosen = form.chosen()
    if step != "take_back":
        shown = [display(e164) for e164 in chosen]
        return render(
            request, "numbering/withdraw_check.html", {**context, "form": form, "chosen": shown}
        )
    by = Withdrawer(
        name=form.cleaned_data["name"],
        email=invitation.email,
        address=address_of(request),
        browser=browser_of(request),
        reason=form.cleaned_data["reason"],
    )
    try:
        withdrawals.withdraw(order, e164s=chosen, by=by, invitation=invitation)
    except AlreadyUsed:
        messages.info(request, _USED)
    except CannotDo as error:
        messages.info(request, str(error))
    else:
        messages.success(
            request,
            f"We have recorded it. A mail to {invitation.email} is on its way as your proof.",
        )
    return redirect("numbering:status", invitation.pk)
