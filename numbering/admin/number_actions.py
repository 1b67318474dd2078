"""What is done to many telephone numbers at once from their list: asked first, then a worker's."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin_base import action
from numbering.admin.person import person_of
from numbering.domain import bulk
from numbering.domain.cannot_do import CannotDo
from numbering.enums import BulkKind
from numbering.models import TelephoneNumber
from numbering.number_forms import MoveForm
from numbering.wording import counted


@dataclass(frozen=True)
class _Ask:
    """How the page asks before it begins."""

    title: str
    sentence: str
    form: type[MoveForm] | None = None


_ASKS = {
    BulkKind.ASSIGN: _Ask(
        "Move to a subscriber",
        "The numbers go to another subscriber here; nothing changes at the carrier. An LOA speaks "
        "for its own subscriber's numbers only, so an imported number that is moved needs a new "
        "one. Numbers that are being imported or are leaving stay where they are.",
        MoveForm,
    ),
    BulkKind.LOCK: _Ask(
        "Lock against leaving",
        "Locked numbers are neither removed nor disconnected from here until they are unlocked.",
    ),
    BulkKind.UNLOCK: _Ask("Unlock", "They can be removed or disconnected again."),
    BulkKind.READ: _Ask(
        "Read at the carrier",
        "The carrier is asked what it says of each number, one after the other; nothing changes "
        "there. Thousands take a while.",
    ),
}


class NumberActions:
    """The actions of the list, for the model admin of telephone numbers."""

    actions: Any = ("move", "lock", "unlock", "read")

    def has_assign_permission(self, request: HttpRequest) -> bool:
        """Whether the person may move numbers to another subscriber."""
        return _may(request, "assign")

    def has_lock_permission(self, request: HttpRequest) -> bool:
        """Whether the person may lock numbers, and unlock them."""
        return _may(request, "lock")

    def has_read_permission(self, request: HttpRequest) -> bool:
        """Whether the person may read numbers anew at the carrier."""
        return _may(request, "read")

    @action(description="Move to a subscriber…", permissions=["assign"])
    def move(self, request: HttpRequest, queryset: QuerySet[TelephoneNumber]) -> HttpResponse:
        """Move them to another subscriber."""
        return _ask_or_start(self, request, queryset, BulkKind.ASSIGN)

    @action(description="Lock…", permissions=["lock"])
    def lock(self, request: HttpRequest, queryset: QuerySet[TelephoneNumber]) -> HttpResponse:
        """Lock them against leaving."""
        return _ask_or_start(self, request, queryset, BulkKind.LOCK)

    @action(description="Unlock…", permissions=["lock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[TelephoneNumber]) -> HttpResponse:
        """Lift the lock."""
        return _ask_or_start(self, request, queryset, BulkKind.UNLOCK)

    @action(description="Read at the carrier…", permissions=["read"])
    def read(self, request: HttpRequest, queryset: QuerySet[TelephoneNumber]) -> HttpResponse:
        """Read them at the carrier."""
        return _ask_or_start(self, request, queryset, BulkKind.READ)


def _may(request: HttpRequest, what: str) -> bool:
    return request.user.has_perm("numbers.run_bulkaction") and request.user.has_perm(
        f"numbers.{what}_telephonenumber"
    )


def _ask_or_start(
    model_admin: Any, request: HttpRequest, numbers: QuerySet[TelephoneNumber], kind: BulkKind
) -> HttpResponse:
    """Say how many it is about and ask; when that was answered, give it to the worker."""
    ask = _ASKS[kind]
    count = numbers.order_by()[: bulk.ROWS_LIMIT + 1].count()
    if count > bulk.ROWS_LIMIT:
        messages.error(
            request,
            f"More than {bulk.ROWS_LIMIT:,} numbers match. Narrow the list with a filter first.",
        )
        return HttpResponseRedirect(request.get_full_path())
    is_answer = "confirm" in request.POST
    form = ask.form(request.POST if is_answer else None) if ask.form else None
    # What matches may have changed since: nobody shall answer for more than was shown.
    is_as_shown = request.POST.get("confirm") == str(count)
    if is_answer and is_as_shown and (form is None or form.is_valid()):
        choices = {"subscriber": form.cleaned_data["subscriber"].pk} if form else {}
        try:
            started = bulk.start(kind, numbers, actor=person_of(request), choices=choices)
        except CannotDo as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(reverse("admin:numbers_bulkaction_change", args=[started.pk]))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": ask.title,
        "opts": model_admin.opts,
        "sentence": ask.sentence,
        "count": count,
        "counted": counted(count, "number"),
        "has_changed": is_answer and not is_as_shown,
        "form": form,
        "action": request.POST.get("action", ""),
        "checkbox": ACTION_CHECKBOX_NAME,
        "chosen": [] if _is_all(request) else request.POST.getlist(ACTION_CHECKBOX_NAME),
        "is_all": _is_all(request),
        "back": request.get_full_path(),
    }
    return TemplateResponse(
        request,
        "admin/numbers/telephonenumber/ask.html",
        context,
        status=422 if is_answer else 200,
    )


def _is_all(request: HttpRequest) -> bool:
    return request.POST.get("select_across") == "1"
