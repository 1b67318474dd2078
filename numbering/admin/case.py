"""Cases: numbers that are one thing here and another at the carrier."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_base import PortalModelAdmin, TextInputWidget, action, is_key
from numbering.admin.ask_first import ask_first
from numbering.admin.badges import badge
from numbering.admin.case_remedies import offered, remedy_view
from numbering.admin.filters import choice_filter
from numbering.admin.person import person_of
from numbering.admin.take_over import take_over_view
from numbering.domain import cases, jobs
from numbering.enums import CaseKind, JobState, LearnedBy
from numbering.models import Case, CompareRun, Job
from numbering.phone import NotANumber, to_e164
from numbering.phone import display as shown_number
from numbering.validators import validate_plain_text
from numbering.wording import counted

if TYPE_CHECKING:
    _CaseForm = forms.ModelForm[Case]
else:
    _CaseForm = forms.ModelForm  # takes no type at run time


def _remark_field() -> forms.CharField:
    return forms.CharField(
        label="Remark",
        max_length=500,
        validators=[validate_plain_text],
        widget=TextInputWidget,
        help_text="What was found and done. The remark stays with the case.",
    )


class CaseForm(_CaseForm):
    """The page of one open case: a remark closes it."""

    remark = _remark_field()

    class Meta:
        model = Case
        fields = ("remark",)


class CloseCasesForm(forms.Form):
    """The page that asks before several cases are closed."""

    remark = _remark_field()


class CaseStateFilter(SimpleListFilter):
    """Is somebody still to look at it?"""

    title = "State"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states."""
        return [("open", "Open"), ("closed", "Closed"), ("accepted", "Closed, still differs")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        """Filter by the chosen state."""
        match self.value():
            case "open":
                return queryset.filter(closed_at__isnull=True)
            case "closed":
                return queryset.filter(closed_at__isnull=False)
            case "accepted":
                return queryset.filter(closed_at__isnull=False, stands=True)
        return queryset


@admin.register(Case)
class CaseAdmin(PortalModelAdmin):
    """What the nightly compare found. Cases are closed with a remark and never deleted."""

    empty_hint = (
        "The nightly compare opens a case for every number on which the "
        "carrier and this portal differ."
    )
    form = CaseForm
    change_form_template = "admin/numbers/case/case.html"
    list_before_template = "admin/numbers/case/compare.html"
    list_display = (
        "number",
        "kind",
        "state_badge",
        "detail",
        "number_link",
        "order_link",
        "opened_at",
        "last_seen_at",
    )
    list_filter = (CaseStateFilter, choice_filter(CaseKind, "kind", "What differs"))
    list_select_related = ("telephone_number", "order")
    search_fields = ("e164",)
    search_help_text = "A number or part of it"
    actions = ("close_several",)
    actions_list = ("compare_now",)
    ordering = ("-pk",)
    fields = ("remark",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only a compare opens cases."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        """An open case can be closed; nothing else about it changes."""
        return (obj is None or obj.closed_at is None) and self.has_close_permission(request)

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Whether the person may close cases."""
        return request.user.has_perm("numbers.close_case")

    def has_compare_permission(self, request: HttpRequest) -> bool:
        """Whether the person may ask for a compare."""
        return request.user.has_perm("numbers.compare_case")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """Find a number however it is written, or a part of one."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(e164=to_e164(term)), False
        except NotANumber:
            digits = "".join(char for char in term if char in "0123456789")
        return queryset.filter(e164__contains=digits or term), False

    @admin.display(description="Number", ordering="e164")
    def number(self, case: Case) -> str:
        """The number as people read it."""
        return shown_number(case.e164)

    @admin.display(description="State")
    def state_badge(self, case: Case) -> SafeString:
        """Open, closed, or closed by a person while the difference stands."""
        if case.closed_at is None:
            return badge("failed", "Open")
        return badge("cancelled", "Closed, still differs" if case.stands else "Closed")

    @admin.display(description="Here")
    def number_link(self, case: Case) -> SafeString | str:
        """The way to the number, with its state."""
        number = case.telephone_number
        if number is None:
            return "–"
        address = reverse("admin:numbers_telephonenumber_change", args=[number.pk])
        return format_html('<a href="{}">{}</a>', address, number.get_state_display())

    @admin.display(description="Import order")
    def order_link(self, case: Case) -> SafeString | str:
        """The way to the latest order that the carrier had for the number."""
        if case.order_id is None:
            return "–"
        address = reverse("admin:numbers_importorder_change", args=[case.order_id])
        return format_html('<a href="{}">Import order {}</a>', address, case.order_id)

    def get_urls(self) -> list[URLPattern]:
        """Add the remedies, and the page that takes over a whole account."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:case_id>/remedy/<slug:remedy>/", wrap(remedy_view), name="numbers_case_remedy"
            ),
            path("take-over/", wrap(take_over_view), name="numbers_take_over"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say when the numbers were compared last, what came of it, and whether it goes on now."""
        runs = CompareRun.objects.all()
        job = Job.objects.filter(kind="compare", key__isnull=False).first()
        context = {
            "compare": runs.filter(ended_at__isnull=False).first(),
            "job": job,
            "reading": runs.filter(ended_at__isnull=True).first(),
            # One that is put off is looked at by whoever comes back to the page.
            "is_comparing": job is not None and not (job.state == JobState.WAITING and job.trouble),
            "may_take_over": request.user.has_perm("numbers.start_takeover"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Say what differs and what can be done; a closed case cannot be edited on."""
        case = Case.objects.filter(pk=object_id).first() if is_key(object_id) else None
        context = dict(extra_context or {})
        if case is not None:
            number = case.telephone_number
            context |= {
                "number": self.number(case),
                "state_badge": self.state_badge(case),
                "sentence": _sentence(case),
                "here": badge(number.state, number.get_state_display()) if number else "",
                "remedies": offered(request, case),
            }
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        """Close the case; one that was closed meanwhile keeps the remark it has."""
        self._close(request, [obj.pk], form.cleaned_data["remark"])

    def response_change(self, request: HttpRequest, obj: Case) -> HttpResponse:
        """Go back to the cases that are still open."""
        return HttpResponseRedirect(f"{_address()}?state=open")

    @action(description="Close with a remark", permissions=["close"])
    def close_several(self, request: HttpRequest, queryset: QuerySet[Case]) -> HttpResponse | None:
        """Ask for the remark, then close the chosen cases that are open."""
        queryset = queryset.filter(closed_at__isnull=True)
        form = CloseCasesForm(request.POST if "close" in request.POST else None)
        if form.is_valid():
            self._close(request, queryset.values_list("pk", flat=True), form.cleaned_data["remark"])
            return None
        return TemplateResponse(
            request,
            "admin/numbers/case/close.html",
            {
                **self.admin_site.each_context(request),
                "title": "Close cases",
                "summary": f"{counted(queryset.count(), 'open case')} will be closed.",
                "form": form,
                "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
                "checkbox": ACTION_CHECKBOX_NAME,
                "select_across": request.POST.get("select_across", "0"),
            },
        )

    @action(description="Compare now", permissions=["compare"], icon="compare_arrows")
    def compare_now(self, request: HttpRequest) -> HttpResponse:
        """Ask for a compare; the worker does it."""
        if request.method != "POST":
            return ask_first(
                request,
                title="Compare now",
                sentence="The worker reads the carrier's numbers and compares them with ours, as "
                "it does every night. Nothing changes at the carrier.",
                back=_address(),
                busy="Asking…",
            )
        jobs.enqueue("compare", learned_by=LearnedBy.PERSON)
        messages.success(
            request, "The worker compares the numbers now. This list changes when it is done."
        )
        return HttpResponseRedirect(_address())

    def _close(self, request: HttpRequest, case_ids: Any, remark: str) -> None:
        count = cases.close(case_ids, remark=remark, actor=person_of(request))
        if count:
            messages.success(request, f"{counted(count, 'case')} closed.")
        else:
            messages.warning(request, "Nothing was changed: it was closed already.")


def _sentence(case: Case) -> str:
    """Return what to do next about it."""
    if not case.stands:
        return "The difference is gone. Nothing to do."
    if case.closed_at is not None:
        return "Closed, and the difference stands: no compare opens it again while it does."
    return _NEXT[CaseKind(case.kind)]


_NEXT = {
    CaseKind.LOST: "Ask the subscriber whether they meant it. If not, import it again with a fresh "
    "LOA; if they did, it is gone.",
    CaseKind.THEIRS: "Take it over under its subscriber. If it shall never be here, close the case "
    "below.",
    CaseKind.OURS: "Look again. If the carrier still does not have it, ask its support with the "
    "order's id, or end the number's life here.",
    CaseKind.STATE: "Look again: what the carrier says now is taken over.",
    CaseKind.PLACE: "Take the carrier's place; or have it moved at the carrier, then look again.",
    CaseKind.ORIGIN: "Take the carrier's word: it decides how the number can leave.",
}


def _address() -> str:
    return reverse("admin:numbers_case_changelist")
