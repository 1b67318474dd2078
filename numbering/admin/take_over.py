"""The page that takes over an account at the carrier, and shows how far that is."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin_base import SelectWidget
from numbering.admin.person import person_of
from numbering.domain import take_over
from numbering.domain.cannot_do import CannotDo
from numbering.enums import NumberOrigin, TakeOverState, TakeOverStep
from numbering.models import CompareRun, TakeOver
from numbering.number_forms import MoveForm

_SHOWN = 10


class TakeOverForm(MoveForm):
    """Whom the numbers shall stand under, and how they came to the carrier."""

    origin = forms.ChoiceField(
        label="How these numbers came to the carrier",
        choices=[
            ("", "Choose"),
            (NumberOrigin.IMPORT, "Imported: their voice is with another company"),
            (NumberOrigin.ORDER, "Ordered or ported: the carrier owns them for us"),
        ],
        widget=SelectWidget,
        help_text="The list does not tell, and asking for each number would take hours. It decides "
        "how a number leaves: Read at the carrier, in the list of numbers, corrects single ones.",
        error_messages={"required": "Choose how they came: it decides how they can leave."},
    )

    def __init__(self, data: object = None) -> None:
        super().__init__(data)
        field = self.fields["subscriber"]
        field.help_text = (
            "They stand under this subscriber for now. A number file moves them to their own "
            "subscribers afterwards, thousands at a time."
        )


def take_over_view(request: HttpRequest) -> HttpResponse:
    """Take the account over: GET shows what there is, POST begins or stops."""
    if not request.user.has_perm("numbers.start_takeover"):
        raise PermissionDenied
    if request.method == "POST" and "stop" in request.POST:
        return _stop(request)
    form = TakeOverForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            take_over.start(
                subscriber=form.cleaned_data["subscriber"],
                origin=NumberOrigin(form.cleaned_data["origin"]),
                actor=person_of(request),
            )
        except CannotDo as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The worker takes the numbers over now.")
        return HttpResponseRedirect(reverse("admin:numbers_take_over"))
    overs = TakeOver.objects.select_related("subscriber", "person", "sip_peer", "stopped_by")
    running = overs.exclude(state=TakeOverState.DONE).first()
    context = {
        **admin.site.each_context(request),
        "title": "Take over an account",
        "form": form,
        "running": running,
        "percent": _percent(running),
        "overs": list(overs[:_SHOWN]),
        "compare": CompareRun.objects.filter(ended_at__isnull=False).first(),
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "live" if is_part and running else "take_over"
    return TemplateResponse(
        request,
        f"admin/numbers/case/{template}.html",
        context,
        status=422 if form.is_bound else 200,
    )


def _stop(request: HttpRequest) -> HttpResponse:
    running = TakeOver.objects.exclude(state=TakeOverState.DONE).first()
    if running is not None and take_over.stop(running, actor=person_of(request)):
        messages.success(request, "It stops. What was taken over stays.")
    else:
        messages.info(request, "It is over, or being stopped already. Nothing changed.")
    return HttpResponseRedirect(reverse("admin:numbers_take_over"))


def _percent(over: TakeOver | None) -> int | None:
    """Return how much is taken over, None while the carrier's lists are still being read."""
    if over is None or over.step != TakeOverStep.NUMBERS:
        return None
    return min(100, (over.taken + over.known + over.odd) * 100 // max(1, over.in_service))
