"""How the staff pages look: names, colours and the sidebar of django-unfold, as plain data."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _may(right: str) -> Any:
    def has(request: HttpRequest) -> bool:
        return bool(request.user.has_perm(right))

    return has


def _link(title: str, icon: str, address: str, right: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(address), "permission": _may(right)}


THEME: dict[str, Any] = {
    "SITE_TITLE": "Hosted messaging",
    "SITE_HEADER": "Hosted messaging",
    "SITE_SYMBOL": "sms",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("favicon.svg"),
        }
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "DASHBOARD_CALLBACK": "numbering.admin.home.dashboard",
    "STYLES": [lambda request: static("css/staff.css")],
    "SCRIPTS": [lambda request: static("js/staff.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 236)",
            "100": "oklch(94% .03 236)",
            "200": "oklch(88.5% .06 236)",
            "300": "oklch(80.5% .1 238)",
            "400": "oklch(70% .14 240)",
            "500": "oklch(60% .15 243)",
            "600": "oklch(51% .145 246)",
            "700": "oklch(44.5% .125 247)",
            "800": "oklch(38.5% .1 248)",
            "900": "oklch(33.5% .08 249)",
            "950": "oklch(25% .06 250)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Work",
                "items": [
                    {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")},
                    _link(
                        "Requests",
                        "assignment_add",
                        "admin:numbers_hostingrequest_changelist",
                        "numbers.view_hostingrequest",
                    ),
                    _link(
                        "Import orders",
                        "move_to_inbox",
                        "admin:numbers_importorder_changelist",
                        "numbers.view_importorder",
                    ),
                    _link(
                        "Subscribers",
                        "apartment",
                        "admin:numbers_subscriber_changelist",
                        "numbers.view_subscriber",
                    ),
                    _link(
                        "Telephone numbers",
                        "dialpad",
                        "admin:numbers_telephonenumber_changelist",
                        "numbers.view_telephonenumber",
                    ),
                    _link("Cases", "rule", "admin:numbers_case_changelist", "numbers.view_case"),
                    _link(
                        "Withdrawals",
                        "undo",
                        "admin:numbers_withdrawal_changelist",
                        "numbers.view_withdrawal",
                    ),
                    _link(
                        "Removals",
                        "phonelink_erase",
                        "admin:numbers_removalorder_changelist",
                        "numbers.view_removalorder",
                    ),
                    _link(
                        "Messages",
                        "sms",
                        "admin:messaging_message_changelist",
                        "messaging.view_message",
                    ),
                    _link(
                        "Opt-outs",
                        "do_not_disturb_on",
                        "admin:messaging_optout_changelist",
                        "messaging.view_optout",
                    ),
                    _link("LOAs", "contract", "admin:numbers_loa_changelist", "numbers.view_loa"),
                    _link("LOA cover", "verified", "admin:numbers_loa_cover", "numbers.view_loa"),
                    _link(
                        "Alerts",
                        "notification_important",
                        "admin:numbers_alert_changelist",
                        "numbers.view_alert",
                    ),
                ],
            },
            {
                "title": "Carrier",
                "separator": True,
                "items": [
                    _link(
                        "Webhook inbox",
                        "inbox",
                        "admin:numbers_webhookevent_changelist",
                        "numbers.view_webhookevent",
                    ),
                    _link(
                        "Message callbacks",
                        "mark_unread_chat_alt",
                        "admin:messaging_messageevent_changelist",
                        "messaging.view_messageevent",
                    ),
                    _link(
                        "Webhook subscriptions",
                        "notifications_active",
                        "admin:numbers_subscriptions",
                        "numbers.view_subscriptions",
                    ),
                    _link(
                        "Exchanges",
                        "swap_horiz",
                        "admin:numbers_carrierexchange_changelist",
                        "numbers.view_carrierexchange",
                    ),
                    _link(
                        "Background jobs",
                        "manufacturing",
                        "admin:numbers_job_changelist",
                        "numbers.view_job",
                    ),
                    _link("Mails", "mail", "admin:numbers_mail_changelist", "numbers.view_mail"),
                    _link(
                        "Sites and SIP peers",
                        "hub",
                        "admin:numbers_sippeer_changelist",
                        "numbers.view_sippeer",
                    ),
                    _link(
                        "Error help",
                        "help",
                        "admin:numbers_errorhelp_changelist",
                        "numbers.view_errorhelp",
                    ),
                ],
            },
            {
                "title": "People",
                "separator": True,
                "items": [
                    _link(
                        "People", "group", "admin:accounts_user_changelist", "accounts.view_user"
                    ),
                    _link(
                        "Exports",
                        "download",
                        "admin:numbers_export_changelist",
                        "numbers.view_export",
                    ),
                ],
            },
        ],
    },
}
