"""The one table of who may do what. Rights are looked up here on every request.

Rights are Django permission names (`app_label.codename`), so the admin asks for them by itself.
A right that is missing here is a right that nobody has.
"""

from django.db import models


class Role(models.TextChoices):
    """What a person is to the company; each person has exactly one."""

    ADMIN = "admin", "Administrator"
    SUPPORT = "support", "Support"
    FINANCE = "finance", "Finance"
    CUSTOMER = "customer", "Customer"


STAFF_ROLES = frozenset({Role.ADMIN, Role.SUPPORT, Role.FINANCE})

_FINANCE = frozenset(
    {
        "numbers.view_subscriber",
        "numbers.view_telephonenumber",
        "numbers.view_importorder",
    }
)
_SUPPORT = _FINANCE | {
    "numbers.add_subscriber",
    "numbers.change_subscriber",
    "numbers.add_importorder",
    "numbers.change_importorder",
    "numbers.submit_importorder",
    "numbers.view_importordernumber",
    "numbers.view_orderevent",
    "numbers.view_loa",
    "numbers.add_loa",
    "numbers.open_loa",
    "numbers.confirm_loa",
    "numbers.view_evidenceentry",
    "numbers.view_invitation",
    "numbers.send_invitation",
    "numbers.view_hostingrequest",
    "numbers.review_hostingrequest",
    "numbers.view_subscribercontact",
    "numbers.add_subscribercontact",
    "numbers.view_withdrawal",
    "numbers.view_removalorder",
    "numbers.request_removalorder",
    "numbers.view_leaving",
    "numbers.ask_leaving",
    "numbers.agree_leaving",
    "numbers.lock_telephonenumber",
    "numbers.assign_telephonenumber",
    "numbers.read_telephonenumber",
    "numbers.view_numberorder",
    "numbers.submit_numberorder",
    "numbers.view_bulkaction",
    "numbers.run_bulkaction",
    "numbers.view_intake",
    "numbers.add_intake",
    "numbers.view_platformnumber",
    "numbers.move_platformnumber",
    "numbers.view_webhookevent",
    "numbers.replay_webhookevent",
    "numbers.view_case",
    "numbers.close_case",
    "numbers.compare_case",
    "numbers.remedy_case",
    "numbers.start_takeover",
    "numbers.view_alert",
    "numbers.close_alert",
    "numbers.view_mail",
    "numbers.retry_mail",
    "numbers.view_job",
    "numbers.retry_job",
    "numbers.view_errorhelp",
    "numbers.change_errorhelp",
    "numbers.add_errorhelp",
    "numbers.view_sippeer",
    "numbers.refresh_sippeer",
    "numbers.view_carrierexchange",
    "numbers.view_subscriptions",
    "messaging.view_message",
    "messaging.stop_message",
    "messaging.view_optout",
    "messaging.view_messageevent",
}
# Evidence (events, webhooks, exchanges, LOAs) has no delete right for anybody.
_ADMIN = _SUPPORT | {
    "numbers.read_raw_bodies",
    "numbers.repair_subscriptions",
    "numbers.hold_loa",
    "numbers.view_export",
    "accounts.view_user",
    "accounts.add_user",
    "accounts.change_user",
}

RIGHTS: dict[str, frozenset[str]] = {
    Role.ADMIN: frozenset(_ADMIN),
    Role.SUPPORT: frozenset(_SUPPORT),
    Role.FINANCE: _FINANCE,
    Role.CUSTOMER: frozenset(),
}
