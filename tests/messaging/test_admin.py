"""The staff pages of messages: what support sees, that reading is recorded, and the one action."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.rights import Role
from messaging.models import Message, MessageEvent, MessageReading, OptOut
from tests import builders
from tests.messaging.steps import Pair, texted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_carrier")]
SignIn = Callable[[User], Client]
TEXT = "my sister is ill, please stop"


def test_a_text_is_on_its_own_page_only_and_who_reads_it_is_recorded(
    pair: Pair, support: User, sign_in: SignIn
) -> None:
    texted(pair, TEXT)
    client = sign_in(support)
    listed = client.get("/admin/messaging/message/").content.decode()
    assert (TEXT in listed, "Perhaps to stop" in listed) == (False, True)
    assert MessageReading.objects.count() == 0
    message = Message.objects.get()
    page = client.get(f"/admin/messaging/message/{message.pk}/change/").content.decode()
    assert TEXT in page
    assert [(one.message, one.person) for one in MessageReading.objects.all()] == [
        (message, support)
    ]
    assert str(support) in page.split("Read by")[1]


def test_support_takes_a_message_for_a_stop(pair: Pair, support: User, sign_in: SignIn) -> None:
    """L08: the person's decision, with their name."""
    texted(pair, TEXT)
    wanted = {"action": "wants_no_more", "_selected_action": [Message.objects.get().pk]}
    page = sign_in(support).post("/admin/messaging/message/", wanted, follow=True)
    assert "1 opt-out added." in page.content.decode()
    assert [(one.actor, one.confirmation) for one in OptOut.objects.all()] == [(support, None)]


def test_opt_outs_are_listed_and_nobody_can_change_or_end_one(
    pair: Pair, support: User, sign_in: SignIn
) -> None:
    texted(pair, "STOP")
    client = sign_in(support)
    page = client.get("/admin/messaging/optout/?q=" + pair.theirs[2:]).content.decode()
    assert "In force" in page
    address = f"/admin/messaging/optout/{OptOut.objects.get().pk}/change/"
    assert (client.get(address).status_code, client.post(address).status_code) == (200, 403)


@pytest.mark.parametrize(("role", "is_shown"), [(Role.SUPPORT, False), (Role.ADMIN, True)])
def test_the_raw_body_of_a_callback_is_for_administrators(
    pair: Pair, sign_in: SignIn, role: Role, is_shown: bool
) -> None:
    event = texted(pair, TEXT)
    client = sign_in(builders.person(role))
    page = client.get(f"/admin/messaging/messageevent/{event.pk}/change/").content.decode()
    assert ("my sister is ill" in page, "application/json" in page) == (is_shown, True)


def test_what_could_not_be_applied_is_shown_with_its_reason(support: User, sign_in: SignIn) -> None:
    """R5."""
    MessageEvent.objects.create(body=b"x", state="not_applied", problem="the body is not JSON")
    page = sign_in(support).get("/admin/messaging/messageevent/?state=not_applied")
    assert "the body is not JSON" in page.content.decode()
