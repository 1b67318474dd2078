"""Sites and SIP peers, as last read from the carrier."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.admin_base import ReadOnlyAdmin, action
from carrier.errors import CarrierError
from numbering.admin.ask_first import ask_first
from numbering.carrier_link import CarrierNotConfigured, in_words
from numbering.domain.places import refresh_places
from numbering.models import SipPeer
from numbering.wording import counted


@admin.register(SipPeer)
class SipPeerAdmin(ReadOnlyAdmin):
    """Where numbers can live at the carrier."""

    empty_hint = "Read the sites and SIP peers from the carrier with the button above."
    list_display = (
        "site_name",
        "site_id",
        "sip_peer_name",
        "sip_peer_id",
        "is_default",
        "is_gone",
        "seen_at",
    )
    search_fields = ("site_name", "sip_peer_name", "site_id", "sip_peer_id")
    actions_list = ("refresh",)

    def has_refresh_permission(self, request: HttpRequest) -> bool:
        """Whether the person may read the places anew."""
        return request.user.has_perm("numbers.refresh_sippeer")

    @action(description="Read from the carrier", permissions=["refresh"], icon="sync")
    def refresh(self, request: HttpRequest) -> HttpResponse:
        """Read the places anew; reading changes nothing at the carrier."""
        address = reverse("admin:numbers_sippeer_changelist")
        if request.method != "POST":
            return ask_first(
                request,
                title="Read from the carrier",
                sentence="Sites and SIP peers are read anew. Nothing changes at the carrier.",
                back=address,
                busy="Asking the carrier…",
            )
        try:
            read = refresh_places()
        except (CarrierError, CarrierNotConfigured) as error:
            messages.error(request, f"Nothing was changed. {in_words(error)}")
        else:
            gone = f" No longer there: {read.gone:,}." if read.gone else ""
            messages.success(request, f"{counted(read.seen, 'SIP peer')} read.{gone}")
        return HttpResponseRedirect(address)
