"""Help for codes of numbers of our own: looking for them, ordering them, and giving them back."""

from numbering.error_help_table.rows import CA, CO, SU, alike

_SEARCH_AGAIN = "Correct the field, or leave it empty, and search again."
_READ_SITES = "Read the sites and SIP peers anew, then order with one that is there."

SEARCHES = (
    ("4000", "The carrier does not take this area code.", SU, _SEARCH_AGAIN),
    ("4001", "The carrier does not take this rate center.", SU, _SEARCH_AGAIN),
    ("4002", "The carrier does not take this exchange or block.", SU, _SEARCH_AGAIN),
    ("4003", "The carrier does not take this toll-free word.", SU, _SEARCH_AGAIN),
    ("4004", "The carrier does not take this toll-free pattern.", SU, _SEARCH_AGAIN),
    ("4005", "The carrier does not take this city.", SU, _SEARCH_AGAIN),
    ("4006", "The carrier does not take this state.", SU, _SEARCH_AGAIN),
    ("4007", "The carrier does not take this ZIP code.", SU, _SEARCH_AGAIN),
    ("4008", "The carrier does not take this LATA.", SU, _SEARCH_AGAIN),
    (
        "4009",
        "Something went wrong at the carrier during the search.",
        CA,
        "Search again in a minute; if it stays, open a ticket with the carrier's support.",
    ),
    (
        "4010",
        "The carrier does not take these fields together, or one of them.",
        SU,
        "Look at Which fields go together, empty what does not fit, and search again.",
    ),
    ("4011", "The carrier does not take this search for a number.", SU, _SEARCH_AGAIN),
    (
        "4014",
        "The account may not search in this way.",
        CO,
        "Ask the carrier's account manager for the right to search for numbers.",
    ),
    *alike(
        "4020 4021 4022",
        "The carrier does not take how the result was to be sorted or limited.",
        CA,
        "Report it: the portal asks for neither.",
    ),
    (
        "4023",
        "The carrier gives out no new numbers in this area.",
        SU,
        "Search in another area, or host a number that the subscriber has already.",
    ),
    (
        "4024",
        "These numbers belong to a tier that the account may not order.",
        CO,
        "Search elsewhere, or ask the carrier's support for access to that tier.",
    ),
    (
        "5002",
        "A field is not written as the carrier takes it, is not known there, or lacks its partner.",
        SU,
        "The carrier's words name the field. Correct it, or look at Which fields go together, and "
        "search again.",
    ),
)

ORDERS = (
    (
        "5002",
        "The carrier does not take a number or a field of this order.",
        SU,
        "The carrier's words name it. Search again with that field corrected, or order without "
        "that number.",
    ),
    (
        "5003",
        "The carrier could not put the number into service.",
        CA,
        "Order another one, or open a ticket with the carrier's support and name the number.",
    ),
    (
        "5005",
        "Somebody else has taken this number in the meantime.",
        SU,
        "Search again and pick another one. Hold what you find, if you do not order it at once.",
    ),
    (
        "5007",
        "The order is beyond what the account may order.",
        CO,
        "Order fewer, or ask the carrier's account manager for a higher limit.",
    ),
    *alike(
        "5008 5214",
        "None of it is a number that the carrier can give.",
        SU,
        "Search again and order numbers that were found.",
    ),
    (
        "5012",
        "The carrier has locked the account.",
        CO,
        "Ask the carrier's account manager why, and to unlock it; then order again.",
    ),
    ("5016", "The carrier does not know the site.", CO, _READ_SITES),
    (
        "5017",
        "The carrier had only a part of what was asked for.",
        SU,
        "Order the rest by a wider search, or wait for stock.",
    ),
    (
        "5018",
        "The carrier had none of what was asked for.",
        SU,
        "Search with fewer fields, order fewer, or wait for stock.",
    ),
    (
        "5020",
        "The site has no default SIP peer.",
        CO,
        "Choose a default SIP peer for the site in the carrier's dashboard.",
    ),
    ("5022", "The site is missing.", CO, _READ_SITES),
    ("5023", "The carrier does not know the SIP peer.", CO, _READ_SITES),
    *alike(
        "5040 5041 5042 5043 5044 5045 5046 5047",
        "What held a number of this order for us is over at the carrier.",
        SU,
        "The portal forgets the hold by itself. Search for the number and order it again; if it is "
        "not on offer any more, pick another one.",
    ),
    (
        "5051",
        "The carrier's credentials of this portal may not order on the account.",
        CO,
        "Ask an administrator to check their rights in the carrier's dashboard.",
    ),
    (
        "5052",
        "The carrier does not take our reference of the order.",
        CA,
        "Report it: the portal writes letters, digits and dashes, and fewer than 40.",
    ),
    (
        "5060",
        "Only an order that waits for stock can be closed.",
        SU,
        "Nothing has to be done: the order is not waiting any more. Its page shows how it ended.",
    ),
    (
        "5062",
        "The order lacks a SIP peer, or names a source of numbers that is not there.",
        CO,
        _READ_SITES,
    ),
    (
        "5090",
        "The account or the site may not have toll-free numbers.",
        CO,
        "Ask the carrier's account manager for toll-free service.",
    ),
    (
        "5093",
        "A number stands twice in the order.",
        SU,
        "Order again with each number once.",
    ),
    (
        "5094",
        "The carrier has locked the site.",
        CO,
        "Order with another site, or ask the carrier's account manager to unlock this one.",
    ),
    *alike(
        "5095 5211",
        "The order has more numbers than the carrier takes in one.",
        SU,
        "Split it into smaller orders.",
    ),
    (
        "5183",
        "Ordering is switched off for the account.",
        CO,
        "Ask the carrier's account manager to switch it on.",
    ),
    (
        "5213",
        "This number cannot be ordered.",
        SU,
        "Check its digits, or search again and order numbers that were found.",
    ),
    (
        "5215",
        "The carrier does not take how many numbers were asked for.",
        SU,
        "Ask for 1 to 5,000.",
    ),
    (
        "5217",
        "The carrier does not take what was said about a part of the order or its messaging.",
        CA,
        "Report it with the carrier's words; the portal says only whether a part will do.",
    ),
    (
        "5218",
        "Another order at the carrier is busy with this number.",
        SU,
        "Wait until that order is over, or pick another number.",
    ),
    (
        "5257",
        "The number is outside of country code +1.",
        SU,
        "Order numbers that begin with +1 only.",
    ),
)

