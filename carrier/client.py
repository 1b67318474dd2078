"""The client of one carrier account: one connection pool, one throttle, one token.

It decides what an answer means for the question "was it done?". What the answer says is read by
the modules of the resources.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import NoReturn, TypeVar
from urllib.parse import urlencode, urlsplit

from carrier import jsonbody, xmlbody
from carrier.account import CarrierSettings
from carrier.call import Call
from carrier.connections import Deadline, TimedPools
from carrier.credentials import (
    BasicCredentials,
    ClientCredentials,
    SecretText,
    basic_header,
    bearer_header,
    spellings,
)
from carrier.errors import (
    CarrierError,
    CredentialsRefused,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Problem,
    Throttled,
    UnreadableBody,
)
from carrier.exchange import Exchange, kept_body, redacted
from carrier.problems import read_json_problems, read_problems
from carrier.telephone import NumberFormat
from carrier.throttle import Throttle
from carrier.tokens import Token, TokenStore, read_token
from carrier.wire import Answer, WireTrouble, attempt

log = logging.getLogger(__name__)

_FORM = "application/x-www-form-urlencoded"
_FIRST_PAUSE_SECONDS = 0.2

# Refused by their status alone: the server says that it did not take the request up.
_CLEAR_STATUSES = frozenset({405, 406, 411, 413, 414, 415, 431})

# By resource, where the answer is not XML.
_ACCEPTED = {
    "loas": "*/*",
    **dict.fromkeys(("messages", "phoneNumbers", "platformSearch"), "application/json"),
}

Result = TypeVar("Result")


class Carrier:
    """One account at the carrier. Thread-safe; close it when done.

    The observer gets an Exchange for each HTTP attempt, in the calling thread. What it raises is
    logged and otherwise ignored.
    """

    def __init__(
        self,
        settings: CarrierSettings,
        *,
        observer: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.settings = settings
        self._observer = observer
        self._pools = TimedPools(settings.pool_size)
        self._throttle = Throttle()
        self._tokens = TokenStore()

    def close(self) -> None:
        """Close the pooled connections."""
        self._pools.close()

    @property
    def number_format(self) -> NumberFormat:
        """How numbers are written to this account's API version."""
        if self.settings.api_version == "v1":
            return NumberFormat.TEN_DIGITS
        return NumberFormat.E164

    def call(
        self,
        call: Call,
        read: Callable[[Answer], Result],
        *,
        order_id_of: Callable[[Result], str] | None = None,
    ) -> Result:
        """Make the call and return what `read` makes of a 2xx answer.

        A write goes out at most once; a read again on trouble of the moment, within the same
        time. Raises a CarrierError for every other end; `read` may raise one as well, and an
        UnreadableBody from it becomes OutcomeUnknown. `order_id_of` names the order of a result
        for the kept record.
        """
        call = replace(call, secrets=(*call.secrets, *self._own_secrets))
        deadline = Deadline(self.settings.call_timeout)
        attempts = max(1, self.settings.read_attempts) if call.is_read else 1
        for number in range(1, attempts + 1):
            try:
                return self._attempt(call, deadline, read, order_id_of)
            except CarrierError as error:
                pause = _FIRST_PAUSE_SECONDS * 2 ** (number - 1) * random.uniform(0.5, 1.5)
                if number == attempts or not error.transient or not _is_left(deadline, pause):
                    raise
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _attempt(
        self,
        call: Call,
        deadline: Deadline,
        read: Callable[[Answer], Result],
        order_id_of: Callable[[Result], str] | None,
    ) -> Result:
        self._refuse_if_held(call.bucket, call.operation)
        authorization = self._authorization(call, deadline)
        headers = {
            "Authorization": authorization,
            "Accept": _ACCEPTED.get(call.bucket, "application/xml"),
            "Accept-Encoding": "gzip",
        }
        if call.body:
            headers["Content-Type"] = call.content_type
        url = self.settings.account_url(call.path, call.version)
        if call.query:
            url += "?" + urlencode(call.query)

        def judge(answer: Answer) -> Result:
            if answer.status == HTTPStatus.UNAUTHORIZED:
                self._tokens.drop(authorization.removeprefix("Bearer "))
            self._judge(call, answer)
            try:
                return read(answer)
            except UnreadableBody as error:
                raise call.unknown(
                    f"the answer cannot be read: {error}", status=answer.status
                ) from None

        return self._exchange(call, url, headers, deadline, judge, order_id_of)

    def _exchange(
        self,
        call: Call,
        url: str,
        headers: Mapping[str, str],
        deadline: Deadline,
        judge: Callable[[Answer], Result],
        order_id_of: Callable[[Result], str] | None,
    ) -> Result:
        """One HTTP attempt and its kept record, whatever its end."""
        deadline.wrote = False  # asked of each attempt anew
        started_at, started = datetime.now(UTC), time.monotonic()
        answer: Answer | None = None
        status: int | None = None
        outcome, detail, order_id = Outcome.UNKNOWN, "", call.order_id
        try:
            answer = attempt(
                self._pools,
                method=call.method,
                url=url,
                headers=headers,
                body=call.body,
                deadline=deadline,
                connect_timeout=self.settings.connect_timeout,
                answer_limit=call.answer_limit or self.settings.answer_limit,
            )
            status = answer.status
            result = judge(answer)
            outcome = Outcome.ACCEPTED
            if order_id_of is not None:
                order_id = order_id_of(result)
            return result
        except WireTrouble as trouble:
            status, detail = trouble.http_status, trouble.reason
            outcome = Outcome.UNKNOWN if trouble.wrote else Outcome.NOT_SENT
            if trouble.wrote:
                raise call.unknown(detail, status=status, transient=trouble.again) from None
            raise NotSent(detail, operation=call.operation, transient=True) from None
        except CarrierError as error:
            self._hide_secrets(call, error)
            outcome, detail = error.outcome, error.message
            raise
        finally:
            record = Exchange(
                operation=call.operation,
                method=call.method,
                path=urlsplit(url)._replace(scheme="", netloc="").geturl(),
                request_body="",
                http_status=status,
                response_body="",
                outcome=outcome,
                detail=detail,
                started_at=started_at,
                duration_ms=round((time.monotonic() - started) * 1000),
                order_id=order_id,
            )
            self._keep(record, call, answer)

    def _keep(self, record: Exchange, call: Call, answer: Answer | None) -> None:
        """Give the record with its bodies to the observer.

        A function of its own, so that the plain secrets are in no frame of a traceback.
        """
        if self._observer is None:
            return
        try:
            secrets = (*call.secrets, self._tokens.value)
            self._observer(
                replace(
                    record,
                    path=redacted(record.path, secrets),
                    request_body=kept_body(call.body, call.content_type, secrets)
                    if call.keeps_body
                    else "",
                    response_body=kept_body(answer.body, answer.content_type, secrets)
                    if answer
                    else "",
                    detail=redacted(record.detail, secrets),
                )
            )
        except Exception:
            log.exception("keeping the record of %s failed", record.operation)

    def _judge(self, call: Call, answer: Answer) -> None:
        """Raise for every answer that is not a success by its status."""
        status = answer.status
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._hold(call.bucket, call.operation, answer)
        if 200 <= status < 300 or status in call.also_read:
            return
        if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:
            problems = call.without_secrets(_problems_of(answer))
            if status == HTTPStatus.NOT_FOUND and not (problems or _may_say_absent(call, answer)):
                raise call.unknown("a page (404) that is not the carrier's", status=status)
            if problems or call.is_read or status in (401, 403, 404) or status in _CLEAR_STATUSES:
                raise call.refused(status, problems)
            raise call.unknown(f"refused ({status}) without a readable reason", status=status)
        if 300 <= status < 400:
            raise call.unknown(f"a redirect ({status}), which is not followed", status=status)
        raise call.unknown(f"trouble at the carrier ({status})", status=status, transient=True)

    def _hold(self, bucket: str, operation: str, answer: Answer) -> NoReturn:
        retry_at = self._throttle.hold(bucket, answer.headers.get("X-RateLimit-Reset"))
        raise Throttled(
            "the carrier asks us to wait (429)",
            operation=operation,
            http_status=answer.status,
            retry_at=retry_at,
        )

    def _refuse_if_held(self, bucket: str, operation: str) -> None:
        retry_at = self._throttle.held_until(bucket)
        if retry_at is not None:
            raise Throttled(
                "held back because the carrier asked us to wait",
                operation=operation,
                retry_at=retry_at,
            )

    def _hide_secrets(self, call: Call, error: CarrierError) -> None:
        """Staff read the carrier's reasons, which may repeat what it was sent."""
        secrets = (*call.secrets, self._tokens.value)
        error.message = redacted(error.message, secrets)
        error.args = (error.message,)
        error.problems = tuple(
            replace(
                problem,
                code=redacted(problem.code, secrets),
                description=redacted(problem.description, secrets),
            )
            for problem in error.problems
        )

    @cached_property
    def _own_secrets(self) -> tuple[str, ...]:
        """What no record and no error may hold, as it may be spelt; the token comes on top."""
        match self.settings.credentials:
            case BasicCredentials(name, secret) | ClientCredentials(_, name, secret):
                basic = basic_header(name, secret).removeprefix("Basic ")
        every = (basic, secret, *self.settings.other_secrets)
        return tuple(form for text in every for form in spellings(text))

    def _authorization(self, call: Call, deadline: Deadline) -> SecretText:
        match self.settings.credentials:
            case BasicCredentials(username, password):
                return basic_header(username, password)
            case ClientCredentials() as client:
                return bearer_header(self._token(call, client, deadline))

    def _token(self, call: Call, client: ClientCredentials, deadline: Deadline) -> str:
        """A bearer token for the call. Raises NotSent, Throttled or CredentialsRefused."""
        try:
            return self._tokens.get(
                lambda: self._fetch_token(call, client, deadline),
                wait_seconds=deadline.remaining(),
            )
        except TimeoutError:
            raise NotSent(
                "no token within the time for the call", operation=call.operation
            ) from None
        except OutcomeUnknown as error:
            # Unknown is the token's fate only: of the call itself nothing has left us.
            raise NotSent(
                f"no token: {error.message}",
                operation=call.operation,
                http_status=error.http_status,
                transient=error.transient,
            ) from None

    def _fetch_token(self, call: Call, client: ClientCredentials, deadline: Deadline) -> Token:
        self._refuse_if_held("token", call.operation)
        fetch = Call(
            operation="token.fetch",
            bucket="token",
            method="POST",
            path="",
            version="v2",
            body=b"grant_type=client_credentials",
            content_type=_FORM,
            secrets=self._own_secrets,
        )
        headers = {
            "Authorization": basic_header(client.client_id, client.client_secret),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": _FORM,
        }

        def judge(answer: Answer) -> Token:
            if answer.status in (400, 401, 403):
                raise CredentialsRefused(
                    f"the carrier gave no token for our client id ({answer.status})",
                    operation=call.operation,
                    http_status=answer.status,
                )
            if answer.status != HTTPStatus.TOO_MANY_REQUESTS and 400 <= answer.status < 500:
                raise fetch.unknown(f"refused ({answer.status})", status=answer.status)
            self._judge(fetch, answer)
            try:
                return read_token(answer.body)
            except ValueError as error:
                raise fetch.unknown(str(error), status=answer.status) from None

        return self._exchange(fetch, client.token_url, headers, deadline, judge, None)


def _problems_of(answer: Answer) -> tuple[Problem, ...]:
    try:
        if "json" in answer.content_type.lower():
            return read_json_problems(answer.body)
        return read_problems(xmlbody.parse(answer.body))
    except UnreadableBody:
        return ()


def _may_say_absent(call: Call, answer: Answer) -> bool:
    """Whether a 404 without a reason may mean that what is asked for, or deleted, is not there.

    A gateway's page says nothing about it. What is to be made or changed was not, either way.
    """
    if call.method not in ("GET", "DELETE") or not answer.body.strip():
        return True
    try:
        if "json" in answer.content_type.lower():
            return bool(jsonbody.members(jsonbody.parse(answer.body)))
        return xmlbody.name_of(xmlbody.parse(answer.body)) != "html"
    except UnreadableBody:
        return False


def _is_left(deadline: Deadline, seconds: float) -> bool:
    try:
        return deadline.remaining() > seconds
    except TimeoutError:
        return False
