"""Mails to customers: in their words, from templates, each one a row."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from numbering.domain.mails import queue_mail
from numbering.models import ImportOrder, Loa


def write_to_customer(
    template: str,
    *,
    recipient: str,
    order: ImportOrder | None = None,
    loa: Loa | None = None,
    **context: Any,
) -> None:
    """Write a mail from `emails/<template>_subject.txt` and `emails/<template>.txt`.

    `order` is what the mail is about; `loa` goes along as a file. In the templates `company` and
    `ask_us` say who writes and who can be asked.
    """
    values = {
        "company": settings.COMPANY_NAME,
        "ask_us": settings.COMPANY_CONTACT,
        "order": order,
        **context,
    }
    queue_mail(
        recipients=[recipient],
        subject=render_to_string(f"emails/{template}_subject.txt", values),
        text=render_to_string(f"emails/{template}.txt", values),
        order=order,
        loa=loa,
    )
