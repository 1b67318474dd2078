"""Pages whose address holds a key: the address must not travel on."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

Parameters = ParamSpec("Parameters")


def keyed_page(
    view: Callable[Concatenate[HttpRequest, Parameters], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Parameters], HttpResponse]:
    """Have browsers name only the host, never the address, in the Referer of what follows."""

    @never_cache
    @wraps(view)
    def answer(
        request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> HttpResponse:
        response = view(request, *args, **kwargs)
        # Not `no-referrer`: browsers then call the origin of a form "null", which Django refuses.
        response.headers["Referrer-Policy"] = "strict-origin"
        return response

    return answer
