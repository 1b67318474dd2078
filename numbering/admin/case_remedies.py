"""The buttons of a case: each asks first, and then does one thing about the difference."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import User
from carrier.errors import CarrierError
from numbering.admin.person import person_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import remedies
from numbering.domain.cannot_do import CannotDo
from numbering.domain.remedies import OFFERED, Remedy
from numbering.enums import CaseKind
from numbering.models import Case
from numbering.number_forms import MoveForm

RIGHT = "numbers.remedy_case"


@dataclass(frozen=True)
class RemedyPage:
    """What a button does, in words. `run` returns what was done and, if elsewhere, where to go."""

    sentence: str
    run: Callable[[Case, User, Any], tuple[str, str]]
    form: type[Form] | None = None


def _look(case: Case, person: User, _form: Any) -> tuple[str, str]:
    return remedies.look(case, actor=person), ""


def _import_again(case: Case, person: User, _form: Any) -> tuple[str, str]:
    order = remedies.import_again(case, actor=person)
    address = reverse("admin:numbers_importorder_change", args=[order.pk])
    return f"{order} was made with this number. Check it, add its LOA and submit it.", address


def _gone(case: Case, person: User, _form: Any) -> tuple[str, str]:
    return remedies.give_up(case, actor=person), ""


def _take_over(case: Case, person: User, form: Any) -> tuple[str, str]:
    subscriber = form.cleaned_data["subscriber"]
    return remedies.take_over(case, subscriber=subscriber, actor=person), ""


def _take_place(case: Case, person: User, _form: Any) -> tuple[str, str]:
    return remedies.take_place(case, actor=person), ""


def _take_origin(case: Case, person: User, _form: Any) -> tuple[str, str]:
    return remedies.take_origin(case, actor=person), ""


PAGES = {
    Remedy.LOOK: RemedyPage(
        "The carrier is asked about this one number now. What it says is taken over, if it settles "
        "the difference. Nothing changes at the carrier.",
        _look,
    ),
    Remedy.IMPORT_AGAIN: RemedyPage(
        "A draft of an import order is made for this number and its subscriber. Nothing is sent "
        "until you submit the draft, with a fresh LOA.",
        _import_again,
    ),
    Remedy.GONE: RemedyPage(
        "The number's life here ends. Nothing changes at the carrier. If the number ever comes "
        "back, it begins a new life.",
        _gone,
    ),
    Remedy.TAKE_OVER: RemedyPage(
        "The number enters the inventory under the subscriber that you choose, as the carrier "
        "describes it now. To have it removed at the carrier, take it over and then choose Remove "
        "or disconnect on its page.",
        _take_over,
        MoveForm,
    ),
    Remedy.TAKE_PLACE: RemedyPage(
        "The site and SIP peer here become those at the carrier. Nothing changes at the carrier.",
        _take_place,
    ),
    Remedy.TAKE_ORIGIN: RemedyPage(
        "The number counts as imported or ordered, as the carrier has it: that decides whether it "
        "can be removed or disconnected. Nothing changes at the carrier.",
        _take_origin,
    ),
}


_ENDINGS = frozenset({Remedy.GONE})


def offered(request: HttpRequest, case: Case) -> list[tuple[str, str, bool]]:
    """Return the buttons of a case: address, label, and whether something ends by it for good."""
    if not case.stands or not request.user.has_perm(RIGHT):
        return []
    return [
        (
            reverse("admin:numbers_case_remedy", args=[case.pk, remedy.value]),
            str(remedy.label),
            remedy in _ENDINGS,
        )
        for remedy in OFFERED[CaseKind(case.kind)]
    ]


def remedy_view(request: HttpRequest, case_id: int, remedy: str) -> HttpResponse:
    """Do something about a difference: GET asks first, POST does it."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    case = Case.objects.select_related("telephone_number").filter(pk=case_id).first()
    if case is None or remedy not in OFFERED[CaseKind(case.kind)]:
        raise Http404
    chosen = Remedy(remedy)
    page = PAGES[chosen]
    posted = request.method == "POST"
    form = page.form(request.POST if posted else None) if page.form else None
    address = reverse("admin:numbers_case_change", args=[case.pk])
    if not posted or (form is not None and not form.is_valid()):
        context = {
            **admin.site.each_context(request),
            "title": f"{case}: {chosen.label}",
            "case": case,
            "label": chosen.label,
            "sentence": page.sentence,
            "is_danger": chosen in _ENDINGS,
            "opts": Case._meta,
            "form": form,
            "back": address,
        }
        return TemplateResponse(
            request, "admin/numbers/case/remedy.html", context, status=422 if posted else 200
        )
    try:
        done, elsewhere = page.run(case, person_of(request), form)
    except CannotDo as error:
        messages.error(request, str(error))
    except (CarrierError, CarrierNotConfigured) as error:
        messages.error(request, f"Nothing was changed. {in_words(error)}")
    else:
        messages.success(request, done)
        return HttpResponseRedirect(elsewhere or address)
    return HttpResponseRedirect(address)
