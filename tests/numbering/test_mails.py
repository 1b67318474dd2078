"""Every mail is a row, leaves by itself, and holds no live link longer than it must."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rights import Role
from numbering.domain import mails, outbox
from numbering.domain.alerts import open_alert
from numbering.enums import AlertCause
from numbering.models import Alert, Heartbeat, Job, Mail
from numbering.sealing import CannotUnseal, seal, unseal
from numbering.worker import run_once
from tests import builders
from tests.numbering.mail_server import MailServer, use

pytestmark = pytest.mark.django_db
RESET = "http://localhost:8000/accounts/password/reset/key/1-d3adbe-0123456789abcdef/"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with MailServer() as running:
        use(running, settings)
        yield running


def round_of_tries() -> None:
    """Make every waiting mail due, and let the worker do a round, its watch included."""
    Mail.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))
    Job.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))
    run_once()
    Heartbeat.objects.filter(name="watch").delete()
    run_once()


def states() -> dict[str, tuple[str, int]]:
    """Give the state and the tries of each mail, by recipient."""
    rows = Mail.objects.values_list("recipient", "state", "tries")
    return {recipient: (state, tries) for recipient, state, tries in rows}


# --- Writing down -------------------------------------------------------------------------------


def test_a_mail_becomes_a_row_and_leaves_by_the_worker(server: MailServer) -> None:
    send_mail("Hello", "Your order is done.", "portal@example.com", ["a@example.com"])
    assert server.tries == 0
    mail = Mail.objects.get()
    assert (mail.recipient, mail.sender) == ("a@example.com", "portal@example.com")
    assert (mail.subject, mail.text, mail.state) == ("Hello", "Your order is done.", "waiting")
    run_once()
    mail.refresh_from_db()
    assert (mail.state, mail.tries, mail.result) == ("sent", 1, "The mail server took it.")
    [taken] = server.taken
    assert taken.recipient == "a@example.com"
    assert "Your order is done." in taken.content
    assert f"Message-ID: {mail.message_id}" in taken.content


def test_each_recipient_has_a_row_of_their_own(server: MailServer) -> None:
    server.refusals["b@example.com"] = "550 no such user"
    send_mail("Hello", "Text", None, ["a@example.com", "b@example.com", "c@example.com"])
    run_once()
    assert states() == {
        "a@example.com": ("sent", 1),
        "b@example.com": ("waiting", 1),
        "c@example.com": ("sent", 1),
    }
    assert [taken.recipient for taken in server.taken] == ["a@example.com", "c@example.com"]


def test_no_mail_leaves_for_a_change_that_was_rolled_back(server: MailServer) -> None:
    with transaction.atomic():
        send_mail("Hello", "Text", None, ["a@example.com"])
        transaction.set_rollback(True)
    run_once()
    assert (Mail.objects.count(), server.taken) == (0, [])


def test_a_mail_that_rows_cannot_hold_is_refused_loudly(server: MailServer) -> None:
    mail = EmailMultiAlternatives("Hello", "Text", None, ["a@example.com"])
    mail.attach_alternative("<p>Text</p>", "text/html")
    with pytest.raises(ValueError, match="plain text"):
        mail.send()


def test_a_line_break_in_a_subject_adds_no_header(server: MailServer) -> None:
    mails.queue_mail(recipients=["a@example.com"], subject="Hello\nBcc: x@example.com", text="Text")
    run_once()
    assert "Subject: Hello Bcc: x@example.com" in server.taken[0].content


# --- Secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Open {RESET} now.", f"Open {RESET.partition('1-d3')[0]}[hidden]/ now."),
        ("See https://x.example/admin/?token=1", "See https://x.example/admin/?[hidden]"),
        ("See https://x.example/#abcdef", "See https://x.example/#[hidden]"),
        ("See https://me:pass@x.example/", "See https://[hidden]/"),
        ("See http://localhost:8000/admin/", "See http://localhost:8000/admin/"),
    ],
)
def test_what_could_open_something_is_masked(text: str, shown: str) -> None:
    assert mails.masked(text) == shown


def test_a_reset_link_is_nowhere_in_clear_and_arrives_whole(server: MailServer) -> None:
    """O12: no row holds it."""
    person = builders.person(Role.SUPPORT)
    Client().post("/accounts/password/reset/", {"email": person.email})
    mail = Mail.objects.get()
    assert f"/key/{mails.HIDDEN}/" in mail.text
    kept = " ".join(str(value) for value in Mail.objects.values_list().get())
    run_once()
    [link] = re.findall(
        r"http://localhost:8000/accounts/password/reset/key/(\S+)/", server.taken[0].content
    )
    assert link not in kept
    mail.refresh_from_db()
    assert (mail.state, mail.sealed) == ("sent", "")


def test_a_sealed_text_opens_under_its_own_key_only(settings: Any) -> None:
    """O12: a dump alone opens nothing."""
    sealed = seal("secret")
    assert unseal(sealed) == "secret"
    settings.SECRET_KEY = "another key of at least fifty characters, of the tests"
    with pytest.raises(CannotUnseal):
        unseal(sealed)


def test_a_mail_whose_key_is_gone_is_given_up_and_stops_no_other(
    server: MailServer, settings: Any
) -> None:
    mails.queue_mail(recipients=["a@example.com"], subject="Reset", text=RESET)
    settings.SECRET_KEY = "another key of at least fifty characters, of the tests"
    mails.queue_mail(recipients=["b@example.com"], subject="Hello", text="Text")
    run_once()
    assert states() == {"a@example.com": ("failed", 1), "b@example.com": ("sent", 1)}


def test_a_server_that_quotes_the_link_does_not_get_it_into_the_row(server: MailServer) -> None:
    server.refusals["*"] = f"550 spam: {RESET}"
    mails.queue_mail(recipients=["a@example.com"], subject="Reset", text=RESET)
    run_once()
    assert "0123456789abcdef" not in Mail.objects.get().result


# --- Trouble ------------------------------------------------------------------------------------


def test_a_server_that_refuses_and_then_accepts_gets_everything_unaided_with_one_alert(
    server: MailServer, settings: Any
) -> None:
    settings.ALERT_EMAILS = ["boss@example.com"]
    server.refusals["*"] = "550 not today"
    for number in range(4):
        send_mail("Hello", "Text", None, [f"p{number}@example.com"])
    for _ in range(5):
        round_of_tries()
    assert {state for state, _ in states().values()} == {"waiting"}
    alert = Alert.objects.get()
    assert (alert.cause, alert.closed_at) == ("mail_failed", None)
    server.refusals.clear()
    round_of_tries()
    assert sorted(taken.recipient for taken in server.taken) == [
        f"p{number}@example.com" for number in range(4)
    ]
    alert = Alert.objects.get()
    assert (alert.closed_at is not None, alert.closed_by) == (True, None)


def test_a_server_that_hangs_costs_one_try_a_round_and_no_mail(server: MailServer) -> None:
    server.hangs = True
    for number in range(3):
        send_mail("Hello", "Text", None, [f"p{number}@example.com"])
    run_once()
    assert server.tries == 1
    assert sorted(states().values()) == [("waiting", 0), ("waiting", 0), ("waiting", 1)]
    assert set(Mail.objects.exclude(tries=0).values_list("result", flat=True)) == {
        "The mail server did not answer in time, or hung up."
    }
    run_once()
    assert server.tries == 1, "the others wait as well"
    server.hangs = False
    round_of_tries()
    assert len(server.taken) == 3


def test_no_server_at_all_is_a_wait_too(server: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    send_mail("Hello", "Text", None, ["a@example.com"])
    run_once()
    mail = Mail.objects.get()
    assert (mail.state, mail.result) == (
        "waiting",
        "The mail server cannot be reached (ConnectionRefusedError).",
    )


def test_the_tries_are_bounded_and_the_link_is_erased_with_the_last(server: MailServer) -> None:
    server.refusals["*"] = "550 never"
    mails.queue_mail(recipients=["a@example.com"], subject="Reset", text=RESET)
    Mail.objects.update(tries=outbox.MOST_TRIES - 1)
    round_of_tries()
    round_of_tries()
    mail = Mail.objects.get()
    assert (mail.state, mail.tries, mail.sealed) == ("failed", outbox.MOST_TRIES, "")
    assert mail.result == "The mail server refused it: 550 never."
    assert (server.tries, Alert.objects.get().cause) == (1, "mail_failed")


def test_an_alert_about_mails_sends_no_mail(settings: Any) -> None:
    settings.ALERT_EMAILS = ["boss@example.com"]
    open_alert(cause=AlertCause.MAIL_FAILED, title="Mails cannot be sent", text="Look.")
    assert Mail.objects.count() == 0


def test_a_worker_that_died_with_a_mail_in_its_hands_gives_it_back(server: MailServer) -> None:
    send_mail("Hello", "Text", None, ["a@example.com"])
    outbox._claim()
    run_once()
    assert server.taken == []
    round_of_tries()
    assert [taken.recipient for taken in server.taken] == ["a@example.com"]


# --- The page -----------------------------------------------------------------------------------


def failed(text: str) -> Mail:
    """Make a mail that was given up."""
    mails.queue_mail(recipients=["a@example.com"], subject="Hello", text=text)
    Mail.objects.update(state="failed", tries=20, sealed="", settled_at=timezone.now())
    return Mail.objects.get()


def retry(client: Client, mail: Mail) -> str:
    """Press *Try again now* for a mail; give the page that follows."""
    form = {"action": "retry", "_selected_action": [mail.pk]}
    return client.post("/admin/numbers/mail/", form, follow=True).content.decode()


def test_staff_have_a_mail_tried_again(
    support: User, sign_in: Callable[[User], Client], server: MailServer
) -> None:
    assert "1 mail tried again now." in retry(sign_in(support), failed("Text"))
    run_once()
    assert states() == {"a@example.com": ("sent", 1)}


def test_a_mail_whose_link_was_erased_is_not_sent_with_a_hole_in_it(
    support: User, sign_in: Callable[[User], Client], server: MailServer
) -> None:
    page = retry(sign_in(support), failed(RESET))
    assert "1 mail held a secret link" in page
    run_once()
    assert server.taken == []


def test_staff_see_mails_and_cannot_change_them(
    support: User, sign_in: Callable[[User], Client]
) -> None:
    mail = failed("Text of the mail")
    client = sign_in(support)
    listed = client.get("/admin/numbers/mail/?state=failed").content.decode()
    assert "a@example.com" in listed
    assert "a@example.com" not in client.get("/admin/numbers/mail/?state=sent").content.decode()
    page = client.get(f"/admin/numbers/mail/{mail.pk}/change/").content.decode()
    assert "Text of the mail" in page
    assert client.post(f"/admin/numbers/mail/{mail.pk}/change/").status_code == 403
