"""A document as words on paper: every amount, date and name as the text that is printed.

Invariant: texts that people wrote come out without control characters, in a length that fits on a page, and with
places to break them; they are otherwise left as they are.
"""

import unicodedata
from typing import Any

from domains.billing.policy.documents import (
    CREDIT_NOTE,
    INVOICE,
    RECEIPT,
    REVERSE_CHARGE,
    Document,
    Line,
    Movement,
    Party,
)
from domains.kernel.money import major, shown

MOST_LETTERS = 1000
"""Of one text; what is longer is cut."""
MOST_OF_A_LINE = 200
"""Letters of a name, or of a line of an address."""
MOST_LINES = 12
"""Of one address."""
LONGEST_WORD = 24
"""A longer one may be broken, or it would run out of its column."""
_JOINERS = "\u200c\u200d"
"""Invisible, but words of Indic scripts and Persian need them."""
_BREAK = "\u200b"
_TITLES = {INVOICE: "Invoice", CREDIT_NOTE: "Credit note", RECEIPT: "Receipt"}
_STATES = {
    "paid": "Paid",
    "partially_refunded": "Partially refunded",
    "refunded": "Refunded",
}
_NOTES = {REVERSE_CHARGE: "Reverse charge: the recipient accounts for the tax."}


def printed(document: Document) -> dict[str, Any]:
    """What the template wants, all of it text but the date of the file."""
    on = document.issued_on
    title = _TITLES[document.kind]
    if document.kind == INVOICE and document.seller.country == "IN" and document.seller.tax_id:
        title = "Tax invoice"
    return {
        "title": title,
        "author": clean(document.seller.name),
        "date": [on.year, on.month, on.day],
        "footline": clean(" · ".join(part for part in (document.number, document.footer) if part)),
        "facts": _facts(document),
        "seller": _party(document.seller),
        "customer": _party(document.customer),
        "head": _head(document),
        "rows": [_row(document, line) for line in document.lines],
        "sums": _sums(document),
        "movements": [_movement(document, movement) for movement in document.movements],
        "notes": [clean(_NOTES.get(note, note)) for note in document.notes],
    }


def clean(text: str, most: int = MOST_LETTERS) -> str:
    """One line of it. Controls and marks that turn the direction of what follows are left out."""
    if len(text) > most:
        text = text[: most - 1] + "…"
    kept = "".join(
        letter if letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else " " if letter.isspace() else ""
        for letter in unicodedata.normalize("NFC", text)
    )  # fmt: skip
    return " ".join(_breakable(word) for word in kept.split())


def _breakable(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    return _BREAK.join(word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD))


def _party(party: Party) -> list[str]:
    lines = (clean(line, MOST_OF_A_LINE) for line in party.address.splitlines()[: MOST_LINES * 2])
    address = [line for line in lines if line]
    place = ", ".join(part for part in (party.region, party.country) if part)
    found = [
        clean(party.name, MOST_OF_A_LINE),
        *address[:MOST_LINES],
        clean(place, MOST_OF_A_LINE),
        clean(party.email, MOST_OF_A_LINE),
    ]
    if party.tax_id:
        found.append(clean(f"{'GSTIN' if party.country == 'IN' else 'Tax ID'} {party.tax_id}"))
    return [line for line in found if line]


def _facts(document: Document) -> list[tuple[str, str]]:
    found = [("Number", document.number), ("Date", document.issued_on.isoformat())]
    if document.refers_to:
        on = f" of {document.refers_to_on}" if document.refers_to_on else ""
        found.append(("Invoice", f"{document.refers_to}{on}"))
    found.append(("Order", document.order_id))
    if document.period_start and document.period_end:
        found.append(("Period", f"{document.period_start} – {document.period_end}"))
    if document.place_of_supply:
        found.append(("Place of supply", document.place_of_supply))
    if document.state:
        found.append(("State", _STATES.get(document.state, document.state)))
    return [(label, text if label == "Order" else clean(text)) for label, text in found if text]


def _head(document: Document) -> list[str]:
    with_tax = " with tax" if document.tax_inclusive else ""
    codes = ["HSN/SAC"] if document.lines[0].service_code else []
    currency = document.currency
    return [
        "Description",
        *codes,
        "Quantity",
        f"Price{with_tax}, {currency}",
        f"Discount, {currency}",
        f"Net, {currency}",
    ]


def _row(document: Document, line: Line) -> list[str]:
    codes = [clean(line.service_code)] if document.lines[0].service_code else []
    amounts = (line.list_minor, -line.discount_minor, line.net_minor)
    return [
        clean(line.description),
        *codes,
        str(line.quantity),
        *(_plain(amount, document.currency) if amount else "0" for amount in amounts),
    ]


def _sums(document: Document) -> list[dict[str, Any]]:
    def sum_of(label: str, amount_minor: int, *, strong: bool = False) -> dict[str, Any]:
        return {"label": label, "amount": shown(amount_minor, document.currency), "strong": strong}

    taxes = [sum_of(f"{clean(tax.name)} {percent(tax.rate_bp)}", tax.amount_minor) for tax in document.taxes]
    total = "Credited" if document.kind == CREDIT_NOTE else "Total"
    found = [sum_of("Net", document.net_minor), *taxes, sum_of(total, document.total_minor, strong=True)]
    if document.kind == RECEIPT:
        amounts = [movement.amount_minor for movement in document.movements]
        found.append(sum_of("Paid", sum(amount for amount in amounts if amount > 0), strong=True))
        back = -sum(amount for amount in amounts if amount < 0)
        if back:
            found.append(sum_of("Given back", back, strong=True))
    return found


def _movement(document: Document, movement: Movement) -> list[str]:
    by = " ".join(part for part in (movement.provider, movement.method, movement.ref) if part)
    kind = movement.kind.capitalize()
    return [
        movement.on.isoformat() if movement.on else "",
        clean(f"{kind} ({movement.state})" if movement.state not in ("", "captured", "succeeded") else kind),
        clean(by),
        shown(movement.amount_minor, document.currency),
    ]


def percent(rate_bp: int) -> str:
    """1900 is `19 %`, 925 is `9.25 %`."""
    whole, rest = divmod(rate_bp, 100)
    return f"{whole}{f'.{rest:02d}'.rstrip('0') if rest else ''} %"


def _plain(amount_minor: int, currency: str) -> str:
    return f"{major(amount_minor, currency):,}"
