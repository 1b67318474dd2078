"""What people do when they sign in, as plain functions."""

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from accounts.rights import Role

PASSWORD = "quiet river under maple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def person(role: str = Role.SUPPORT, email: str = "ada@example.com") -> User:
    """Add a person with the password above and no second factor."""
    return User.objects.create_user(email, PASSWORD, role=role)


def add_app(user: User) -> None:
    """Give the person an authenticator app with the secret above, and recovery codes."""
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)


def recovery_codes(user: User) -> list[str]:
    """Return the codes that are left."""
    codes: list[str] = (
        Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
        .wrap()
        .get_unused_codes()
    )
    return codes


def code(secret: str = SECRET, *, seconds_ago: int = 0) -> str:
    """Return what an app showed that long ago (RFC 6238: 30 s steps, six digits)."""
    return format_hotp_value(hotp_value(secret, int(time.time() - seconds_ago) // 30))


def give_password(
    client: Client, email: str = "ada@example.com", password: str = PASSWORD, **headers: str
) -> HttpResponse:
    """Send the sign-in form, as somebody who asked for the staff pages."""
    form = {"login": email, "password": password, "next": "/admin/"}
    return client.post("/accounts/login/", form, **headers)


def give_code(client: Client, value: str) -> HttpResponse:
    """Send the form that asks for the code after the password."""
    return client.post("/accounts/2fa/authenticate/", {"code": value})


def set_up_app(client: Client) -> tuple[str, HttpResponse]:
    """Open the set-up page, read the key off it, answer with its code; return the key too."""
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'class="secret">([A-Z2-7]+)<', page)
    assert found
    return found[1], client.post("/accounts/2fa/totp/activate/", {"code": code(found[1])})


def without_token(response: HttpResponse) -> str:
    """Return the page without its CSRF token, which differs each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
