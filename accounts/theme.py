"""How the staff pages look: names, colours and the sidebar of django-unfold, as plain data."""

from functools import cache, lru_cache
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import lazy


def _may(right: str) -> Any:
    def has(request: HttpRequest) -> bool:
        return bool(request.user.has_perm(right))

    return has


# Kept: every page has all of them, and none changes while a process runs.
_address_of = lazy(cache(reverse), str)


def _link(title: str, icon: str, address: str, right: str) -> dict[str, Any]:
    _names.append(address)
    return {
        "title": title,
        "icon": icon,
        "link": _address_of(address),
        "permission": _may(right),
        "active": lambda request: _entry_of(request.path) == address,
    }


# Every address in the sidebar, by its name.
_names: list[str] = []


@cache
def _addresses() -> list[tuple[str, str]]:
    """Return the addresses with their names, those first that lie below others."""
    return sorted(((reverse(name), name) for name in _names), reverse=True)


@lru_cache(maxsize=256)
def _entry_of(path: str) -> str:
    """Return the one entry of the sidebar that a page belongs to, "" for none."""
    return next((name for address, name in _addresses() if path.startswith(address)), "")


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
                    {"title": "Home", "icon": "home", "link": _address_of("admin:index")},
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
                    _link("Cases", "rule", "admin:numbers_case_changelist", "numbers.view_case"),
                    _link(
                        "Alerts",
                        "notification_important",
                        "admin:numbers_alert_changelist",
                        "numbers.view_alert",
                    ),
                ],
            },
            {
                "title": "Numbers",
                "separator": True,
                "items": [
                    _link(
                        "Telephone numbers",
                        "dialpad",
                        "admin:numbers_telephonenumber_changelist",
                        "numbers.view_telephonenumber",
                    ),
                    _link(
                        "Find numbers",
                        "search",
                        "admin:numbers_numberorder_find",
                        "numbers.view_numberorder",
                    ),
                    _link(
                        "Number orders",
                        "add_shopping_cart",
                        "admin:numbers_numberorder_changelist",
                        "numbers.view_numberorder",
                    ),
                    _link(
                        "Number files",
                        "upload_file",
                        "admin:numbers_intake_changelist",
                        "numbers.view_intake",
                    ),
                    _link(
                        "Leavings",
                        "logout",
                        "admin:numbers_leaving_changelist",
                        "numbers.view_leaving",
                    ),
                    _link(
                        "Removals",
                        "phonelink_erase",
                        "admin:numbers_removalorder_changelist",
                        "numbers.view_removalorder",
                    ),
                    _link(
                        "Bulk actions",
                        "checklist",
                        "admin:numbers_bulkaction_changelist",
                        "numbers.view_bulkaction",
                    ),
                    _link(
                        "Old platform",
                        "move_up",
                        "admin:numbers_platformnumber_changelist",
                        "numbers.view_platformnumber",
                    ),
                ],
            },
            {
                "title": "Customers",
                "separator": True,
                "items": [
                    _link(
                        "Subscribers",
                        "apartment",
                        "admin:numbers_subscriber_changelist",
                        "numbers.view_subscriber",
                    ),
                    _link("LOAs", "contract", "admin:numbers_loa_changelist", "numbers.view_loa"),
                    _link("LOA cover", "verified", "admin:numbers_loa_cover", "numbers.view_loa"),
                    _link(
                        "Withdrawals",
                        "undo",
                        "admin:numbers_withdrawal_changelist",
                        "numbers.view_withdrawal",
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