_IS_IT_OURS = (
    "Read the number at the carrier. If it is not on our account any more, close its case as gone; "
    "otherwise ask the carrier's support what holds it."
)

DISCONNECTS = (
    (
        "5001",
        "The carrier could not read the list of numbers.",
        CA,
        "Report it: the portal writes that list. Nothing was disconnected.",
    ),
    ("5006", "The carrier could not disconnect this number.", SU, _IS_IT_OURS),
    *alike(
        "5008 5077",
        "None of it is a number that the carrier can disconnect.",
        SU,
        _IS_IT_OURS,
    ),
    (
        "5012",
        "The carrier has locked the account.",
        CO,
        "Ask the carrier's account manager why, and to unlock it; then ask again.",
    ),
    (
        "5051",
        "The carrier's credentials of this portal may not disconnect on the account.",
        CO,
        "Ask an administrator to check their rights in the carrier's dashboard.",
    ),
    (
        "5052",
        "The carrier does not take our reference of the order.",
        CA,
        "Report it: the portal writes letters, digits and dashes, and fewer than 40.",
    ),
    ("5070", "The carrier does not take this as a telephone number.", SU, _IS_IT_OURS),
    ("5071", "The carrier does not have this number.", SU, _IS_IT_OURS),
    *alike("5072 5093", "A number stands twice in the order.", SU, "Ask again with each once."),
    (
        "5073",
        "The order names no number.",
        CA,
        "Report it: the portal makes no such order. Nothing was disconnected.",
    ),
    ("5074", "The number is not in service.", SU, _IS_IT_OURS),
    (
        "5075",
        "The number is in a state, or with an owner, that does not let it be disconnected.",
        SU,
        _IS_IT_OURS,
    ),
    (
        "5076",
        "The number belongs to another account at the carrier.",
        CA,
        "Ask the carrier's support which account has it, and have that one disconnect it.",
    ),
    *alike(
        "5084 5164",
        "The carrier does not take the manner of disconnecting for this number.",
        CA,
        "Open a ticket with the carrier's support and have the number disconnected there.",
    ),
    (
        "5085",
        "The account may not disconnect in this manner.",
        CO,
        "Ask the carrier's account manager for the right to disconnect numbers.",
    ),
    (
        "5094",
        "The carrier has locked the site of the number.",
        CO,
        "Ask the carrier's account manager to unlock it; then ask again.",
    ),
    (
        "5095",
        "The order has more numbers than the carrier takes in one.",
        SU,
        "Ask again for fewer at once.",
    ),
    (
        "5097",
        "The account is not set up for protected numbers.",
        CO,
        "Ask the carrier's support about protected numbers on this account.",
    ),
    (
        "5218",
        "Another order at the carrier is busy with this number.",
        SU,
        "Wait until that order is over, then ask again.",
    ),
)
