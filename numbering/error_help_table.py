"""The help that a new installation starts with; staff edit it in the admin afterwards.

Source of the codes: carrier REFERENCE sections 3, 4 and 15. A code means one thing within one
operation and may mean another elsewhere, so each row names its operation: `check` is the
importability check, `import` the order, `loa` the files, `removal` the order to host numbers no
more, `disconnect` the one that gives owned numbers back, `order` the order of new numbers,
`subscription` the webhook subscriptions.
"""

from dataclasses import dataclass

from numbering.enums import WhoActs


@dataclass(frozen=True)
class Help:
    """One row: what is wrong, who has to act, and what fixes it."""

    operation: str
    code: str
    meaning: str
    who_acts: WhoActs
    fix: str


_CU, _SU, _CO, _CA = WhoActs.CUSTOMER, WhoActs.SUPPORT, WhoActs.CONFIGURATION, WhoActs.CARRIER

_IMPORTABILITY = (
    (
        "19001",
        "The number is not in service.",
        _CU,
        "Ask the customer, or their voice carrier, whether the number is right and active.",
    ),
    (
        "19002",
        "The carrier cannot find who serves this number.",
        _SU,
        "Check the digits with the customer. If they are right, it cannot be hosted.",
    ),
    (
        "19003",
        "The company that has the number now blocks such imports.",
        _CA,
        "Open a ticket with the carrier's support and name the number.",
    ),
    (
        "19004",
        "The company that has the number now is not yet on the new messaging system.",
        _CA,
        "Open a ticket with the carrier's support and ask when it moves.",
    ),
    (
        "19005",
        "There is no messaging route for this type of number.",
        _CO,
        "Ask the carrier's account manager to set up the route for this type of number.",
    ),
    (
        "19006",
        "The number is the carrier's own and this account may not import it now.",
        _CU,
        "The present owner of the number must release it; then check again.",
    ),
    (
        "19007",
        "The account has no contract for numbers of other carriers.",
        _CO,
        "Ask the carrier's account manager for a contract for external numbers.",
    ),
    (
        "19008",
        "The number is another carrier's and this account may not import it now.",
        _CO,
        "Ask the carrier's support what the account lacks for this number.",
    ),
    (
        "19009",
        "No messaging route was found for the number.",
        _CO,
        "Ask the carrier's account manager to check the account's messaging routes.",
    ),
    (
        "19010",
        "The carrier could not set the number up.",
        _CA,
        "Try again later; if it stays, open a ticket with the carrier's support.",
    ),
    (
        "19012",
        "The account is not yet on the new messaging system.",
        _CO,
        "Ask the carrier's account manager to migrate the account.",
    ),
    (
        "19014",
        "This account cannot import the number.",
        _CA,
        "Open a ticket with the carrier's support and name the number.",
    ),
    ("7201", "This is not a valid US number.", _SU, "Correct the digits and check again."),
)
_ORDERS = (
    (
        "7518",
        "The number is not active with its voice carrier.",
        _CU,
        "Ask the customer to have the number activated, then try the failed numbers again.",
    ),
    (
        "5074",
        "The number is not in service.",
        _CU,
        "Ask the customer whether the number still works for calls.",
    ),
    (
        "5076",
        "The number belongs to another account at the carrier.",
        _CU,
        "The account that has it must release it first.",
    ),
    (
        "5158",
        "The number was never imported here.",
        _SU,
        "Check the digits; nothing has to be removed.",
    ),
    (
        "5149",
        "Importing through the interface is switched off.",
        _CO,
        "Ask the carrier's account manager to switch it on.",
    ),
    (
        "5150",
        "The account may not use imports.",
        _CO,
        "Ask the carrier's account manager for the import permission.",
    ),
    (
        "5157",
        "The account has no messaging routes.",
        _CO,
        "Ask the carrier's account manager to set up messaging.",
    ),
    (
        "5159",
        "The voice service of the number is not ours to change.",
        _CA,
        "Open a ticket with the carrier's support.",
    ),
    (
        "5160",
        "The messaging service of the number is not ours to change.",
        _CA,
        "Open a ticket with the carrier's support.",
    ),
    (
        "5162",
        "Toll-free messaging is not switched on for this SIP peer.",
        _CO,
        "Have toll-free messaging switched on for the SIP peer, or choose another one.",
    ),
    (
        "5163",
        "Messaging of the number is not owned by this account.",
        _CA,
        "Open a ticket with the carrier's support.",
    ),
    ("5165", "US and international numbers are mixed.", _SU, "Put them into separate orders."),
    (
        "5166",
        "The SIP peer has no messaging feature.",
        _CO,
        "Choose another SIP peer, or have messaging switched on for it.",
    ),
    (
        "5181",
        "Kinds of numbers are mixed in one order.",
        _SU,
        "Split local and toll-free numbers into two orders.",
    ),
    (
        "5016",
        "The carrier does not know the site.",
        _CO,
        "Read the sites anew and choose one that exists.",
    ),
    ("5022", "The site is missing.", _SU, "Choose a site and SIP peer."),
    ("5023", "The SIP peer is not valid.", _SU, "Choose another SIP peer."),
    (
        "5052",
        "Our reference has characters that the carrier does not take.",
        _SU,
        "Submit again; the portal makes a new reference.",
    ),
    ("5093", "A number stands twice in the order.", _SU, "Remove the double and submit again."),
    ("5095", "The order has too many numbers.", _SU, "Split it into smaller orders."),
    (
        "7309",
        "The site is missing or not valid.",
        _CO,
        "Read the sites anew and choose one that exists.",
    ),
    ("7310", "The site has no default SIP peer.", _CO, "Choose a SIP peer for the order."),
    ("7311", "The SIP peer is not valid.", _CO, "Read the sites anew and choose another."),
    ("7312", "The SIP peer id is not valid.", _CO, "Read the sites anew and choose another."),
    ("7314", "The order has too many numbers.", _SU, "Split it into smaller orders."),
    ("7316", "The order has no numbers.", _SU, "Add numbers."),
    (
        "7318",
        "Our reference is not valid for the carrier.",
        _SU,
        "Submit again; the portal makes a new reference.",
    ),
    ("7360", "A number stands twice in the order.", _SU, "Remove the double and submit again."),
    (
        "7386",
        "Toll-free numbers are mixed with others.",
        _SU,
        "Split local and toll-free numbers into two orders.",
    ),
    (
        "25100",
        "The account may not use the subscriber's own LOA.",
        _CO,
        "Choose the blanket agreement, or ask the carrier to allow subscriber LOAs.",
    ),
    ("25110", "The LOA type is not valid.", _SU, "Choose the LOA type again."),
    (
        "25120",
        "Some numbers are not another carrier's.",
        _SU,
        "Remove the numbers that are the carrier's own.",
    ),
    (
        "25130",
        "The SIP peer has no messaging settings.",
        _CO,
        "Have messaging set up for the SIP peer, or choose another one.",
    ),
    (
        "25131",
        "The subscriber's name is longer than 45 characters.",
        _SU,
        "Shorten the name as it stands on the phone bill.",
    ),
    ("1001", "The account may not do this.", _CO, "Ask an administrator to check its rights."),
    (
        "25010",
        "The account may not use this interface.",
        _CO,
        "Ask the carrier's account manager to permit it.",
    ),
)
_LOA = (
    ("5151", "The account may not upload LOAs.", _CO, "Ask the carrier for the right to do so."),
    ("5152", "The account may not change LOAs.", _CO, "Ask the carrier for the right to do so."),
    ("5154", "The account may not change LOAs.", _CO, "Ask the carrier for the right to do so."),
    ("5155", "This kind of order holds no LOAs.", _SU, "Keep the LOA here only."),
    ("7638", "The file type is not taken for this order.", _SU, "Upload the LOA as PDF."),
    ("7639", "The document type is not known.", _CA, "Report it: the portal sends LOA."),
    ("7640", "The document type is missing.", _CA, "Report it: the portal sends LOA."),
    ("7641", "The document type was given twice, differently.", _CA, "Report it."),
    ("7800", "The document name is longer than 50 characters.", _SU, "Shorten the file name."),
)
_SUBSCRIPTIONS = (
    ("14503", "The address for webhooks is empty.", _CO, "Set SITE_URL and repair again."),
    (
        "14505",
        "Both parts of the webhook credentials are needed.",
        _CO,
        "Set WEBHOOK_USERNAME and WEBHOOK_PASSWORDS.",
    ),
    (
        "14506",
        "The address for webhooks is not valid.",
        _CO,
        "SITE_URL must be an address that the carrier can reach from the internet.",
    ),
    ("14508", "Neither an order type nor an event type was given.", _CA, "Report it."),
    (
        "16006",
        "The account has as many subscriptions as it may.",
        _CO,
        "Delete subscriptions that are no longer used.",
    ),
    ("16007", "The account may not manage subscriptions.", _CO, "Ask the carrier for the right."),
    ("16008", "The same subscription exists already.", _SU, "Nothing to do; read the list anew."),
)

