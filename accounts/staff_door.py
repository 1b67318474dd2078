"""The door to the staff pages: signed in, staff, second factor shown; in this order."""

from collections.abc import Callable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts import second_factor
from accounts.models import User


class StaffDoorMiddleware:
    """Let only staff with a second factor reach anything below the admin's address.

    It stands before the views, so that a page that forgets its own check stays closed, and so
    that a customer cannot tell a staff page that exists from one that does not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page, or with the way to what is missing."""
        if not request.path_info.startswith(reverse("admin:index")):
            return self.get_response(request)
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        if not user.is_staff:
            raise Http404
        if second_factor.satisfied(request):
            return self.get_response(request)
        target = "mfa_reauthenticate" if second_factor.is_set_up(user) else "mfa_activate_totp"
        return HttpResponseRedirect(_with_next(reverse(target), request))


def enter(request: HttpRequest) -> HttpResponse:
    """Stand in for the admin's own sign-in form: whoever gets here has passed the door."""
    adapter = get_adapter()
    target = request.GET.get("next", "")
    if not target or not adapter.is_safe_url(target):
        target = reverse("admin:index")
    return HttpResponseRedirect(target)


def _with_next(path: str, request: HttpRequest) -> str:
    return f"{path}?{urlencode({'next': request.get_full_path()})}"
