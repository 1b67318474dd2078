"""Bulk actions: how far each is, what became of every number, and cancel or try again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin.ask_first import ask_first
from numbering.admin.badges import badge, tone_of
from numbering.admin.csv_download import csv_download
from numbering.admin.filters import choice_filter
from numbering.admin.person import person_of
from numbering.domain import bulk, bulk_rows
from numbering.domain.bulk import Progress
from numbering.domain.cannot_do import CannotDo
from numbering.enums import BulkKind, BulkRowState, BulkState
from numbering.models import BulkAction
from numbering.wording import counted, lasting

RIGHT = "numbers.run_bulkaction"
# With this status htmx shows the part a last time and stops asking for it.
_ASK_NO_MORE = 286
_OPEN = (BulkState.WAITING, BulkState.RUNNING)


@dataclass(frozen=True)
class _Verb:
    """What a person can decide; it asks first. `run` returns what was done, "" for nothing."""

    title: str
    sentence: str
    run: Callable[[BulkAction], str]


def _cancel(action: BulkAction) -> str:
    return "What is not begun is left alone." if bulk.cancel(action) else ""


def _retry(action: BulkAction) -> str:
    count = bulk.retry(action)
    return f"{counted(count, 'number')} tried again." if count else ""


_VERBS = {
    "cancel": _Verb(
        "Cancel",
        "What is done stays done, what is under way is brought to its end, and the rest is left "
        "alone.",
        _cancel,
    ),
    "retry": _Verb(
        "Try again",
        "Numbers that failed are tried again. Numbers whose outcome is unknown are looked for "
        "first, and only what certainly was not done is done again.",
        _retry,
    ),
}


@admin.register(BulkAction)
class BulkActionAdmin(ReadOnlyAdmin):
    """What was, is and will be done to many numbers at once."""

    empty_hint = (
        "When you do something to many numbers at once, a worker does it, and its progress is "
        "shown here. Begin in the list of telephone numbers."
    )
    list_display = ("__str__", "state_badge", "number_count", "person", "asked_at", "finished_at")
    list_filter = (
        choice_filter(BulkState, "state", "State"),
        choice_filter(BulkKind, "kind", "What is done"),
    )
    list_select_related = ("person",)
    ordering = ("-pk",)

    @admin.display(description="State", ordering="state")
    def state_badge(self, action: BulkAction) -> SafeString:
        """The state as a badge."""
        return badge(action.state, action.get_state_display())

    @admin.display(description="Numbers", ordering="all_rows")
    def number_count(self, action: BulkAction) -> str:
        """How many numbers it is about."""
        return f"{action.all_rows:,}"

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the page, its part that changes, its list and its verbs."""
        wrap, name = self.admin_site.admin_view, "numbers_bulkaction"
        return [
            path("<int:action_id>/change/", wrap(self.page_view), name=f"{name}_change"),
            path("<int:action_id>/live/", wrap(self.live_view), name=f"{name}_live"),
            path("<int:action_id>/export/", wrap(self.export_view), name=f"{name}_export"),
            path("<int:action_id>/do/<slug:name>/", wrap(self.do_view), name=f"{name}_do"),
            *super().get_urls(),
        ]

    def page_view(self, request: HttpRequest, action_id: int) -> HttpResponse:
        """Show the action with the results of its numbers."""
        action = self._action(request, action_id)
        after = request.GET.get("after", "")
        shown = _state(request.GET.get("state", ""))
        page = bulk_rows.page(action, shown, after=int(after) if _is_key(after) else None)
        context = {
            **self.admin_site.each_context(request),
            **_head(request, action),
            "title": str(action),
            "opts": self.opts,
            "lines": [(row, badge(row.state, row.get_state_display())) for row in page.rows],
            "has_words": any(row.message for row in page.rows),
            "has_ids": any(row.result for row in page.rows),
            "shown": shown,
            "next": urlencode([("state", shown), ("after", str(page.next_after))])
            if page.next_after
            else "",
            "is_later_page": bool(after),
        }
        return TemplateResponse(request, "admin/numbers/bulkaction/action.html", context)

    def live_view(self, request: HttpRequest, action_id: int) -> HttpResponse:
        """Give the part of the page that changes by itself while the action goes on."""
        context = _head(request, self._action(request, action_id))
        context["shown"] = _state(request.GET.get("state", ""))
        return TemplateResponse(
            request,
            "admin/numbers/bulkaction/head.html",
            context,
            status=200 if context["is_open"] else _ASK_NO_MORE,
        )

    def export_view(self, request: HttpRequest, action_id: int) -> HttpResponseBase:
        """Give the results as CSV; it is recorded who took them."""
        action = self._action(request, action_id)
        if request.method != "POST":
            return HttpResponseRedirect(_address(action))
        rows = bulk_rows.export(action, _state(request.POST.get("state", "")), person_of(request))
        return csv_download(f"bulk-action-{action.pk}.csv", rows)

    def do_view(self, request: HttpRequest, action_id: int, name: str) -> HttpResponse:
        """Cancel or try again: GET asks first, POST does it."""
        action = self._action(request, action_id)
        if (verb := _VERBS.get(name)) is None:
            raise Http404
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        if request.method != "POST":
            return ask_first(
                request,
                title=verb.title,
                sentence=f"{action}: {verb.sentence}",
                back=_address(action),
                busy="Working…",
            )
        try:
            done = verb.run(action)
        except CannotDo as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(_address(action))
        if done:
            messages.success(request, done)
        else:
            messages.warning(request, "Nothing is left to do: see below what became of it.")
        return HttpResponseRedirect(_address(action))

    def _action(self, request: HttpRequest, action_id: int) -> BulkAction:
        if not self.has_view_permission(request):
            raise PermissionDenied
        action = BulkAction.objects.select_related("person").filter(pk=action_id).first()
        if action is None:
            raise Http404
        return action