_REMOVALS = (
    (
        "5158",
        "The carrier never imported this number for us.",
        _SU,
        "Nothing has to be removed. If it is in service all the same, the nightly compare says so.",
    ),
    (
        "5150",
        "The account may not remove numbers.",
        _CO,
        "Ask the carrier's account manager for the right, then ask for the removal again.",
    ),
    (
        "5076",
        "The number belongs to another account at the carrier.",
        _CA,
        "Ask the carrier's support which account hosts it, and have that one remove it.",
    ),
)

_DISCONNECTS = (
    (
        "5006",
        "The carrier could not disconnect this number.",
        _SU,
        "Read the number at the carrier. If it is not on our account any more, close its case as "
        "gone; otherwise ask the carrier's support what holds it.",
    ),
    (
        "5076",
        "The number belongs to another account at the carrier.",
        _CA,
        "Ask the carrier's support which account has it, and have that one disconnect it.",
    ),
    (
        "5218",
        "Another order at the carrier is busy with this number.",
        _SU,
        "Wait until that order is over, then ask again.",
    ),
)

_NUMBER_ORDERS = (
    (
        "5005",
        "Somebody else has taken this number in the meantime.",
        _SU,
        "Search again and pick another one. Hold what you find, if you do not order it at once.",
    ),
    (
        "5008",
        "None of it is a number that the carrier can give.",
        _SU,
        "Search again and order numbers that were found.",
    ),
    (
        "5014",
        "The order asks for more than the account may have open.",
        _CO,
        "Order fewer, or ask the carrier's account manager for a higher limit.",
    ),
    (
        "5016",
        "The carrier does not know the site.",
        _CO,
        "Read the sites and SIP peers anew, then order with one that is there.",
    ),
    (
        "5017",
        "The carrier had only a part of what was asked for.",
        _SU,
        "Order the rest by a wider search, or wait for stock.",
    ),
    (
        "5018",
        "The carrier had none of what was asked for.",
        _SU,
        "Search with fewer fields, order fewer, or wait for stock.",
    ),
    (
        "5020",
        "The site has no default SIP peer.",
        _CO,
        "Choose a default SIP peer for the site in the carrier's dashboard.",
    ),
    (
        "5023",
        "The carrier does not know the SIP peer.",
        _CO,
        "Read the sites and SIP peers anew, then order with one that is there.",
    ),
    (
        "5090",
        "The account or the site may not have toll-free numbers.",
        _CO,
        "Ask the carrier's account manager for toll-free service.",
    ),
    (
        "5183",
        "Ordering is switched off for the account.",
        _CO,
        "Ask the carrier's account manager to switch it on.",
    ),
    (
        "5218",
        "Another order at the carrier is busy with this number.",
        _SU,
        "Wait until that order is over, or pick another number.",
    ),
)

# A number can fail in an order with the codes of the check as well (REFERENCE 4.2).
ERROR_HELP = tuple(
    Help(operation, *row)
    for operation, rows in (
        ("check", _IMPORTABILITY),
        ("import", _IMPORTABILITY + _ORDERS),
        ("loa", _LOA),
        ("removal", _REMOVALS),
        ("disconnect", _DISCONNECTS),
        ("order", _NUMBER_ORDERS),
        ("subscription", _SUBSCRIPTIONS),
    )
    for row in rows
)
