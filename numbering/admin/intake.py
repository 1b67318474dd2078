"""Number files: upload one, look at the rehearsal, take it over, and correct what was refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from accounts.admin_base import FileWidget, ReadOnlyAdmin, action
from accounts.models import User
from numbering.admin.ask_first import ask_first
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.admin.intake_page import page_context, summary
from numbering.admin.person import person_of
from numbering.csv_cells import csv_lines
from numbering.domain import intake as intakes
from numbering.domain.cannot_do import CannotDo
from numbering.enums import IntakeState
from numbering.intake_file import COLUMNS
from numbering.intake_templates import template_csv, template_xlsx
from numbering.models import Intake

RIGHT = "numbers.add_intake"
# With this status htmx shows the part a last time and stops asking for it.
_ASK_NO_MORE = 286
_DOWNLOAD = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
_TEMPLATES: dict[str, tuple[str, Callable[[], str | bytes]]] = {
    "csv": ("text/csv; charset=utf-8", template_csv),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        template_xlsx,
    ),
}


class IntakeForm(forms.Form):
    """The file; what is in it is read later, and by the worker."""

    file = forms.FileField(
        label="File of numbers",
        widget=FileWidget(attrs={"accept": ".csv,.txt,.xlsx"}),
        error_messages={"required": "Choose a file, or drop one into the frame."},
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse what is larger than the settings allow."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > settings.INTAKE_FILE_MIB * 2**20:
            raise ValidationError(
                f"The file is larger than {settings.INTAKE_FILE_MIB} MiB. Split it and upload the "
                "parts."
            )
        return file


@dataclass(frozen=True)
class IntakeAction:
    """Something that a person decides about a file. It asks first."""

    title: str
    sentence: str
    run: Callable[[Intake, datetime | None, User], None]
    done: str


def _take_over(intake: Intake, read_at: datetime | None, person: User) -> None:
    if read_at is None:
        raise CannotDo("Nothing was begun. Look at what the file would do, then take it over.")
    intakes.take_over(intake, read_at=read_at, actor=person)


ACTIONS = {
    "commit": IntakeAction(
        "Take over the good rows",
        "What has changed here since the file was read is left out and named. Nothing is asked of "
        "the carrier: the nightly compare checks these numbers against it.",
        _take_over,
        "The rows are being taken over.",
    ),
    "again": IntakeAction(
        "Read again",
        "The same file is judged anew by what is here now. Nothing changes by it.",
        lambda intake, _read_at, _person: intakes.read_again(intake),
        "The file is being read again.",
    ),
    "discard": IntakeAction(
        "Discard",
        "Nothing more of it is taken over, and the upload is deleted.",
        lambda intake, _read_at, _person: intakes.discard(intake),
        "Discarded. Nothing more of it is taken over.",
    ),
}


@admin.register(Intake)
class IntakeAdmin(ReadOnlyAdmin):
    """The files, newest first."""

    empty_hint = (
        "Numbers that the company has at the carrier already come in by a file. Upload the first "
        "one with the button above."
    )
    list_display = ("name", "state_badge", "row_count", "found", "person", "uploaded_at")
    list_filter = (choice_filter(IntakeState, "state", "State"),)
    list_select_related = ("person",)
    search_fields = ("name",)
    search_help_text = "Name of the file"
    actions_list = ("upload",)
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person may upload files, and take them over."""
        return request.user.has_perm(RIGHT)

    def has_upload_permission(self, request: HttpRequest) -> bool:
        """As for adding."""
        return self.has_add_permission(request)

    @action(description="Upload a file", permissions=["upload"], icon="upload_file")
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Go to the page for it."""
        return HttpResponseRedirect(reverse("admin:numbers_intake_add"))

    @admin.display(description="State", ordering="state")
    def state_badge(self, intake: Intake) -> SafeString:
        """The state as a badge."""
        return badge(intake.state, intake.get_state_display())

    @admin.display(description="Rows", ordering="rows_read")
    def row_count(self, intake: Intake) -> str:
        """How many rows were read."""
        return f"{intake.rows_read:,}"

    @admin.display(description="What it does")
    def found(self, intake: Intake) -> str:
        """How many rows of each verdict there are."""
        return intake.trouble or summary(intake)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses of the pages and of what can be done there."""
        wrap = self.admin_site.admin_view
        return [
            path("template/<slug:kind>/", wrap(template_view), name="numbers_intake_template"),
            path("<int:intake_id>/change/", wrap(self.page_view), name="numbers_intake_change"),
            path("<int:intake_id>/live/", wrap(self.live_view), name="numbers_intake_live"),
            path(
                "<int:intake_id>/refused/", wrap(self.refused_view), name="numbers_intake_refused"
            ),
            path(
                "<int:intake_id>/do/<slug:name>/", wrap(self.action_view), name="numbers_intake_do"
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take an upload, and go on to its page, where the reading is shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form = IntakeForm(request.POST, request.FILES) if posted else IntakeForm()
        if posted and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                intake = intakes.receive(file.name, file, actor=person_of(request))
            except CannotDo as error:
                form.add_error("file", str(error))
            else:
                return HttpResponseRedirect(_address(intake))
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload a file of numbers",
            "opts": self.opts,
            "form": form,
            "columns": list(COLUMNS),
            "limit": settings.INTAKE_FILE_MIB,
        }
        return TemplateResponse(
            request, "admin/numbers/intake/upload.html", context, status=422 if posted else 200
        )

    def page_view(self, request: HttpRequest, intake_id: int) -> HttpResponse:
        """Show a file: how far it is, what it would do, its rows."""
        intake = self._intake(request, intake_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(intake),
            "opts": self.opts,
            **page_context(request, intake, may_decide=request.user.has_perm(RIGHT)),
        }
        return TemplateResponse(request, "admin/numbers/intake/intake.html", context)

    def live_view(self, request: HttpRequest, intake_id: int) -> HttpResponse:
        """Show the part of the page that changes by itself."""
        intake = self._intake(request, intake_id)
        context = page_context(request, intake, may_decide=request.user.has_perm(RIGHT))
        return TemplateResponse(
            request,
            "admin/numbers/intake/head.html",
            context,
            status=200 if context["is_in_motion"] else _ASK_NO_MORE,
        )

    def action_view(self, request: HttpRequest, intake_id: int, name: str) -> HttpResponse:
        """Decide: GET asks first, POST does it."""
        intake = self._intake(request, intake_id)
        asked = ACTIONS.get(name)
        if asked is None:
            raise Http404
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        address = _address(intake)
        if request.method != "POST":
            return ask_first(
                request,
                title=asked.title,
                sentence=f"{intake}: {summary(intake)} {asked.sentence}".strip(),
                back=address,
                busy="Asking…",
                is_danger=name == "discard",
            )
        try:
            asked.run(intake, _instant(request.GET.get("read", "")), person_of(request))
        except CannotDo as error:
            messages.error(request, str(error))
        else:
            messages.success(request, asked.done)
        return HttpResponseRedirect(address)

    def refused_view(self, request: HttpRequest, intake_id: int) -> HttpResponseBase:
        """Give the refused rows as CSV, written as it is read; the export is recorded."""
        intake = self._intake(request, intake_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        rows = intakes.refused_rows(intake, person_of(request))
        # Spreadsheets read UTF-8 as such only when it says so at its beginning.
        lines = ("\ufeff" * (index == 0) + line for index, line in enumerate(csv_lines(rows)))
        return StreamingHttpResponse(
            lines,
            content_type="text/csv; charset=utf-8",
            headers={**_DOWNLOAD, "Content-Disposition": _attachment(f"refused-{intake.pk}.csv")},
        )

    def _intake(self, request: HttpRequest, intake_id: int) -> Intake:
        if not self.has_view_permission(request):
            raise PermissionDenied
        intake = (
            Intake.objects.select_related("person", "committed_by").filter(pk=intake_id).first()
        )
        if intake is None:
            raise Http404
        return intake


def template_view(request: HttpRequest, kind: str) -> HttpResponse:
    """Give a template to fill in."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    if kind not in _TEMPLATES:
        raise Http404
    content_type, write = _TEMPLATES[kind]
    return HttpResponse(
        write(),
        content_type=content_type,
        headers={**_DOWNLOAD, "Content-Disposition": _attachment(f"numbers.{kind}")},
    )


def _attachment(name: str) -> str:
    return f'attachment; filename="{name}"'


def _instant(text: str) -> datetime | None:
    try:
        instant = parse_datetime(text)
        # In UTC, since both databases refuse what is beyond their calendars there.
        return instant.astimezone(UTC) if instant else None
    except (ValueError, OverflowError):  # well formed, but on no calendar
        return None


def _address(intake: Intake) -> str:
    return reverse("admin:numbers_intake_change", args=[intake.pk])
