"""The front page, for whoever gets there."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.rights import Role

pytestmark = pytest.mark.django_db


def links(client: Client) -> dict[str, bool]:
    """Return which ways on the front page offers."""
    page = client.get("/").content.decode()
    return {name: name in page for name in ("Sign in</a>", "Go to the workplace", "Sign out")}


def test_a_stranger_is_offered_to_sign_in(client: Client) -> None:
    assert links(client) == {"Sign in</a>": True, "Go to the workplace": False, "Sign out": False}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPPORT, Role.FINANCE])
def test_staff_are_offered_the_workplace(client: Client, role: str) -> None:
    client.force_login(User.objects.create_user("ada@example.com", role=role))
    assert links(client) == {"Sign in</a>": False, "Go to the workplace": True, "Sign out": True}


def test_a_customer_is_offered_their_numbers_and_no_workplace(client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.com", role=Role.CUSTOMER))
    assert links(client) == {"Sign in</a>": False, "Go to the workplace": False, "Sign out": True}
    assert "Go to your numbers" in client.get("/").content.decode()


def test_the_front_page_takes_no_forms(client: Client) -> None:
    assert client.post("/").status_code == 405
