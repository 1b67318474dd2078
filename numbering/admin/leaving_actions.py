"""Have numbers leave: the page that says what would follow, and asks first."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin_base import TextInputWidget, action
from numbering.admin.person import person_of
from numbering.domain import leaving, second_person
from numbering.domain.cannot_do import CannotDo
from numbering.domain.leaving import OtherPlan
from numbering.domain.leaving_plan import Plan, plan
from numbering.enums import RemovalVerb
from numbering.models import TelephoneNumber
from numbering.validators import validate_plain_text
from numbering.wording import counted

RIGHT = "numbers.ask_leaving"
# Above so many numbers the count has to be typed: a click is too easily done.
TYPED_ABOVE = 100
_MOST_PARTS = 50
_MOST_REFUSED = 10
# More ids than this do not fit into an address; the list's own action takes any number.
_MOST_GIVEN = 500
_CHANGED = "The numbers have changed since you looked. This is how they stand now; look again."
_AFTERWARDS = {
    RemovalVerb.REMOVE: "Imported numbers are removed: their texting goes back to where it was "
    "before. ",
    RemovalVerb.DISCONNECT: "Owned numbers are disconnected: they are given back to the carrier, "
    "and after some weeks anybody may get them. ",
}


class ConfirmForm(forms.Form):
    """That somebody has seen this very plan; for many numbers, with their count typed."""

    count = forms.CharField(max_length=10, label="How many numbers leave?", widget=TextInputWidget)

    def __init__(self, data: QueryDict | None, wish: Plan) -> None:
        super().__init__(data)
        self._wish = wish
        if wish.count > TYPED_ABOVE:
            self.fields["count"].help_text = f"Type {wish.count} to show that you mean all of them."
        else:
            del self.fields["count"]

    def clean_count(self) -> str:
        """The typed count is that of the plan."""
        typed: str = self.cleaned_data["count"]
        if typed.strip().replace(",", "") != str(self._wish.count):
            raise ValidationError(f"That is not how many: {self._wish.count} would leave.")
        return typed

    def clean(self) -> dict[str, Any]:
        """What was looked at is what is asked for; the page holds the digest of what it showed."""
        if self.data.get("seen") != self._wish.digest:
            raise ValidationError(_CHANGED)
        return super().clean() or self.cleaned_data


class LeaveForm(ConfirmForm):
    """Why the numbers shall leave."""

    reason = forms.CharField(
        label="Why",
        max_length=500,
        validators=[validate_plain_text],
        widget=TextInputWidget,
        help_text="It stays with the numbers for good, and with your name.",
    )
    field_order = ("reason", "count")


class LeavingActions:
    """The action of the list of telephone numbers."""

    def has_leave_permission(self, request: HttpRequest) -> bool:
        """Whether the person may ask for numbers to leave."""
        return bool(request.user.has_perm(RIGHT))

    @action(description="Remove or disconnect…", permissions=["leave"])
    def leave(self, request: HttpRequest, queryset: QuerySet[TelephoneNumber]) -> HttpResponse:
        """Show what would follow, then ask for it."""
        carried = [
            ("action", "leave"),
            ("select_across", request.POST.get("select_across", "0")),
            *((ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)),
        ]
        return _ask(request, queryset, carried, back=request.get_full_path())


def plan_view(request: HttpRequest) -> HttpResponse:
    """The same for the numbers whose ids stand in the address, as `number`."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    given = [int(pk) for pk in request.GET.getlist("number") if pk.isdecimal() and len(pk) < 19]
    numbers = TelephoneNumber.objects.filter(pk__in=given[:_MOST_GIVEN])
    listed = reverse("admin:numbers_telephonenumber_changelist")
    if not given:
        messages.info(request, "Tick numbers in this list, then choose “Remove or disconnect…”.")
        return HttpResponseRedirect(listed)
    return _ask(request, numbers, (), back=listed)


def _ask(
    request: HttpRequest,
    numbers: QuerySet[TelephoneNumber],
    carried: Iterable[tuple[str, str]],
    *,
    back: str,
) -> HttpResponse:
    """Show the plan; once it is confirmed, have it done. `carried` leads a POST here again."""
    is_sent = "seen" in request.POST
    person = person_of(request)
    try:
        wish = plan(numbers)
    except CannotDo as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    form = LeaveForm(request.POST if is_sent else None, wish)
    if is_sent and wish.count and form.is_valid():
        try:
            done = leaving.ask(
                numbers,
                reason=form.cleaned_data["reason"],
                actor=person,
                is_second_promised="second" in request.POST,
                seen=wish.digest,
            )
        except OtherPlan:
            # Something came or went in this instant: the form says so, of the plan as it is now.
            return _ask(request, numbers, carried, back=back)
        except CannotDo as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        return HttpResponseRedirect(reverse("admin:numbers_leaving_change", args=[done.pk]))
    context = {
        **admin.site.each_context(request),
        **plan_context(wish),
        "form": form,
        "carried": carried,
        "back": back,
        "why_second": _why_second(wish.count, alone=second_person.numbers_alone(person)),
    }
    return TemplateResponse(
        request, "admin/numbers/leaving/plan.html", context, status=422 if is_sent else 200
    )


def _why_second(count: int, *, alone: int) -> str:
    """Say why a second person has to agree to so many; empty when none has to."""
    if not second_person.is_needed(count, alone=alone):
        return ""
    if second_person.is_needed(count, alone=0):
        return "For so many numbers a second person has to agree."
    these = "this one" if count == 1 else f"these {count:,}"
    return (
        f"You have had {counted(alone, 'number')} leave since yesterday; with {these} a second "
        "person has to agree."
    )


def plan_context(wish: Plan) -> dict[str, Any]:
    """Return what the page shows of a plan."""
    counts = {verb: wish.count_of(verb) for verb in RemovalVerb if wish.count_of(verb)}
    does = " and ".join(
        f"{verb.label.lower()} {counted(count, 'number')}" for verb, count in counts.items()
    )
    return {
        "title": f"{does[:1].upper()}{does[1:]}" or "Nothing can leave",
        "does": does,
        "plan": wish,
        "afterwards": "".join(_AFTERWARDS[verb] for verb in counts),
        "parts": [
            (part, part.verb.label, counted(len(part.numbers), f"{part.kind} number"))
            for part in wish.parts[:_MOST_PARTS]
        ],
        "more_parts": max(0, len(wish.parts) - _MOST_PARTS),
        "refused": [
            (counted(len(some), "number"), why, some[:_MOST_REFUSED], len(some) - _MOST_REFUSED)
            for why, some in wish.refused.items()
        ],
    }
