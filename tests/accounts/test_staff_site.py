"""What stands beside every staff page: the sidebar, by role and by where somebody is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from accounts.rights import STAFF_ROLES, Role
from tests import builders

pytestmark = pytest.mark.django_db
ENTRY = re.compile(
    r'<a href="([^"]+)"(?: class="active"( aria-current="page"))?><span[^>]*>\w+</span>([^<]+)</a>'
)


def entries(client: Client, address: str = "admin:index") -> list[tuple[str, str, bool]]:
    """Read the sidebar: where each entry leads, what it says, and whether one is there."""
    page = client.get(reverse(address)).content.decode()
    sidebar = page.split('id="nav-sidebar-apps"')[1].split("openUserLinks")[0]
    return [(link, title, bool(active)) for link, active, title in ENTRY.findall(sidebar)]


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_everybody_sees_the_entries_of_their_role(
    sign_in: Callable[[User], Client], role: Role
) -> None:
    person = builders.person(role)
    request = RequestFactory().get("/")
    request.user = person
    assert [(link, title) for link, title, _ in entries(sign_in(person))] == [
        (str(item["link"]), item["title"])
        for group in settings.UNFOLD["SIDEBAR"]["navigation"]
        for item in group["items"]
        if "permission" not in item or item["permission"](request)
    ]


def test_finance_is_shown_no_heading_without_an_entry(sign_in: Callable[[User], Client]) -> None:
    page = sign_in(builders.person(Role.FINANCE)).get(reverse("admin:index"))
    assert [group["title"] for group in page.context["sidebar_navigation"]] == [
        "Work",
        "Numbers",
        "Customers",
    ]
    assert b"Webhook inbox" not in page.content


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("admin:index", "Home"),
        ("admin:numbers_importorder_changelist", "Import orders"),
        ("admin:numbers_importorder_add", "Import orders"),
        ("admin:accounts_user_changelist", "People"),
    ],
)
def test_the_entry_that_a_page_belongs_to_is_marked(
    sign_in: Callable[[User], Client], address: str, title: str
) -> None:
    client = sign_in(builders.person(Role.ADMIN))
    assert [one for _, one, active in entries(client, address) if active] == [title]


def test_the_page_of_one_app_still_lists_its_models(sign_in: Callable[[User], Client]) -> None:
    page = sign_in(builders.person(Role.ADMIN)).get("/admin/accounts/")
    assert [model["name"] for model in page.context["app_list"][0]["models"]] == ["People"]
    assert b'href="/admin/accounts/user/add/"' in page.content


def test_an_app_without_anything_for_a_role_is_missing(sign_in: Callable[[User], Client]) -> None:
    client = sign_in(builders.person(Role.FINANCE))
    assert client.get("/admin/accounts/").status_code == 404
