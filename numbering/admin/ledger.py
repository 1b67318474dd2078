"""The page *LOA cover*: which LOA speaks for each hosted number, and the same as a CSV file."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from numbering.admin.csv_download import csv_download
from numbering.admin.person import person_of
from numbering.domain import ledger

_MOST_SEARCHED = 100


@require_safe
def cover_view(request: HttpRequest) -> HttpResponse:
    """Show a page of the ledger."""
    _allow(request)
    question, search = _asked(request)
    before = request.GET.get("before", "")
    shown = ledger.page(question, search, before=int(before) if _is_key(before) else None)
    asked: dict[str, str | int] = {"question": question, "q": search}
    context = {
        **admin.site.each_context(request),
        "title": "LOA cover",
        "lines": shown.lines,
        "next": urlencode({**asked, "before": shown.next_before}) if shown.next_before else "",
        "is_later_page": bool(before),
        "first": urlencode(asked),
        "questions": [
            (name, label, urlencode({"question": name, "q": search}))
            for name, label in [("", "All hosted numbers"), *ledger.QUESTIONS.items()]
        ],
        "question": question,
        "search": search,
    }
    return TemplateResponse(request, "admin/numbers/loa/cover.html", context)


@require_POST
def export_view(request: HttpRequest) -> HttpResponseBase:
    """Give the chosen numbers as CSV, written as it is read; the export is recorded."""
    _allow(request)
    rows = ledger.export(person_of(request), *_asked(request))
    return csv_download(f"loa-cover-{timezone.localdate():%Y-%m-%d}.csv", rows)


def _allow(request: HttpRequest) -> None:
    if not request.user.has_perm("numbers.view_loa"):
        raise PermissionDenied


def _asked(request: HttpRequest) -> tuple[str, str]:
    asked = request.POST if request.method == "POST" else request.GET
    question = asked.get("question", "")
    search = asked.get("q", "").replace("\x00", "").strip()[:_MOST_SEARCHED]
    return question if question in ledger.QUESTIONS else "", search


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
