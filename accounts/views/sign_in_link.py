"""Asking for a sign-in link, and signing in with one."""

import time

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core import ratelimit
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import sign_in_links
from accounts.forms import AskSignInLinkForm
from accounts.keyed_page import keyed_page

# Every answer takes so long. Writing a mail takes a fraction of it, and must not be told by a
# watch from not writing one.
ANSWER_SECONDS = 0.2


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Mail a link to the address, if a customer has it; the answer is the same if nobody has."""
    begun = time.monotonic()
    form = AskSignInLinkForm(request.POST if request.method == "POST" else None)
    next_page = get_next_redirect_url(request) or ""
    if not form.is_valid():
        context = {"form": form, "next_page": next_page}
        return render(request, "account/sign_in_link_ask.html", context)
    address = form.cleaned_data["email"]
    too_many: HttpResponse | None = ratelimit.consume_or_429(
        request, action="sign_in_link", key=address
    )
    if too_many is not None:
        return too_many
    sign_in_links.send(address, next_page=next_page)
    time.sleep(max(0.0, begun + ANSWER_SECONDS - time.monotonic()))
    return redirect("account_sign_in_link_sent")


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say where to look for the link."""
    return render(request, "account/sign_in_link_sent.html")


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, key: str) -> HttpResponse:
    """Show a button; the button (POST) signs in, once. Looking uses nothing up."""
    next_page = get_next_redirect_url(request) or ""
    if request.method == "POST":
        person = sign_in_links.use(key)
        if person is not None:
            if request.user.is_authenticated and request.user != person:
                logout(request)
            record_authentication(request, person, method="link")
            response: HttpResponse = perform_login(
                request, person, email=person.email, redirect_url=next_page
            )
            return response
    elif sign_in_links.is_open(key):
        return render(request, "account/sign_in_link.html")
    return render(request, "account/sign_in_link_over.html", {"next_page": next_page}, status=404)
