"""The index page: what this is, where it listens, the cards, the latest orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from html import escape

from carrier.sandbox.cards import CARDS
from carrier.sandbox.faults import NAMES
from carrier.sandbox.instants import to_text
from carrier.sandbox.places import SITES
from carrier.sandbox.state import SandboxState
from carrier.sandbox.supply import PLACES
from carrier.sandbox.tokens import TOKEN_PATH

_RECENT = 25
_STYLE = """
:root { color-scheme: light dark; --line: #d0d5dd; --soft: #f4f5f7; --ink: #1d2733;
  --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a4452; --soft: #202833; --ink: #e5e9ef; --paper: #151b23; }
}
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.25rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0;
  border-bottom: 1px solid var(--line); }
code { background: var(--soft); padding: .1rem .3rem; border-radius: .25rem;
  font-size: .9em; white-space: nowrap; }
"""


def index_page(state: SandboxState, url: str) -> str:
    """The whole page as HTML."""
    options = state.options
    addresses = (
        ("v1 base (ten digits)", f"{url}/api/"),
        ("v2 base (E.164)", f"{url}/api/v2/"),
        ("Token URL", f"{url}{TOKEN_PATH}"),
        ("Account", options.account_id),
        ("Basic credentials", f"{options.username} / {options.password}"),
        ("Client credentials", f"{options.client_id} / {options.client_secret}"),
        ("Older platform (V1)", f"{url}/v1/"),
        (
            "Its user, token and secret",
            f"{options.platform_user_id}, {options.platform_token} / {options.platform_secret}",
        ),
    )
    places = (
        (
            f"{site.name} ({site.site_id})",
            f"{peer.name} ({peer.peer_id})",
            _default(peer.is_default),
        )
        for site in SITES.values()
        for peer in site.peers
    )
    offered = map(astuple, PLACES)
    orders = [
        (
            to_text(order.created_at),
            order.kind,
            order.order_id,
            order.customer_order_id,
            order.status,
            str(len(order.telephone_numbers)),
        )
        for order in state.orders.recent(_RECENT)
    ]
    latest = (
        _table(("Created", "Kind", "Order", "Customer order id", "Status", "Numbers"), orders)
        if orders
        else "<p>No orders yet.</p>"
    )
    faults = " ".join(f"<code>{escape(name)}</code>" for name in sorted(NAMES))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Sandbox carrier</title><style>{_STYLE}</style></head><body>"
        "<h1>Sandbox carrier</h1>"
        "<p>A rehearsal carrier on this machine. It speaks as the real one does, costs nothing and"
        " reaches nobody. Orders come to their end after"
        f" {state.settings.processing_seconds:g} seconds.</p>"
        f"<h2>Addresses and credentials</h2>{_table(('What', 'Value'), addresses)}"
        f"<h2>Sites and SIP peers</h2>{_table(('Site', 'SIP peer', 'Default'), places)}"
        "<h2>Numbers on offer</h2>"
        "<p>Some thousands in each place, and toll-free ones.</p>"
        f"{_table(('Area code', 'City', 'State', 'Rate center', 'LATA', 'ZIP'), offered)}"
        "<h2>Test-card numbers</h2>"
        "<p>NPA is any area code. Other numbers pass the check and complete.</p>"
        f"{_table(('Number', 'What happens'), ((c.label, c.summary) for c in CARDS))}"
        f"<h2>Latest orders</h2>{latest}"
        "<h2>Control address</h2>"
        "<p><code>GET /_sandbox/orders</code> <code>GET /_sandbox/requests</code>"
        " <code>POST /_sandbox/faults</code> <code>DELETE /_sandbox/faults</code>"
        " <code>POST /_sandbox/settings</code>"
        " <code>POST /_sandbox/orders/{id}/finish</code>"
        " <code>POST /_sandbox/numbers/{number}/lose</code>"
        " <code>POST /_sandbox/stock</code>"
        " <code>POST /_sandbox/notices</code></p>"
        f"<p>Faults: {faults}</p></body></html>"
    )


def _default(is_default: bool) -> str:
    return "yes" if is_default else ""


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
