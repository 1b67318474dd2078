"""The door that the carrier knocks on: who is let in, what is kept, and what is said."""

from __future__ import annotations

import base64
import io
import socket
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections
from pytest_django import DjangoAssertNumQueries

from numbering.door import KEPT_OF_LARGE
from numbering.models import WebhookEvent
from numbering.webhooks import BODY_LIMIT
from numbering.worker import run_once
from portal.wsgi import application
from tests.numbering.notices import (
    Answered,
    Application,
    basic,
    knock,
    lost_notice,
    order_notice,
)

NEWS = order_notice()

BAD_CREDENTIALS = {
    "none": "",
    "scheme alone": "Basic",
    "no base64": "Basic ###",
    "no colon": "Basic " + base64.b64encode(b"bandwidth").decode(),
    "no text": "Basic " + base64.b64encode(b"\xff\xfe").decode(),
    "accents": basic("é", "é"),
    "a header that is not ASCII": "Basic é:é",
    "bearer": "Bearer abcdef",
    "64 KB": "Basic " + "A" * 65536,
    "sent twice": f"{basic('bandwidth', 'webhook-password-new')},Basic eA==",
    "wrong password": basic("bandwidth", "webhook-password-newer"),
    "wrong name": basic("Bandwidth", "webhook-password-new"),
    "empty password": basic("bandwidth", ""),
    "all passwords": basic("bandwidth", "webhook-password-new,webhook-password-old"),
}

