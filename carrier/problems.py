"""The carrier's reasons, in every shape it is known to write them."""

from xml.etree.ElementTree import Element

from carrier import jsonbody, xmlbody
from carrier.errors import Problem
from carrier.telephone import all_from_wire

NUMBER_LISTS = frozenset(
    {"telephonenumbers", "telephonenumberlist", "telephonenumber", "tnlist", "subscriber"}
)
# Stand among the numbers of a list and are none.
_BESIDE_NUMBERS = frozenset({"count", "countrycodea3"})
_ERROR_NAMES = frozenset({"error", "errors", "responsestatus", "importtnerror"})


def read_problems(root: Element) -> tuple[Problem, ...]:
    """All reasons anywhere in a body, in document order; empty elements are no reasons.

    Understood: `ResponseStatus` with or without a code, `ErrorList/Error`, `Error`, `Errors`
    repeated once per reason, `Errors/Error` with numbers, `ImportTnErrors/ImportTnError`, and
    `resultCode` other than 0.
    """
    return tuple(
        problem
        for element in xmlbody.walk(root, skipping=NUMBER_LISTS)
        if (problem := _problem(element)) is not None
    )


def read_json_problems(body: bytes) -> tuple[Problem, ...]:
    """The reasons in a refusal as JSON: the whole one, then one for each field.

    Understood: `type` and `description` of the messaging API, `code` and `message` (which may be
    missing) of the older platform. Raises UnreadableBody when it is no JSON.
    """
    refusal = jsonbody.members(jsonbody.parse(body))
    whole = Problem(jsonbody.text(refusal, "type"), jsonbody.text(refusal, "description"))
    if code := jsonbody.text(refusal, "code"):
        whole = Problem(code, jsonbody.text(refusal, "message"))
    fields = [jsonbody.members(row) for row in jsonbody.rows(refusal.get("fieldErrors"))]
    problems = [whole] + [
        Problem(jsonbody.text(field, "fieldName"), jsonbody.text(field, "description"))
        for field in fields
    ]
    return tuple(problem for problem in problems if problem.code or problem.description)


def read_numbers(element: Element | None) -> tuple[str, ...]:
    """The telephone numbers under a list element: the text of its leaves."""
    if element is None:
        return ()
    leaves = [leaf for leaf in element if not len(leaf)]
    if len(leaves) != len(element):
        # `<TelephoneNumber><FullNumber>…` instead of text: look at every leaf.
        leaves = [leaf for leaf in element.iter() if not len(leaf)]
    return all_from_wire(
        [(leaf.text or "") for leaf in leaves if xmlbody.name_of(leaf) not in _BESIDE_NUMBERS]
    )


def _problem(element: Element) -> Problem | None:
    result = xmlbody.text(element, "resultcode")
    if result and result != "0":
        return Problem(result, _words(element, "resultmessage"))
    code = xmlbody.text(element, "errorcode")
    if xmlbody.name_of(element) in _ERROR_NAMES:
        code = code or xmlbody.text(element, "code")
    elif not code:
        return None
    description = _words(element, "description")
    if not code and not description:
        return None
    return Problem(code, description, _numbers_of(element))


def _words(element: Element, name: str) -> str:
    return " ".join(xmlbody.text(element, name).split())


def _numbers_of(element: Element) -> tuple[str, ...]:
    found: list[str] = []
    for inner in element:
        match xmlbody.name_of(inner):
            case "telephonenumber" if not len(inner):
                found.extend(all_from_wire([inner.text or ""]))
            case "telephonenumber" | "telephonenumbers" | "telephonenumberlist":
                found.extend(read_numbers(inner))
    return tuple(found)
