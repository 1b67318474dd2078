"""From a request to its answer: who may call, which fault hits, which resource it is for."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable

from carrier.sandbox import (
    available_numbers,
    disconnects,
    import_orders,
    importability,
    in_service,
    loas,
    messages,
    number_details,
    number_orders,
    order_list,
    place_numbers,
    places,
    platform,
    platform_answers,
    removals,
    subscriptions,
    tn_reservations,
)
from carrier.sandbox.disconnects import DISCONNECTS
from carrier.sandbox.document import UnreadableDocumentError, response_status
from carrier.sandbox.exchange import Answer, Call, Request, Sending, xml
from carrier.sandbox.faults import AFTERWARDS, INSTEAD, Fault
from carrier.sandbox.import_orders import IMPORT_ORDERS
from carrier.sandbox.number_orders import NUMBER_ORDERS
from carrier.sandbox.order_resource import OrderResource
from carrier.sandbox.removals import REMOVALS
from carrier.sandbox.spoiling import instead, spoil
from carrier.sandbox.state import SandboxState
from carrier.sandbox.tokens import TOKEN_PATH

_ACCOUNT = re.compile(r"(/(?:api/v2|api/v1|api|v1\.0)/accounts/([^/]+))/(.+)")
_NUMBER = re.compile(r"(/(?:api/v2|api/v1|api|v1\.0))()/(tns/.+)")
_USER = re.compile(r"(/api/v2/users/([^/]+))/(messages)")
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Sandbox carrier"'}


def answer(state: SandboxState, request: Request, wait: Callable[[float], bool]) -> Answer:
    """The answer to one request outside the control address.

    `wait` sleeps for some seconds and says True when the sandbox is stopping.
    """
    if request.path == TOKEN_PATH:
        fault = state.faults.take(request.method, request.path, by_name_only=True)
        return _faulty(fault, request, lambda: state.tokens.grant(request), wait)
    if request.path.startswith(platform.PREFIX):
        return _to_platform(state, request, wait)
    if not state.tokens.lets_in(request):
        return Answer(401, headers=_CHALLENGE)
    match = next(
        (found for form in (_ACCOUNT, _USER, _NUMBER) if (found := form.fullmatch(request.path))),
        None,
    )
    if match is None:
        return Answer(404)
    base, account_id, rest = match.groups()
    # Single numbers live beside the accounts.
    if account_id not in ("", state.options.account_id):
        return Answer(403)
    fault = state.faults.take(request.method, request.path)
    parts = tuple(urllib.parse.unquote(part) for part in rest.rstrip("/").split("/"))
    call = Call(request, base, parts, v2=base.startswith("/api/v2"), fault=fault)
    return _faulty(fault, request, lambda: _to_resource(state, call), wait)


def _faulty(
    fault: Fault | None,
    request: Request,
    work: Callable[[], Answer],
    wait: Callable[[float], bool],
) -> Answer:
    """The answer of the work, or what the fault makes of it."""
    if fault is None:
        return work()
    if fault.name in INSTEAD:
        return instead(fault, request)
    if fault.name == "created_late" and wait(fault.number("seconds", 10)):
        return Answer(0, sending=Sending.DROPPED)
    done = work()
    return spoil(done, fault) if fault.name in AFTERWARDS else done


def _to_platform(state: SandboxState, request: Request, wait: Callable[[float], bool]) -> Answer:
    """The answer of the older platform, which has words of its own for most of what it refuses."""
    wait(state.settings.platform_latency_seconds)
    if (refused := platform.refused(state, request)) is not None:
        return refused
    fault = state.faults.take(request.method, request.path)
    if (answer := platform_answers.instead(fault, request)) is not None:
        return answer
    return _faulty(fault, request, lambda: platform.work(state, request, fault), wait)


def _to_resource(state: SandboxState, call: Call) -> Answer:
    try:
        return _resource(state, call)
    except UnreadableDocumentError as error:
        return xml(400, response_status("ErrorResponse", "1019", str(error)))


def _resource(state: SandboxState, call: Call) -> Answer:
    match call.parts:
        case ("messages",):
            return _pick(call, POST=lambda: messages.create(state, call))
        case ("importTnChecker",):
            return _pick(call, POST=lambda: importability.check(call))
        case ("importTnOrders", "messaging", *rest) if call.v2:
            return _order(state, call, tuple(rest))
        case ("importTnOrders", *rest) if not call.v2:
            return _order(state, call, tuple(rest))
        case ("removeImportedTnOrders", "messaging", *rest) if call.v2:
            return _removal(state, call, tuple(rest))
        case ("removeImportedTnOrders", *rest) if not call.v2:
            return _removal(state, call, tuple(rest))
        case ("sites", *rest):
            return _place(state, call, tuple(rest))
        case ("subscriptions",):
            return _pick(
                call,
                GET=lambda: subscriptions.list_all(state),
                POST=lambda: subscriptions.create(state, call),
            )
        case ("subscriptions", subscription_id):
            return _pick(
                call,
                GET=lambda: subscriptions.get(state, subscription_id),
                PUT=lambda: subscriptions.replace_all(state, call, subscription_id),
                DELETE=lambda: subscriptions.delete(state, subscription_id),
            )
        case ("orders", *rest):
            return _number_order(state, call, tuple(rest))
        case ("disconnects",):
            return _pick(
                call,
                GET=lambda: order_list.show(DISCONNECTS, state, call),
                POST=lambda: disconnects.create(state, call),
            )
        case ("disconnects", order_id):
            return _pick(call, GET=lambda: disconnects.get(state, call, order_id))
        case ("tnreservation",):
            return _pick(call, POST=lambda: tn_reservations.create(state, call))
        case ("tnreservation", reservation_id):
            return _pick(
                call,
                GET=lambda: tn_reservations.get(state, call, reservation_id),
                DELETE=lambda: tn_reservations.delete(state, reservation_id),
            )
        case ("availableNumbers",):
            return _pick(call, GET=lambda: available_numbers.search(state, call))
        case ("availableNpaNxx",):
            return _pick(call, GET=lambda: available_numbers.list_exchanges(state, call))
        case ("inserviceNumbers",):
            return _pick(call, GET=lambda: in_service.list_numbers(state, call))
        case ("inserviceNumbers", "totals"):
            return _pick(call, GET=lambda: in_service.count_numbers(state))
        case ("discnumbers",):
            return _pick(call, GET=lambda: in_service.list_disconnected(state, call))
        case ("tns", number):
            return _pick(call, GET=lambda: number_details.get(state, call, number))
        case ("tns", number, "tndetails"):
            return _pick(call, GET=lambda: number_details.get_details(state, call, number))
        case ("inserviceNumbers", number):
            return _pick(call, GET=lambda: in_service.is_in_service(state, call, number))
    return Answer(404)


def _order(state: SandboxState, call: Call, rest: tuple[str, ...]) -> Answer:
    match rest:
        case (order_id, "loas"):
            return _pick(
                call,
                GET=lambda: loas.list_files(state, call, order_id),
                POST=lambda: loas.upload(state, call, order_id),
            )
        case (order_id, "loas", file_id):
            return _pick(
                call,
                GET=lambda: loas.download(state, order_id, file_id),
                PUT=lambda: loas.replace_file(state, call, order_id, file_id),
                DELETE=lambda: loas.delete(state, order_id, file_id),
            )
        case (order_id, "loas", file_id, "metadata"):
            return _pick(
                call,
                GET=lambda: loas.get_metadata(state, order_id, file_id),
                PUT=lambda: loas.put_metadata(state, call, order_id, file_id),
                DELETE=lambda: loas.delete_metadata(state, order_id, file_id),
            )
    return _any_order(IMPORT_ORDERS, import_orders.create, state, call, rest)


def _removal(state: SandboxState, call: Call, rest: tuple[str, ...]) -> Answer:
    return _any_order(REMOVALS, removals.create, state, call, rest)


def _number_order(state: SandboxState, call: Call, rest: tuple[str, ...]) -> Answer:
    match rest:
        case ():
            return _pick(
                call,
                GET=lambda: order_list.show(NUMBER_ORDERS, state, call),
                POST=lambda: number_orders.create(state, call),
            )
        case (order_id,):
            return _pick(
                call,
                GET=lambda: number_orders.get(state, call, order_id),
                PUT=lambda: number_orders.update(state, call, order_id),
            )
        case (order_id, "history"):
            return _pick(call, GET=lambda: number_orders.history(state, order_id))
    return Answer(404)


def _any_order(
    resource: OrderResource,
    create: Callable[[SandboxState, Call], Answer],
    state: SandboxState,
    call: Call,
    rest: tuple[str, ...],
) -> Answer:
    match rest:
        case ():
            return _pick(
                call,
                GET=lambda: resource.list_orders(state, call),
                POST=lambda: create(state, call),
            )
        case (order_id,):
            return _pick(call, GET=lambda: resource.get(state, call, order_id))
        case (order_id, "history"):
            return _pick(call, GET=lambda: resource.history(state, order_id))
    return Answer(404)


def _place(state: SandboxState, call: Call, rest: tuple[str, ...]) -> Answer:
    match rest:
        case ():
            return _pick(call, GET=places.list_sites)
        case (site_id,):
            return _pick(call, GET=lambda: places.get_site(site_id))
        case (site_id, "sippeers"):
            return _pick(call, GET=lambda: places.list_sip_peers(site_id))
        case (site_id, "sippeers", peer_id):
            return _pick(call, GET=lambda: places.get_sip_peer(site_id, peer_id))
        case (site_id, "totaltns"):
            return _pick(call, GET=lambda: place_numbers.count_at_site(state, site_id))
        case (site_id, "sippeers", peer_id, "tns"):
            return _pick(
                call, GET=lambda: place_numbers.list_numbers(state, call, site_id, peer_id)
            )
        case (site_id, "sippeers", peer_id, "totaltns"):
            return _pick(call, GET=lambda: place_numbers.count_at_peer(state, site_id, peer_id))
        case (site_id, "sippeers", peer_id, "products", "messaging", "applicationSettings"):
            return _pick(call, GET=lambda: place_numbers.messaging_application(site_id, peer_id))
    return Answer(404)


def _pick(call: Call, **work: Callable[[], Answer]) -> Answer:
    """Do the work for the method of the request; 405 when the resource has none for it."""
    chosen = work.get(call.request.method)
    if chosen is None:
        return Answer(405, headers={"Allow": ", ".join(work)})
    return chosen()
