"""The carrier's reasons in each of their shapes."""

from __future__ import annotations

import pytest

from carrier import xmlbody
from carrier.errors import Problem
from carrier.problems import read_problems

PLAIN = Problem("7", "No.")

SHAPES = {
    "ResponseStatus": (
        "<X><ResponseStatus><ErrorCode>7</ErrorCode><Description>No.</Description>"
        "</ResponseStatus><Rows/></X>",
        (PLAIN,),
    ),
    "ErrorList": (
        "<X><ErrorList><Error><Code>7</Code><Description>No.</Description>"
        "<TelephoneNumber>3032281000</TelephoneNumber></Error></ErrorList></X>",
        (Problem("7", "No.", ("+13032281000",)),),
    ),
    "Error": (
        "<X><Error><Code>7</Code><Description>No.</Description></Error><ResultCount>0"
        "</ResultCount></X>",
        (PLAIN,),
    ),
    "repeated Errors": (
        "<X><Errors><Code>7</Code><Description>No.</Description></Errors>"
        "<Errors><Code>8</Code><Description>Nor this.</Description></Errors></X>",
        (PLAIN, Problem("8", "Nor this.")),
    ),
    "Errors with numbers": (
        "<Errors><Error><Code>7</Code><Description>No.</Description><TelephoneNumbers>"
        "<TelephoneNumber>3032281000</TelephoneNumber><TelephoneNumber> 12 </TelephoneNumber>"
        "</TelephoneNumbers></Error></Errors>",
        (Problem("7", "No.", ("+13032281000", "12")),),
    ),
    "number before code": (
        "<Errors><Error><TelephoneNumber>+13032281000</TelephoneNumber><ErrorCode>7</ErrorCode>"
        "<Description>No.</Description></Error></Errors>",
        (Problem("7", "No.", ("+13032281000",)),),
    ),
    "no code": (
        "<ErrorResponse><ResponseStatus><Description>Gone.</Description></ResponseStatus>"
        "</ErrorResponse>",
        (Problem("", "Gone."),),
    ),
    "resultCode": (
        "<r><resultCode>7</resultCode><resultMessage>No.</resultMessage></r>",
        (PLAIN,),
    ),
    "resultCode 0": ("<r><resultCode>0</resultCode><resultMessage>Ok</resultMessage></r>", ()),
    "address": (
        "<X><ResponseStatus><ErrorCode>12112</ErrorCode><Description>Address not\n   found."
        "</Description></ResponseStatus><AddressErrorDescription>x</AddressErrorDescription></X>",
        (Problem("12112", "Address not found."),),
    ),
    "ImportTnErrors": (
        "<P><ImportTnErrors><ImportTnError><Code>7</Code><Description>No.</Description>"
        "<TelephoneNumbers><TelephoneNumber>3032281000</TelephoneNumber></TelephoneNumbers>"
        "</ImportTnError></ImportTnErrors></P>",
        (Problem("7", "No.", ("+13032281000",)),),
    ),
    "empty": ("<X><Errors/><ErrorList/><Error/></X>", ()),
    "warnings": (
        "<X><Warnings><Warning><Description>Mind.</Description></Warning></Warnings></X>",
        (),
    ),
    "a description that is none": ("<Site><Description>Main office</Description></Site>", ()),
}


@pytest.mark.parametrize(("body", "problems"), SHAPES.values(), ids=SHAPES.keys())
def test_each_shape_is_read(body: str, problems: tuple[Problem, ...]) -> None:
    assert read_problems(xmlbody.parse(body.encode())) == problems
