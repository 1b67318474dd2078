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


@dataclass(frozen=True)
class Call:
    """One thing to ask of the carrier.

    `operation` is our name for it ("import_orders.create"), `bucket` the resource whose throttling
    it shares, `path` what follows `accounts/{id}/`. `secrets` are texts in the body that no record
    may hold. `order_id` is the order that it is about, where known.
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
    # Unpacked bytes, where what is asked for may be larger than the settings allow for an answer.
    answer_limit: int | None = None

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
        # A reason may repeat what it objects to.
        problems = tuple(
            replace(problem, description=redacted(problem.description, self.secrets))
            for problem in problems
        )
        kind: type[Refused] = Refused
        said = "the carrier refused"
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
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

    def root_of(self, answer: Answer) -> Element:
        """The root of an answer that must hold no reasons, even with a 2xx.

        Raises Refused with the reasons when it does, UnreadableBody when it is no XML.
        """
        root = xmlbody.parse(answer.body)
        if problems := read_problems(root):
            raise self.refused(answer.status, problems)
        return root
