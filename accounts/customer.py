"""Pages for customers who are signed in, and for nobody else."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.rights import Role

Parameters = ParamSpec("Parameters")


def customers_only(
    view: Callable[Concatenate[HttpRequest, Parameters], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Parameters], HttpResponse]:
    """Send strangers to the sign-in page; to staff the page is not there."""

    @never_cache
    @wraps(view)
    def answer(
        request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> HttpResponse:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        if request.user.role != Role.CUSTOMER:
            raise Http404
        return view(request, *args, **kwargs)

    return answer


def customer_of(request: HttpRequest) -> User:
    """Return the signed-in customer of a page that is for customers only."""
    assert isinstance(request.user, User)
    return request.user
