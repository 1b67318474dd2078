"""Leavings: which numbers shall go, who agreed, and what became of each."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.admin_base import ReadOnlyAdmin, TextInputWidget
from accounts.models import User
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.leaving_actions import ConfirmForm, plan_context, plan_view
from numbering.admin.order_list import NumberCount
from numbering.admin.person import person_of
from numbering.domain import leaving, leaving_beginning, second_person
from numbering.domain.cannot_do import CannotDo
from numbering.domain.inventory_list import Search, SearchKind
from numbering.domain.leaving import Progress
from numbering.enums import LeavingState
from numbering.models import Leaving, LeavingNumber, RemovalNumber, RemovalOrder
from numbering.validators import validate_plain_text
from numbering.wording import counted

RIGHT = "numbers.agree_leaving"
_NUMBERS_PER_PAGE = 50
_MOST_ORDERS = 100
# The tone of the page before its orders give it one.
_TONES = {
    LeavingState.WAITING: "todo",
    LeavingState.BEGINNING: "wait",
    LeavingState.STOPPED: "bad",
    LeavingState.DECLINED: "wait",
}
# What waits is our turn, as a new thing is.
_BADGES = {
    LeavingState.WAITING: "new",
    LeavingState.BEGINNING: "processing",
    LeavingState.STOPPED: "partial",
}


class DeclineForm(forms.Form):
    """Why the numbers stay."""

    remark = forms.CharField(
        label="Why not",
        max_length=500,
        validators=[validate_plain_text],
        widget=TextInputWidget,
        help_text="Whoever asked reads it here.",
    )


@admin.register(Leaving)
class LeavingAdmin(NumberCount, ReadOnlyAdmin):
    """What staff asked for. Those that wait for a second person come first."""

    empty_hint = "Tick numbers under Telephone numbers and choose “Remove or disconnect…”."
    list_display = ("__str__", "state_badge", "number_count", "reason", "asked_by", "asked_at")
    list_filter = (choice_filter(LeavingState, "state", "State"),)
    list_select_related = ("asked_by",)
    # Django asks for some, to show the field at all.
    search_fields = ("reason",)
    search_help_text = "Why, or a telephone number"
    # By its name, "waiting" is the last of the states.
    ordering = ("-state", "-pk")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Leaving], search_term: str
    ) -> tuple[QuerySet[Leaving], bool]:
        """Find them by a part of the reason, or by a number or a part of one."""
        found = Q(reason__icontains=search_term.replace("\x00", ""))
        search = Search.read(search_term)
        if search.kind in (SearchKind.NUMBER, SearchKind.FRAGMENT):
            rows = LeavingNumber.objects.filter(telephone_number__e164__contains=search.term)
            found |= Q(pk__in=rows.order_by().values("leaving"))
        return queryset.filter(found), False

    @admin.display(description="State", ordering="state")
    def state_badge(self, wish: Leaving) -> SafeString:
        """The state as a badge."""
        return _badge(wish)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the plan, of the page and of its decisions."""
        wrap = self.admin_site.admin_view
        return [
            path("plan/", wrap(plan_view), name="numbers_leaving_plan"),
            path("<int:leaving_id>/change/", wrap(self.page_view), name="numbers_leaving_change"),
            path(
                "<int:leaving_id>/do/<slug:name>/",
                wrap(require_POST(self.decide_view)),
                name="numbers_leaving_do",
            ),
            *super().get_urls(),
        ]

    def page_view(self, request: HttpRequest, leaving_id: int) -> HttpResponse:
        """Show the leaving: what would follow while it waits, then how far each number is."""
        return self._page(request, self._leaving(request, leaving_id))

    def decide_view(self, request: HttpRequest, leaving_id: int, name: str) -> HttpResponse:
        """Agree or decline; of one that stopped half-way, go on or leave the rest alone."""
        wish = self._leaving(request, leaving_id)
        person = person_of(request)
        if (act := _ACTS.get(name)) is None:
            raise Http404
        if not _may(request, name, wish, person):
            raise PermissionDenied
        form = _form(request, name, wish)
        # Of one that is decided already, the verb says so.
        if not form.is_valid() and wish.state == LeavingState.WAITING:
            return self._page(request, wish, **{f"{name}_form": form})
        try:
            act(wish, person, form.cleaned_data.get("remark", ""))
        except CannotDo as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:numbers_leaving_change", args=[wish.pk]))

    def _page(self, request: HttpRequest, wish: Leaving, **sent: forms.Form) -> HttpResponse:
        person = person_of(request)
        progress = leaving.progress_of(wish)
        tone, state_badge = _stand(wish, progress)
        context = {
            **self.admin_site.each_context(request),
            **self._decision(request, wish, person),
            **sent,
            "title": str(wish),
            "subtitle": None,
            "opts": self.opts,
            "leaving": wish,
            "tone": tone,
            "state_badge": state_badge,
            "sentence": _sentence(wish, progress, person),
            "progress": progress,
            "is_decided": wish.state not in (LeavingState.WAITING, LeavingState.DECLINED),
            "is_to_decide": wish.state in (LeavingState.WAITING, LeavingState.STOPPED),
            "is_beginning": wish.state == LeavingState.BEGINNING,
            "is_in_motion": _is_in_motion(wish, progress),
            "orders": _orders(wish),
            "order_count": wish.removals.count(),
            "most_orders": _MOST_ORDERS,
            **_numbers(request, wish),
        }
        return TemplateResponse(
            request, "admin/numbers/leaving/leaving.html", context, status=422 if sent else 200
        )

    def _decision(self, request: HttpRequest, wish: Leaving, person: User) -> dict[str, Any]:
        """Return what a person sees who decides, if anything is to be decided."""
        if wish.state == LeavingState.STOPPED:
            return {
                "may_go_on": _may(request, "go-on", wish, person),
                "trouble": leaving_beginning.trouble_of(wish),
            }
        if wish.state != LeavingState.WAITING:
            return {}
        # The second person sees the plan anew.
        plan = leaving.plan_of(wish)
        may = [name for name in ("agree", "decline") if _may(request, name, wish, person)]
        return {
            **plan_context(plan),
            "may": may,
            "agree_form": ConfirmForm(None, plan),
            "decline_form": DeclineForm(),
            "is_own": wish.asked_by_id == person.pk,
        }

    def _leaving(self, request: HttpRequest, leaving_id: int) -> Leaving:
        if not self.has_view_permission(request):
            raise PermissionDenied
        leavings = Leaving.objects.select_related("asked_by", "decided_by")
        wish = leavings.filter(pk=leaving_id).first()
        if wish is None:
            raise Http404
        return wish