ENTITY_ATTACKS = {
    "billion laughs": b"<!DOCTYPE x [<!ENTITY a 'ha'>"
    + b"".join(
        f"<!ENTITY {b} '{('&' + a + ';') * 10}'>".encode()
        for a, b in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + b"]><Notification><OrderType>&j;</OrderType></Notification>",
    "quadratic": b"<!DOCTYPE x [<!ENTITY a '"
    + b"A" * 50_000
    + b"'>]><Notification>"
    + b"&a;" * 10_000
    + b"</Notification>",
    "small": b'<!DOCTYPE x [<!ENTITY s "COMPLETE">]><Notification><Status>&s;</Status>'
    b"</Notification>",
    "file": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Notification><Message>&f;'
    b"</Message></Notification>",
    "http": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><Notification/>',
    "utf-16": '<!DOCTYPE x [<!ENTITY s "COMPLETE">]><Notification/>'.encode("utf-16"),
}

ODD_TYPES = [
    "text/plain",
    "application/json",
    "",
    "application/xml; charset=utf-7",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/xml\x00é",
    "x" * 5000,
]


def apply_all() -> None:
    """Have the worker apply what was let in."""
    run_once()


@pytest.mark.django_db
class DoorCases:
    """Every way into the portal must pass these; a subclass names its way."""

    door: Application

    def knock(self, body: bytes = NEWS, **details: Any) -> Answered:
        """Knock on this door."""
        return knock(type(self).door, body, **details)

    def test_the_first_knock_has_no_credentials_and_is_challenged(self) -> None:
        """W01: without the challenge the carrier never comes back."""
        answered = self.knock(b"", authorization="")
        assert answered.status == 401
        assert answered.headers["WWW-Authenticate"] == 'Basic realm="webhooks", charset="UTF-8"'
        assert WebhookEvent.objects.count() == 0

    @pytest.mark.parametrize("header", BAD_CREDENTIALS.values(), ids=BAD_CREDENTIALS.keys())
    def test_wrong_or_broken_credentials_are_challenged_again(self, header: str) -> None:
        """W03: 401 for whatever the header holds, and no error of ours."""
        answered = self.knock(authorization=header)
        assert (answered.status, "WWW-Authenticate" in answered.headers) == (401, True)
        assert WebhookEvent.objects.count() == 0

    def test_a_hundred_wrong_knocks_do_not_lock_the_carrier_out(self) -> None:
        statuses = {self.knock(authorization="").status for _ in range(100)}
        assert (statuses, self.knock().status) == ({401}, 200)

    @pytest.mark.parametrize("password", ["webhook-password-new", "webhook-password-old"])
    def test_every_password_in_use_opens_the_door(self, password: str) -> None:
        assert self.knock(authorization=basic("bandwidth", password)).status == 200
        assert self.knock(authorization=f"basic {basic('bandwidth', password)[6:]}").status == 200

    def test_a_portal_without_a_webhook_name_lets_nobody_in(self, settings: Any) -> None:
        settings.WEBHOOK_USERNAME = ""
        assert self.knock(authorization=basic("", "webhook-password-new")).status == 401

    def test_what_is_let_in_is_kept_exactly_and_then_answered(self) -> None:
        body = b"\x00\xff anything \xed\xa0\x80"
        answered = self.knock(body, content_type="application/xml; charset=utf-8")
        event = WebhookEvent.objects.get()
        assert (answered.status, bytes(event.body), event.state) == (200, body, "new")
        assert (event.content_type, event.is_cut) == ("application/xml; charset=utf-8", False)

    def test_the_password_is_not_kept(self) -> None:
        self.knock()
        event = WebhookEvent.objects.values().get()
        assert not [value for value in event.values() if "webhook-password" in str(value)]

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
    def test_only_post_is_for_webhooks(self, method: str) -> None:
        answered = self.knock(method=method)
        assert (answered.status, answered.headers["Allow"]) == (405, "POST")
        assert WebhookEvent.objects.count() == 0

    @pytest.mark.parametrize("kind", ODD_TYPES, ids=lambda kind: kind[:20] or "none")
    def test_the_body_decides_whatever_its_type_claims(self, kind: str) -> None:
        """W17: and no form's file lands in storage."""
        files = sorted(Path(settings.LOA_DIR).rglob("*"))
        assert self.knock(content_type=kind).status == 200
        assert bytes(WebhookEvent.objects.get().body) == NEWS
        apply_all()
        is_form = kind.startswith(("multipart", "application/x-www-form"))
        assert WebhookEvent.objects.get().state == ("unreadable" if is_form else "unmatched")
        assert sorted(Path(settings.LOA_DIR).rglob("*")) == files

    @pytest.mark.parametrize("attack", ENTITY_ATTACKS.values(), ids=ENTITY_ATTACKS.keys())
    def test_a_document_type_is_kept_and_never_read(self, attack: bytes) -> None:
        """W13: refused in time, and nothing of it is believed."""
        started = time.monotonic()
        assert self.knock(attack).status == 200
        apply_all()
        event = WebhookEvent.objects.get()
        assert event.state == "unreadable"
        assert "DOCTYPE" in event.problem
        assert (event.status_word, event.message) == ("", "")
        assert time.monotonic() - started < 1

    def test_an_attack_makes_us_call_nobody_and_costs_no_memory(self) -> None:
        """W13: an entity that names an address, and one that unpacks to gigabytes."""
        with socket.create_server(("127.0.0.1", 0)) as nobody_calls:
            address = f"http://127.0.0.1:{nobody_calls.getsockname()[1]}/news.xml"
            outside = (
                f'<!DOCTYPE a [<!ENTITY x SYSTEM "{address}"><!ENTITY % y SYSTEM "{address}"> %y;]>'
                "<a>&x;</a>"
            )
            assert self.knock(outside.encode()).status == 200
            assert self.knock(ENTITY_ATTACKS["billion laughs"]).status == 200
            tracemalloc.start()
            try:
                apply_all()
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            nobody_calls.settimeout(0.1)
            with pytest.raises(TimeoutError):
                nobody_calls.accept()
        assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"unreadable"}
        assert peak < 50 * 1024**2

    # --- How much, and whether all of it came -------------------------------------------------

    def test_a_body_of_one_mebibyte_is_kept_whole(self) -> None:
        body = NEWS + b" " * (BODY_LIMIT - len(NEWS))
        assert self.knock(body).status == 200
        event = WebhookEvent.objects.get()
        assert (len(event.body), event.is_cut) == (BODY_LIMIT, False)

    def test_of_a_larger_body_the_beginning_is_kept_and_it_is_marked(self) -> None:
        body = NEWS + b" " * (BODY_LIMIT + 1 - len(NEWS))
        assert self.knock(body).status == 200
        event = WebhookEvent.objects.get()
        assert (bytes(event.body), event.is_cut) == (body[:KEPT_OF_LARGE], True)
        apply_all()
        event.refresh_from_db()
        assert (event.state, "larger than 1 MiB" in event.problem) == ("unreadable", True)

    def test_a_chunked_body_is_kept_whole(self) -> None:
        chunked = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
        assert self.knock(NEWS, environ=chunked).status == 200
        assert bytes(WebhookEvent.objects.get().body) == NEWS

    def test_a_chunked_body_that_is_too_large_is_cut(self) -> None:
        chunked = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}
        assert self.knock(b"x" * (BODY_LIMIT + 5000), environ=chunked).status == 200
        event = WebhookEvent.objects.get()
        assert (len(event.body), event.is_cut) == (KEPT_OF_LARGE, True)

    @pytest.mark.parametrize("length", [str(len(NEWS) + 1), "99999999999", "12x", "0x10"])
    def test_a_body_that_did_not_arrive_whole_is_not_kept(self, length: str) -> None:
        assert self.knock(environ={"CONTENT_LENGTH": length}).status == 400
        assert WebhookEvent.objects.count() == 0

    def test_a_body_that_breaks_off_is_not_kept(self) -> None:
        answered = self.knock(environ={"wsgi.input": _Breaking(NEWS[:20])})
        assert (answered.status, WebhookEvent.objects.count()) == (400, 0)

    # --- The database -------------------------------------------------------------------------

    @pytest.mark.usefixtures("no_database")
    def test_while_the_database_is_away_the_carrier_hears_503(self) -> None:
        answered = self.knock()
        assert (answered.status, answered.headers["Retry-After"]) == (503, "30")

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_a_connection_that_the_database_dropped_is_replaced(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        with connections.create_connection("default").cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
            other.db.close()
        assert self.knock().status == 200
        assert WebhookEvent.objects.count() == 1

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_a_database_that_takes_no_writes_leaves_nothing_half_done(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE numbers_webhookevent ADD CONSTRAINT shut CHECK (false)")
        try:
            assert self.knock().status == 503
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE numbers_webhookevent DROP CONSTRAINT shut")
        assert WebhookEvent.objects.count() == 0
        assert self.knock().status == 200
        assert WebhookEvent.objects.count() == 1

    # --- No work at the door ------------------------------------------------------------------

    @pytest.mark.usefixtures("carrier_away")
    def test_nothing_but_one_statement_is_done_at_the_door(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            assert self.knock(lost_notice("+13032281000")).status == 200
        assert WebhookEvent.objects.get().state == "new"


class _Breaking(io.BytesIO):
    """A body whose sender goes away after its first part."""

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        if not part:
            raise ConnectionResetError("gone")
        return part


class TestServerDoor(DoorCases):
    """What the application server runs: the door is asked before any middleware."""

    door = staticmethod(application)

    def test_the_carriers_first_knock_is_no_alarm(self, caplog: pytest.LogCaptureFixture) -> None:
        self.knock(b"", authorization="")
        assert caplog.records == []


class TestDjangoDoor(DoorCases):
    """The same door as a view, behind Django's middleware."""

    door = staticmethod(WSGIHandler())

    @pytest.fixture(autouse=True)
    def _keep_the_tests_connection(self) -> Iterator[None]:
        """As Django's test client does: the end of a request would close the test's connection."""
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        yield
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def test_the_server_leads_everything_else_to_the_pages(db: None) -> None:
    answered = knock(application, environ={"PATH_INFO": "/health/live", "REQUEST_METHOD": "GET"})
    assert (answered.status, answered.body) == (200, b"ok")
