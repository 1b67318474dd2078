"""The old platform: its numbers and how far each has moved, and importing to it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin, action
from numbering.admin.ask_first import ask_first
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.person import person_of
from numbering.admin.platform_search import search_view
from numbering.admin.platform_steps import RIGHT, context_of
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain import jobs, migration, platform_import, platform_numbers, platform_release
from numbering.domain.cannot_do import CannotDo
from numbering.enums import LearnedBy, PlatformStage
from numbering.models import BulkAction, PlatformNumber, TelephoneNumber
from numbering.number_list import NumberList
from numbering.phone import display as shown_number
from numbering.platform_forms import DraftsForm, PlatformImportForm, ReleaseForm
from numbering.wording import counted

# So many refused rows are named; there may be more.
_NAMED_ROWS = 20
# Chosen numbers that go into the form of an import by themselves.
_MOST_CHOSEN = 20_000
_ASKS = {
    "list": (
        "Read the list",
        "The worker reads all numbers that the old platform lists. Nothing changes there.",
    ),
    "check": (
        "Ask the new platform",
        "The new platform is asked about each number: whether it is in service there, and if not, "
        "whether it can be imported. Nothing changes there.",
    ),
}


@admin.register(PlatformNumber)
class PlatformNumberAdmin(ReadOnlyAdmin):
    """The numbers of the old platform by stage, with the next step above them."""

    empty_hint = "No number of the old platform is known here that fits."
    list_before_template = "admin/numbers/platformnumber/steps.html"
    list_display = (
        "number",
        "stage_badge",
        "name",
        "detail",
        "order_link",
        "seen_at",
        "is_listed",
    )
    list_filter = (choice_filter(PlatformStage, "stage", "Where it is"),)
    list_select_related = ("order",)
    search_fields = ("name",)
    search_help_text = "A number or part of it, or the name on the old platform"
    ordering = ("-pk",)
    fields = (
        "number",
        "stage_badge",
        "detail",
        "order_link",
        "name",
        "platform_id",
        "application_id",
        "is_listed",
        "seen_at",
        "checked_at",
    )
    readonly_fields = ("number", "stage_badge", "order_link")
    actions = ("check_chosen", "make_drafts", "release_chosen")

    def has_move_permission(self, request: HttpRequest) -> bool:
        """Whether the person may import to the old platform, and move numbers off it."""
        return request.user.has_perm(RIGHT)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PlatformNumber], search_term: str
    ) -> tuple[QuerySet[PlatformNumber], bool]:
        """Let people search for a telephone number however they write it."""
        digits = "".join(char for char in search_term if char in "0123456789")
        if digits and not any(char.isalpha() for char in search_term):
            return queryset.filter(e164__contains=digits), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Number", ordering="e164")
    def number(self, number: PlatformNumber) -> str:
        """The number as people read it."""
        return shown_number(number.e164)

    @admin.display(description="Where it is", ordering="stage")
    def stage_badge(self, number: PlatformNumber) -> SafeString:
        """The stage as a badge."""
        return badge(number.stage, number.get_stage_display())

    @admin.display(description="Import order")
    def order_link(self, number: PlatformNumber) -> SafeString | str:
        """The way to the order that moves it."""
        if number.order_id is None:
            return "–"
        address = reverse("admin:numbers_importorder_change", args=[number.order_id])
        return format_html('<a href="{}">{}</a>', address, number.order)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the steps and of the import."""
        wrap, name = self.admin_site.admin_view, "numbers_platformnumber"
        return [
            path("search/", wrap(search_view), name=f"{name}_search"),
            path("import/", wrap(self.import_view), name=f"{name}_import"),
            path("release/", wrap(self.release_view), name=f"{name}_release"),
            path("do/<slug:name>/", wrap(self.do_view), name=f"{name}_do"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the next step above the list."""
        context = {**context_of(request), "title": "Old platform", **(extra_context or {})}
        return super().changelist_view(request, context)

    # --- Steps ------------------------------------------------------------------------------

    def do_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Read the list, or ask the new platform about what is new: GET asks, POST does it."""
        _allow(request)
        if name not in _ASKS:
            raise Http404
        title, sentence = _ASKS[name]
        if request.method != "POST":
            return ask_first(request, title=title, sentence=sentence, back=_list(), busy="Asking…")
        if name == "check":
            return self._check(request, migration.to_check())
        jobs.enqueue(platform_numbers.JOB, learned_by=LearnedBy.PERSON)
        messages.success(request, "A worker reads the list now.")
        return HttpResponseRedirect(_list())

    @action(description="Ask the new platform", permissions=["move"])
    def check_chosen(
        self, request: HttpRequest, queryset: QuerySet[PlatformNumber]
    ) -> HttpResponse:
        """Ask about the chosen numbers; it changes nothing there."""
        return self._check(request, queryset)

    def _check(self, request: HttpRequest, numbers: QuerySet[PlatformNumber]) -> HttpResponse:
        try:
            return _to(migration.start_check(numbers, actor=person_of(request)))
        except CannotDo as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(_list())

    @action(description="Make import order drafts…", permissions=["move"])
    def make_drafts(self, request: HttpRequest, queryset: QuerySet[PlatformNumber]) -> HttpResponse:
        """Ask for whom and where, then make the drafts of those that are ready."""
        form = DraftsForm(request.POST if "confirm" in request.POST else None)
        if form.is_valid():
            chosen = {name: form.cleaned_data[name] for name in form.fields}
            try:
                orders = migration.make_drafts(queryset, actor=person_of(request), **chosen)
            except CannotDo as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(_list())
            count = PlatformNumber.objects.filter(order__in=orders).count()
            messages.success(
                request,
                f"{counted(len(orders), 'draft')} with {counted(count, 'number')}. Check each and "
                "add its LOA, as always.",
            )
            return HttpResponseRedirect(
                reverse("admin:numbers_importorder_change", args=[orders[0].pk])
            )
        ready = queryset.filter(stage=PlatformStage.READY).count()
        return self._ask(
            request,
            title="Make import order drafts",
            sentence=f"{counted(ready, 'chosen number')} can be imported and will go into drafts "
            "of one subscriber. Nothing is sent yet.",
            form=form,
        )

    @action(description="Release from the old platform…", permissions=["move"])
    def release_chosen(
        self, request: HttpRequest, queryset: QuerySet[PlatformNumber]
    ) -> HttpResponse:
        """Ask with a count in the person's own hand, then release what has moved."""
        return self._release(request, queryset)

    def release_view(self, request: HttpRequest) -> HttpResponse:
        """Release all that has moved."""
        _allow(request)
        return self._release(request, PlatformNumber.objects.all())

    def _release(self, request: HttpRequest, numbers: QuerySet[PlatformNumber]) -> HttpResponse:
        form = ReleaseForm(request.POST if "confirm" in request.POST else None)
        if form.is_valid():
            try:
                return _to(
                    platform_release.start_release(
                        numbers, typed_count=form.cleaned_data["count"], actor=person_of(request)
                    )
                )
            except CannotDo as error:
                form.add_error("count", str(error))
        moved = numbers.filter(stage=PlatformStage.MOVED).count()
        return self._ask(
            request,
            title="Release from the old platform",
            is_danger=True,
            sentence=f"{counted(moved, 'number')} will be given up on the old platform, for good. "
            "Each is asked for on the new platform once more, and kept on the old one unless it is "
            "in service there at that moment.",
            form=form,
        )

    def _ask(
        self,
        request: HttpRequest,
        *,
        title: str,
        sentence: str,
        form: Any,
        is_danger: bool = False,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "sentence": sentence,
            "is_danger": is_danger,
            "form": form,
            "action": request.POST.get("action", ""),
            "checkbox": ACTION_CHECKBOX_NAME,
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "back": _list(),
        }
        return TemplateResponse(
            request,
            "admin/numbers/platformnumber/ask.html",
            context,
            status=422 if form.is_bound else 200,
        )

    # --- Import -----------------------------------------------------------------------------

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Import numbers to the old platform: GET shows the form, POST begins."""
        _allow(request)
        posted = request.method == "POST"
        form = PlatformImportForm(*([request.POST, request.FILES] if posted else []))
        bad: NumberList | None = None
        if posted and form.is_valid():
            read = form.read_numbers()
            try:
                started = platform_import.start(
                    read.e164s,
                    actor=person_of(request),
                    application_id=form.cleaned_data["application_id"],
                    name=form.cleaned_data["name"],
                )
            except CannotDo as error:
                form.add_error("numbers", str(error))
                bad = read
            except CarrierNotConfigured as error:
                form.add_error(None, in_words(error))
            else:
                _say_what_was_read(request, read)
                return _to(started)
        return import_page(request, form, bad=bad)


def import_page(
    request: HttpRequest, form: PlatformImportForm, *, bad: NumberList | None = None
) -> HttpResponse:
    """Return the page with the form."""
    context = {
        **admin.site.each_context(request),
        **context_of(request),
        "title": "Import to the old platform",
        "form": form,
        "bad": bad.bad[:_NAMED_ROWS] if bad else (),
    }
    return TemplateResponse(
        request,
        "admin/numbers/platformnumber/import.html",
        context,
        status=422 if form.is_bound else 200,
    )


class ImportActions:
    """The import as an action of the list of telephone numbers."""

    def has_platform_permission(self, request: HttpRequest) -> bool:
        """Whether the person may import to the old platform."""
        return request.user.has_perm(RIGHT)

    @action(description="Import to the old platform…", permissions=["platform"])
    def import_chosen(
        self, request: HttpRequest, queryset: QuerySet[TelephoneNumber]
    ) -> HttpResponse | None:
        """Lead to the form with the chosen numbers in it."""
        e164s = list(queryset.order_by("e164").values_list("e164", flat=True)[: _MOST_CHOSEN + 1])
        if len(e164s) > _MOST_CHOSEN:
            messages.error(
                request, f"Choose at most {_MOST_CHOSEN:,} numbers, or upload them as a list."
            )
            return None
        return import_page(request, PlatformImportForm(initial={"numbers": "\n".join(e164s)}))


def _say_what_was_read(request: HttpRequest, read: NumberList) -> None:
    if read.bad:
        named = "; ".join(f"line {row.line}: {row.raw} ({row.reason})" for row in read.bad[:5])
        messages.warning(
            request, f"{counted(len(read.bad), 'row')} could not be read and left out: {named}"
        )


def _allow(request: HttpRequest) -> None:
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied


def _list() -> str:
    return reverse("admin:numbers_platformnumber_changelist")


def _to(started: BulkAction) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:numbers_bulkaction_change", args=[started.pk]))