def _head(request: HttpRequest, action: BulkAction) -> dict[str, Any]:
    """Return what the part of the page shows that changes by itself."""
    progress = bulk.progress_of(action)
    is_open = action.state in _OPEN
    may = request.user.has_perm(RIGHT)
    again = sum(
        progress.counts.get(state, 0) for state in (BulkRowState.FAILED, BulkRowState.UNKNOWN)
    )
    return {
        "action": action,
        "state_badge": badge(action.state, action.get_state_display()),
        "tone": "bad" if again and not is_open else tone_of(action.state),
        "is_open": is_open,
        "progress": progress,
        "sentence": _sentence(action, progress, again),
        "left": lasting(progress.left.total_seconds()) if progress.left is not None else "",
        "chips": [
            (state, progress.counts[state], tone_of(state))
            for state in BulkRowState
            if progress.counts.get(state)
        ],
        "may_cancel": may and is_open and not action.is_cancelling,
        "may_retry": may and not is_open and bool(again),
    }


def _sentence(action: BulkAction, progress: Progress, again: int) -> str:
    """Return where it is, and what is left to do for a person."""
    if action.is_cancelling and action.state in _OPEN:
        return "It is being cancelled: what is under way is brought to its end."
    if action.state == BulkState.WAITING:
        return "It begins as soon as a worker has time. Nothing to do; this page may be closed."
    if action.state == BulkState.RUNNING:
        return "A worker is at it. Nothing to do; this page may be closed."
    if again:
        return (
            f"Over, and {counted(again, 'number')} did not come to a good end: the list says why. "
            "Try these again when the reason is gone."
        )
    if action.state == BulkState.CANCELLED:
        left = counted(progress.counts.get(BulkRowState.CANCELLED, 0), "number")
        return f"Cancelled. {left} left alone."
    return "Done. Nothing of it is left to do."


def _state(text: str) -> str:
    return text if text in BulkRowState.values else ""


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _address(action: BulkAction) -> str:
    return reverse("admin:numbers_bulkaction_change", args=[action.pk])
