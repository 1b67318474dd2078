"""Who is in front of the browser, as far as it shows; kept as evidence."""

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

_MOST_BROWSER = 300


def address_of(request: HttpRequest) -> str:
    """Return the client's own address, seen through as many proxies as stand before the portal."""
    return str(get_adapter().get_client_ip(request))


def browser_of(request: HttpRequest) -> str:
    """Return what the browser calls itself, cut to a bounded length."""
    name = request.headers.get("User-Agent", "")[:_MOST_BROWSER]
    return "".join(char if char.isprintable() else "?" for char in name)