# What may be decided about one; each is given the remark, which only declining has.
_ACTS: dict[str, Callable[[Leaving, User, str], None]] = {
    "agree": lambda wish, person, _: leaving.agree(wish, actor=person),
    "decline": lambda wish, person, remark: leaving.decline(wish, actor=person, remark=remark),
    "go-on": lambda wish, _person, _: leaving_beginning.go_on(wish),
    "leave-rest": lambda wish, person, _: leaving_beginning.leave_the_rest(wish, actor=person),
}


def _form(request: HttpRequest, name: str, wish: Leaving) -> forms.Form:
    if name == "agree":
        return ConfirmForm(request.POST, leaving.plan_of(wish))
    return DeclineForm(request.POST) if name == "decline" else forms.Form(request.POST)


def _may(request: HttpRequest, name: str, wish: Leaving, person: User) -> bool:
    """Whoever asked may take it back and never agree to it."""
    is_own = wish.asked_by_id == person.pk
    if name == "agree":
        return bool(request.user.has_perm(RIGHT)) and not is_own
    return bool(request.user.has_perm(RIGHT)) or is_own


def _badge(wish: Leaving) -> SafeString:
    return badge(_BADGES.get(LeavingState(wish.state), wish.state), wish.get_state_display())


def _stand(wish: Leaving, progress: Progress) -> tuple[str, SafeString]:
    """Return the tone of the page, and the badge beside its title."""
    if wish.state != LeavingState.AGREED:
        return _TONES[LeavingState(wish.state)], _badge(wish)
    if progress.under_way:
        return "wait", badge("processing", "Under way")
    if progress.kept or not progress.gone:
        return "bad", badge("partial", "Over")
    return "done", badge("done", "Done")


def _is_in_motion(wish: Leaving, progress: Progress) -> bool:
    """Whether the page looks again by itself; one that stopped waits for a person to press."""
    if wish.state == LeavingState.AGREED:
        return bool(progress.under_way)
    return wish.state == LeavingState.BEGINNING


def _sentence(wish: Leaving, progress: Progress, person: User) -> str:
    """Return where it is, and whose turn it is."""
    how_far = f"{progress.begun:,} of {counted(progress.to_begin, 'number')}"
    if wish.state == LeavingState.DECLINED:
        return "Declined. Nothing was sent; the numbers are as they were."
    if wish.state == LeavingState.WAITING:
        return _waits(wish, person)
    if wish.state == LeavingState.BEGINNING:
        return f"Beginning: {how_far}. Nothing to do; this page may be closed."
    if wish.state == LeavingState.STOPPED:
        return (
            f"Choose below what becomes of the rest: the portal stopped after {how_far}. What has "
            "begun goes on by itself."
        )
    if progress.under_way:
        return "The carrier is being asked. It promises no time; nothing to do."
    if progress.kept:
        return "Over. The carrier kept some of the numbers: open their order to see what to do."
    if progress.refused and not progress.gone:
        return "Over. None of the numbers could leave; the table says why."
    return "Done. Every number that could leave is gone."


def _waits(wish: Leaving, person: User) -> str:
    if wish.asked_by_id == person.pk:
        return "You asked for it, so somebody else has to agree. Nothing is sent before that."
    sentence = f"{wish.asked_by} asked for it. Look at what would follow, then agree or decline."
    if alone := second_person.numbers_alone(wish.asked_by):
        numbers = counted(alone, "other number")
        sentence += f" Since yesterday {wish.asked_by} had {numbers} leave without a second person."
    return sentence


def _orders(wish: Leaving) -> list[tuple[RemovalOrder, SafeString]]:
    orders = wish.removals.select_related("subscriber").annotate(size=Count("numbers"))
    return [
        (order, badge(order.status, order.get_status_display()))
        for order in orders.order_by("pk")[:_MOST_ORDERS]
    ]


def _numbers(request: HttpRequest, wish: Leaving) -> dict[str, Any]:
    rows = wish.numbers.select_related("telephone_number").order_by("pk")
    page = Paginator(rows, _NUMBERS_PER_PAGE).get_page(request.GET.get("page"))
    outcomes = leaving.outcomes_of(wish, list(page))
    lines = [(row, outcomes.get(row.telephone_number_id)) for row in page]
    return {
        "number_page": page,
        "lines": [(row, outcome, _result(wish, row, outcome)) for row, outcome in lines],
    }


def _result(wish: Leaving, row: LeavingNumber, outcome: RemovalNumber | None) -> SafeString:
    if row.refusal or wish.state == LeavingState.DECLINED:
        return badge("blocked" if row.refusal else "over", "Stays")
    if outcome is None:
        return badge("waiting", "Waits")
    return badge(outcome.status, outcome.get_status_display())
