"""LOAs: the stored versions, what they cover, and the file itself for those who may open it."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin
from numbering.admin.badges import badge
from numbering.admin.filters import LoaUploadFilter
from numbering.admin.person import person_of
from numbering.domain.loa import DamagedLoa, open_for
from numbering.models import Loa

_EXTENSIONS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tiff",
}


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
    list_filter = (LoaUploadFilter,)
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
        "signer",
        "signed_on",
        "uploaded_by",
        "uploaded_at",
        "open_link",
        "covered_orders",
        "carrier_copies",
        "opened_by",
    )
    readonly_fields = ("open_link", "covered_orders", "carrier_copies", "opened_by")

    @admin.display(description="File")
    def open_link(self, loa: Loa) -> SafeString:
        """The way to the file; opening it is recorded."""
        address = reverse("admin:numbers_loa_file", args=[loa.pk])
        return format_html('<a href="{}">Open (is recorded)</a>', address)

    @admin.display(description="Covers")
    def covered_orders(self, loa: Loa) -> str:
        """The orders whose numbers the LOA covers."""
        order_ids = sorted(set(loa.coverage.values_list("order_id", flat=True)))
        return (
            format_html_join(
                ", ",
                '<a href="{}">Import order {}</a>',
                (
                    (reverse("admin:numbers_importorder_change", args=[order_id]), order_id)
                    for order_id in order_ids
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
                    (opening.person, opening.at)
                    for opening in loa.openings.select_related("person")[:50]
                ),
            )
            or "nobody yet"
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the file."""
        view = self.admin_site.admin_view(self.file_view)
        return [path("<int:loa_id>/file/", view, name="numbers_loa_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, loa_id: int) -> HttpResponse:
        """Give out the file as a sandboxed attachment, if it is still what was received."""
        if not request.user.has_perm("numbers.open_loa"):
            raise PermissionDenied
        loa = Loa.objects.filter(pk=loa_id).first()
        if loa is None:
            raise Http404
        try:
            content = open_for(loa, person_of(request))
        except DamagedLoa as error:
            return HttpResponse(str(error), status=409, content_type="text/plain")
        # A name of our own: what the uploader called it is only text.
        name = f"loa-{loa.subscriber_id}-v{loa.version}.{_EXTENSIONS[loa.content_type]}"
        return HttpResponse(
            content,
            content_type=loa.content_type,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )
