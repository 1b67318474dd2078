"""LOAs: the stored versions, what they cover, and the file itself for those who may open it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin import loa_actions, loa_pages
from numbering.admin.badges import badge
from numbering.admin.filters import LoaUploadFilter
from numbering.admin.person import person_of
from numbering.domain.ledger import orders_of
from numbering.models import Loa
from numbering.views.loa_file import loa_file
from numbering.wording import counted


@admin.register(Loa)
class LoaAdmin(ReadOnlyAdmin):
    """The LOA files; they are evidence and never change."""

    empty_hint = "LOAs are added on the page of an import order."
    list_display = (
        "__str__",
        "subscriber",
        "original_name",
        "signer",
        "signed_on",
        "uploaded_at",
        "uploaded_by",
        "open_link",
    )
    list_filter = (LoaUploadFilter, "is_damaged", "is_on_hold")
    list_select_related = ("subscriber", "uploaded_by")
    search_fields = ("subscriber__name", "original_name", "sha256")
    search_help_text = "Subscriber, file name or SHA-256"
    fields = (
        "subscriber",
        "version",
        "replaces",
        "original_name",
        "content_type",
        "size",
        "pages",
        "sha256",
        "received_sha256",
        "scan_state",
        "is_handed_in",
        "signer",
        "signed_on",
        "uploaded_by",
        "uploaded_at",
        "open_link",
        "scope",
        "expires_on",
        "hash_checked_at",
        "damage",
        "hold",
        "purged_at",
        "what_to_do",
        "covered_orders",
        "carrier_copies",
        "opened_by",
    )
    readonly_fields = (
        "open_link",
        "damage",
        "hold",
        "what_to_do",
        "covered_orders",
        "carrier_copies",
        "opened_by",
    )

    def get_fields(self, request: HttpRequest, obj: Loa | None = None) -> Any:
        """Leave out what can be done, for those who may do none of it."""
        may = {right for right in loa_actions.LINKS if request.user.has_perm(right)}
        if obj is not None:
            # The links depend on the person, which a column does not know.
            obj.may = may  # type: ignore[attr-defined]
        return [name for name in self.fields if may or name != "what_to_do"]

    @admin.display(description="What can be done")
    def what_to_do(self, loa: Loa) -> SafeString:
        """The ways to a blanket and to legal hold, as far as the person may go them."""
        return loa_actions.links(loa, getattr(loa, "may", set()))

    @admin.display(description="File")
    def open_link(self, loa: Loa) -> SafeString:
        """The way to the file; opening it is recorded."""
        address = reverse("admin:numbers_loa_file", args=[loa.pk])
        return format_html(
            '<a href="{}">Open (is recorded)</a> · <a href="{}">Look at its pages</a>',
            address,
            reverse("admin:numbers_loa_pages", args=[loa.pk]),
        )

    @admin.display(description="File is damaged")
    def damage(self, loa: Loa) -> str:
        """In words: the theme's red cross would look like damage."""
        return "Yes" if loa.is_damaged else "No"

    @admin.display(description="Legal hold")
    def hold(self, loa: Loa) -> str:
        """In words, as above."""
        return "Yes" if loa.is_on_hold else "No"

    @admin.display(description="Covers")
    def covered_orders(self, loa: Loa) -> str:
        """The orders whose numbers the LOA covers."""
        return (
            format_html_join(
                SafeString("<br>"),
                '<a href="{}">Import order {}</a>: {}',
                (
                    (
                        reverse("admin:numbers_importorder_change", args=[order_id]),
                        order_id,
                        counted(count, "number"),
                    )
                    for order_id, count in orders_of(loa)
                ),
            )
            or "–"
        )

    @admin.display(description="At the carrier")
    def carrier_copies(self, loa: Loa) -> str:
        """The copies that the carrier holds."""
        return (
            format_html_join(
                SafeString("<br>"),
                "Import order {}: {} {} {}",
                (
                    (
                        upload.order_id,
                        badge(upload.state, upload.get_state_display()),
                        upload.file_id,
                        upload.trouble,
                    )
                    for upload in loa.uploads.all()
                ),
            )
            or "–"
        )

    @admin.display(description="Opened by")
    def opened_by(self, loa: Loa) -> str:
        """Who opened the file, newest first."""
        return (
            format_html_join(
                SafeString("<br>"),
                "{} on {:%Y-%m-%d %H:%M} UTC",
                (
                    (opening.person or opening.email, opening.at)
                    for opening in loa.openings.select_related("person")[:50]
                ),
            )
            or "nobody yet"
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the file."""
        view = self.admin_site.admin_view(self.file_view)
        return [
            path("<int:loa_id>/file/", view, name="numbers_loa_file"),
            *loa_pages.urls(),
            *loa_actions.urls(),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, loa_id: int) -> HttpResponse:
        """Give out the file as a sandboxed attachment, if it is still what was received."""
        if not request.user.has_perm("numbers.open_loa"):
            raise PermissionDenied
        loa = Loa.objects.filter(pk=loa_id).first()
        if loa is None:
            raise Http404
        return loa_file(loa, person_of(request))
