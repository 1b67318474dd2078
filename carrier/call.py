"""One thing to ask of the carrier, and the words for the ways in which it can say no."""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from xml.etree.ElementTree import Element

from carrier import xmlbody
from carrier.account import Interface
from carrier.errors import CredentialsRefused, NotFound, OutcomeUnknown, Problem, Refused
from carrier.exchange import redacted
from carrier.problems import read_problems
from carrier.wire import Answer

XML = "application/xml; charset=utf-8"
JSON = "application/json; charset=utf-8"

#: 401 on the older platform, and yet about one number that is another user's: others may be asked.
FOREIGN_NUMBER = "number-access-denied"


@dataclass(frozen=True)
class Call:
    """One thing to ask of the carrier.

    `operation` is our name for it ("import_orders.create"), `bucket` the resource whose throttling
    it shares, `path` what follows `accounts/{id}/`, or after a slash what follows the base.
    `secrets` are texts in the body that no record may hold; without `keeps_body` no record holds
    any of the body. `order_id` is the order that it is about, where known.
    """

    operation: str
    bucket: str
    method: str
    path: str
    version: Interface
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    content_type: str = XML
    order_id: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    keeps_body: bool = True
    # Unpacked bytes, where what is asked for may be larger than the settings allow for an answer.
    answer_limit: int | None = None
    # Statuses besides 2xx whose body is an answer to be read, and not a refusal.
    also_read: frozenset[int] = frozenset()

    @property
    def is_read(self) -> bool:
        """Whether asking twice does no more than asking once."""
        return self.method == "GET"

    def unknown(
        self, message: str, *, status: int | None = None, transient: bool = False
    ) -> OutcomeUnknown:
        """The error for an answer that leaves open what happened."""
        return OutcomeUnknown(
            message, operation=self.operation, http_status=status, transient=transient
        )

    def refused(self, status: int, problems: tuple[Problem, ...]) -> Refused:
        """The error for a clear no, with the carrier's reasons in its message."""
        problems = self.without_secrets(problems)
        kind: type[Refused] = Refused
        said = "the carrier refused"
        is_foreign = any(problem.code == FOREIGN_NUMBER for problem in problems)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) and not is_foreign:
            kind, said = CredentialsRefused, "the carrier refused our credentials or their rights"
        elif status == HTTPStatus.NOT_FOUND:
            kind, said = NotFound, "the carrier does not know this"
        reasons = "; ".join(f"{problem.code} {problem.description}".strip() for problem in problems)
        return kind(
            f"{said} ({status}){': ' + reasons[:500] if reasons else ''}",
            operation=self.operation,
            http_status=status,
            problems=problems,
        )

    def without_secrets(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """The same reasons; a reason may repeat what it objects to."""
        return tuple(
            replace(problem, description=redacted(problem.description, self.secrets))
            for problem in problems
        )

    def root_of(self, answer: Answer) -> Element:
        """The root of an answer that must hold no reasons, even with a 2xx.

        Raises Refused with the reasons when it does, UnreadableBody when it is no XML.
        """
        root = xmlbody.parse(answer.body)
        # Not even for the moment of raising: a crash report shows what has a name.
        if problems := self.without_secrets(read_problems(root)):
            raise self.refused(answer.status, problems)
        return root
