"""The older platform (V1) beside the carrier: an address, a user and credentials of its own."""

from __future__ import annotations

import re
import urllib.parse

from carrier.sandbox import platform_numbers, platform_search
from carrier.sandbox.exchange import Answer, Call, Request
from carrier.sandbox.faults import Fault
from carrier.sandbox.platform_answers import refusal, throttled
from carrier.sandbox.state import SandboxState
from carrier.sandbox.tokens import basic_pair

PREFIX = "/v1/"
_USER = re.compile(r"(/v1/users/([^/]+))/(phoneNumbers)(?:/([^/]+))?")
_SEARCH = re.compile(r"/v1/availableNumbers/(local|tollFree)")


def refused(state: SandboxState, request: Request) -> Answer | None:
    """The answer to who may not ask, or asks too often; None for everybody else."""
    options = state.options
    wanted = (options.platform_token, options.platform_secret)
    if basic_pair(request.headers.get("authorization", "")) != wanted:
        return refusal(request, 401, "authentication-required", "Who are you?")
    user = _USER.fullmatch(request.path)
    if user is not None and user[2] != options.platform_user_id:
        return refusal(request, 401, "user-access-denied", "This is another user's")
    resource = "phoneNumbers" if user else "availableNumbers"
    if reset := state.platform_limit.reset_of(resource, state.settings.platform_rate):
        return throttled(request, reset)
    return None


def work(state: SandboxState, request: Request, fault: Fault | None) -> Answer:
    """The answer to one request of somebody who may ask."""
    search = _SEARCH.fullmatch(request.path)
    user = _USER.fullmatch(request.path)
    if search is not None and request.method == "GET":
        return platform_search.search(state, _call(request, PREFIX, fault), search[1])
    if user is None:
        return refusal(request, 404, "resource-not-found", "The requested resource is not found.")
    call = _call(request, user[1], fault)
    name = urllib.parse.unquote(user[4] or "")
    match (request.method, bool(name)):
        case ("POST", False):
            return platform_numbers.create(state, call)
        case ("GET", False):
            return platform_numbers.list_numbers(state, call)
        case ("GET", True):
            return platform_numbers.get(state, call, name)
        case ("DELETE", True):
            return platform_numbers.release(state, call, name)
    return Answer(405)


def _call(request: Request, base: str, fault: Fault | None) -> Call:
    return Call(request, base, (), v2=True, fault=fault)
