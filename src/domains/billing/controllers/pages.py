"""The HTML of pay and return pages. Invariant: it works without a script, every value is escaped, and nothing on it
says who pays."""

from html import escape
from urllib.parse import quote

from domains.billing.policy.fake import Card, FakeCheckout
from domains.billing.policy.keys import course_of
from domains.billing.repository.returns import Shown
from domains.kernel.money import shown

CARDS: tuple[tuple[Card, str], ...] = (
    ("good", "A card that works"),
    ("declined", "A card that is declined"),
    ("fails_later", "A card that works now and fails at the next payment"),
)
_TEST = '<p class="test"><strong>Test payment: no money moves.</strong> Choose how the payment ends.</p>'
DECLINED = "The card was declined. Nothing was paid. Choose another one."
CHOOSE = "Choose a card."
MOST_LOOKS = 20

_TO_GIVE = {
    "gift": "The code of your gift waits in your account.",
    "seats": "The code for your seats waits in your account.",
}


def document(title: str, body: str) -> str:
    # The page's own forms say where they come from, which no-referrer would hide.
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="same-origin">\n<meta name="robots" content="noindex">\n'
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">\n'
        f'<title>{escape(title)} · Lyceum</title>\n<link rel="stylesheet" href="/static/page.css">\n</head>\n'
        '<body>\n<header><span><img src="/static/icon.svg" width="28" height="28" alt="">Lyceum</span></header>\n'
        f"<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def message(title: str, *lines: str, link: tuple[str, str] = ("/", "Back to Lyceum")) -> str:
    """A page that only says something. Lines are text; the link is (address, words)."""
    said = "\n".join(f"<p>{escape(line)}</p>" for line in lines)
    address, words = link
    onward = f'<p><a class="button" href="{escape(address)}">{escape(words)}</a></p>'
    return document(title, f"<h1>{escape(title)}</h1>\n{said}\n{onward}")


def pay(checkout: FakeCheckout, *, cancel_url: str, alert: str = "") -> str:
    button = "Start the free trial" if checkout.trial_days else f"Pay {shown(checkout.due_minor, checkout.currency)}"
    body = (
        f'<h1>{escape(checkout.title)}</h1>\n<p class="price">{escape(price(checkout))}</p>\n'
        f"{_form(checkout.ref, button, alert)}\n{_link(cancel_url, 'Do not pay')}"
    )
    return document(("Not paid: " if alert else "Pay: ") + checkout.title, body)


def card_change(ref: str, *, cancel_url: str, alert: str = "") -> str:
    said = "<p>What is still to be paid is taken from it at once.</p>"
    body = (
        f"<h1>Another card</h1>\n{said}\n{_form(ref, 'Use this card', alert)}\n{_link(cancel_url, 'Keep the old one')}"
    )
    return document("Another card", body)


def _form(ref: str, button: str, alert: str) -> str:
    told = f'<p class="alert" role="alert" id="alert">{escape(alert)}</p>\n' if alert else ""
    described = ' aria-describedby="alert"' if alert else ""
    # Whoever hears the page is taken to what has to be chosen again, and told why.
    first = f" checked{' autofocus' if alert else ''}"
    cards = "\n".join(
        f'<div><input type="radio" name="card" id="card-{card}" value="{card}" required{first if at == 0 else ""}>'
        f' <label for="card-{card}">{escape(words)}</label></div>'
        for at, (card, words) in enumerate(CARDS)
    )
    return (
        f'{_TEST}\n{told}<form method="post" action="/pay/{quote(ref, safe="")}">\n'
        f"<fieldset{described}>\n<legend>Card</legend>\n{cards}\n</fieldset>\n"
        f'<button type="submit">{escape(button)}</button>\n</form>'
    )


def price(checkout: FakeCheckout) -> str:
    """`EUR 19.99`; `14 days free, then EUR 9.99 per month`; `EUR 4.99 for the first month, then …`."""
    if checkout.price_id is None:
        return shown(checkout.due_minor, checkout.currency)
    full = f"{shown(checkout.period_minor, checkout.currency)} per {checkout.interval}"
    if checkout.discount_minor:
        cut = shown(max(0, checkout.period_minor - checkout.discount_minor), checkout.currency)
        if checkout.discount_cycles is None:
            full = f"{cut} per {checkout.interval}"
        elif checkout.discount_cycles == 1:
            full = f"{cut} for the first {checkout.interval}, then {full}"
        else:
            full = f"{cut} for each of the first {checkout.discount_cycles} {checkout.interval}s, then {full}"
    if not checkout.trial_days:
        return full
    return f"{'1 day' if checkout.trial_days == 1 else f'{checkout.trial_days} days'} free, then {full}"


def returned(order: Shown, *, order_page: str, look: int) -> str:
    """What has become of an order, for whoever comes back from paying it. `order_page` is its address for the buyer."""
    kind, state, product_name = order.kind, order.state, order.product_name
    if state in {"draft", "pending"}:
        if look >= MOST_LOOKS:
            return message(
                "Your payment is on its way",
                f"The payment for {product_name} has not been confirmed yet. Nothing is lost: as soon as it is, what "
                "you bought is yours, whether or not this page is open.",
                link=("?look=0", "Look again"),
            )
        return message("One moment", f"The payment for {product_name} is being confirmed.", link=("?", "Look again"))
    if state == "void":
        return message("Not paid", f"{product_name} was not paid, and nothing was taken.")
    if state == "refunded":
        return message("Refunded", f"The payment for {product_name} was given back.")
    got = f"{product_name} {'is yours' if order.is_free else 'is paid'}."
    if kind in _TO_GIVE:
        return message("Thank you", f"{got} {_TO_GIVE[kind]}", link=(order_page, "To the code"))
    if kind == "subscription":
        begun = f"Your free trial of {product_name}" if order.is_trial else f"{got} Your subscription"
        return message("Thank you", f"{begun} has begun.", link=("/courses", "To the courses"))
    course = next(filter(None, map(course_of, order.keys)), None)
    onward = f"/courses/{course}" if course else "/courses"
    return message("Thank you", f"{got} You can start learning.", link=(onward, "Start learning"))


def cancelled(state: str, product_name: str, pay_url: str) -> str:
    if state in {"draft", "pending"} and pay_url:
        return message(
            "Not paid yet",
            f"Nothing was taken. {product_name} can still be paid on the same page for a while.",
            link=(pay_url, "To the pay page"),
        )
    if state in {"draft", "pending", "void"}:
        return message("Not paid", f"Nothing was taken for {product_name}.")
    return message("Paid already", f"The payment for {product_name} had gone through before you left.")


def _link(address: str, words: str) -> str:
    return f'<p><a href="{escape(address)}">{escape(words)}</a></p>'
