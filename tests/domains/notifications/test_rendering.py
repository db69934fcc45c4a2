"""What people are told, in every language that there is."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.identity.policy.actions import TOLD
from domains.notifications.policy.kinds import KINDS
from domains.notifications.rendering import pages, render, texts
from domains.notifications.rendering.style import _ACCENTS, DARK, LIGHT
from domains.notifications.service import unsubscribe

EVERY = [(kind, case) for kind in KINDS for case in texts.sample_cases(kind)]
URL = "https://lyceum.test/courses/1"
STOP = "https://lyceum.test/unsubscribe/abc"


class Page(HTMLParser):
    """Which tags there are, which attributes, and whether they are closed."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def mailed(kind: str, params: dict[str, object], locale: str = "en", name: str = "Ada") -> render.MailWords:
    return render.mail(kind, params, locale, person_name=name, url=URL, unsubscribe_url=STOP, preferences_url=STOP)


@pytest.mark.parametrize("language", texts.languages())
def test_every_kind_has_a_sample_and_texts_in_every_language(language: str) -> None:
    assert set(texts.samples()) == set(KINDS) == set(texts.texts(language)["kinds"])


def test_the_languages_are_english_german_spanish_and_hindi() -> None:
    assert texts.languages() == ("en", "de", "es", "hi")


def test_every_kind_that_mails_can_be_stopped_for_has_a_name_in_the_sentence() -> None:
    stopped = {kind.id for kind in KINDS.values() if unsubscribe.scope_of(kind) == kind.id}
    assert stopped <= set(texts.texts("en")["labels"])


def test_every_case_that_english_knows_has_a_sample() -> None:
    for kind, found in texts.texts("en")["kinds"].items():
        assert set(found.get("cases", {})) == set(texts.sample_cases(kind)) - {""}, kind


def test_whatever_people_are_told_of_their_account_has_words_of_its_own() -> None:
    assert set(texts.sample_cases("security_notice")) - {""} == set(TOLD)


@pytest.mark.parametrize(("kind", "case"), EVERY)
def test_every_kind_is_told_by_every_channel(kind: str, case: str, caplog: pytest.LogCaptureFixture) -> None:
    params = texts.sample_params(kind, case)
    for locale in (*texts.languages(), "es-MX", "pt-BR", "ar"):
        _is_told(kind, params, locale)
    assert not caplog.records, "texts were left out"


def _is_told(kind: str, params: dict[str, object], locale: str) -> None:
    for words in (render.in_app(kind, params, locale), render.push(kind, params, locale)):
        assert words.title
        assert words.body
        assert "\n" not in words.title
    found = mailed(kind, params, locale)
    assert found.subject
    assert "\n" not in found.subject
    for text in (found.subject, found.text, found.html):
        assert not re.search(r"\{\{|\{%|\bNone\b|Undefined", text)
    page = Page(found.html)
    assert page.open == []
    # Mail clients drop the html element, and with it the language.
    assert re.search(rf'<div role="article"[^>]* lang="{texts.tongue(locale).tag}" dir="[lr]t[lr]">', found.html)
    assert STOP in page.links
    assert STOP in found.text
    assert "script" not in page.tags
    assert "img" not in page.tags


@pytest.mark.parametrize(("kind", "case"), EVERY)
def test_what_may_be_absent_may_be_absent(kind: str, case: str, caplog: pytest.LogCaptureFixture) -> None:
    optional = texts.texts("en")["kinds"][kind].get("optional", [])
    params = {name: value for name, value in texts.sample_params(kind, case).items() if name not in optional}
    for locale in texts.languages():
        assert "None" not in mailed(kind, params, locale).text
        render.in_app(kind, params | dict.fromkeys(optional), locale)
    assert not caplog.records, "texts were left out"


@pytest.mark.parametrize(("kind", "case"), EVERY)
def test_whatever_params_lack_there_is_something_to_read_and_a_line_in_the_log(
    kind: str, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    without: dict[str, object] = {"case": case}
    odd: dict[str, object] = {name: object() for name in texts.sample_params(kind)} | {"case": case}
    for locale in texts.languages():
        for params in (without, odd):
            caplog.clear()
            _is_something_to_read(kind, params, locale)
            if caplog.records:
                assert kind in caplog.text


def _is_something_to_read(kind: str, params: dict[str, object], locale: str) -> None:
    found = mailed(kind, params, locale)
    assert found.subject
    assert found.text.count("\n\n") >= 3, "heading, greeting, something to read, footer"
    assert Page(found.html).open == []
    for words in (render.in_app(kind, params, locale), render.push(kind, params, locale)):
        assert words.title
        assert words.body
    for text in (found.subject, found.text, found.html):
        assert not re.search(r"\{\{|\{%|\bNone\b|Undefined", text)


def test_a_text_that_lacks_a_param_is_left_out_and_the_rest_is_said(caplog: pytest.LogCaptureFixture) -> None:
    found = mailed("streak_at_risk", {"streak_days": 12})
    assert found.subject == "Your streak of 12 days ends tonight"
    assert "One short lesson before midnight" in found.text
    assert "12 days in a row" in found.text
    assert "hours left" not in found.text
    assert "streak_at_risk (en)" in caplog.text
    told = render.in_app("streak_at_risk", {"hours_left": 3}, "en")
    assert told == ("Lyceum has news for you", "One lesson keeps it. 3 hours left.")


def test_the_log_says_which_text_was_left_out_and_no_param(caplog: pytest.LogCaptureFixture) -> None:
    render.in_app("verify_address", {"code": "482 913", "minutes": "secret"}, "en")
    assert "{{ minutes|count('minutes') }}" in caplog.text
    assert "secret" not in caplog.text
    assert "482" not in caplog.text


@pytest.mark.parametrize("language", texts.languages())
def test_a_language_speaks_of_the_same_kinds_cases_and_words_as_english(language: str) -> None:
    mine, english = texts.texts(language), texts.texts("en")
    assert set(mine["words"]) == set(english["words"])
    assert set(mine["words"]["reason"]) == set(english["words"]["reason"])
    assert set(mine["page"]) == set(english["page"])
    assert _names(mine["links"]) == _names(english["links"])
    assert set(mine["labels"]) == set(english["labels"])
    assert set(mine["counts"]) >= set(english["counts"])
    for kind, found in mine["kinds"].items():
        assert set(found) - {"cases"} <= {*english["kinds"][kind], "heading"}, kind
        assert set(found.get("cases", {})) == set(english["kinds"][kind].get("cases", {})), kind
        assert found.get("optional", []) == english["kinds"][kind].get("optional", []), kind


def _names(part: object) -> object:
    return {name: _names(value) for name, value in part.items()} if isinstance(part, dict) else None


@pytest.mark.parametrize("language", texts.languages())
def test_texts_hold_no_markup_of_their_own(language: str) -> None:
    def strings(value: object) -> list[str]:
        if isinstance(value, str):
            return [value]
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        return [text for part in parts for text in strings(part)]

    for text in strings(texts.texts(language)["kinds"]):
        outside = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text)
        assert not set("<>&") & set(outside), text


def test_the_plural_is_the_languages_own() -> None:
    def streak(days: int, locale: str) -> str:
        return render.in_app("lesson_completed", {"xp": 1500, "streak_days": days}, locale).body

    assert streak(1, "en") == "+1,500 XP. Your streak: 1 day."
    assert streak(2, "en") == "+1,500 XP. Your streak: 2 days."
    assert streak(1, "de") == "+1.500 XP. Deine Serie: 1 Tag."
    assert streak(0, "es") == "+1.500 XP. Tu racha: 0 días."
    assert "0 दिन" in streak(0, "hi")


def test_a_person_reads_their_own_date_and_currency() -> None:
    params: dict[str, object] = {"plan": "Plus", "at": "2026-12-31T23:30:00+00:00"}

    def told(locale: str, zone: str) -> str:
        return render.in_app("subscription_ends", params, locale, zone=zone).body

    assert "December 31, 2026" in told("en", "UTC")
    assert "1 January 2027" in told("en-GB", "Asia/Kolkata")
    assert "31. Dezember 2026" in told("de", "America/New_York")
    money: dict[str, object] = {"course": "A", "amount_minor": 199900, "currency": "INR"}
    assert "₹1,999.00" in render.in_app("course_purchased", money, "hi").body
    yen: dict[str, object] = {"course": "A", "amount_minor": 1999, "currency": "JPY"}
    assert "1999 ¥" in render.in_app("course_purchased", yen, "de").body.replace("\xa0", " ").replace(".", "")


def test_a_week_is_said_without_saying_its_year_twice() -> None:
    params = texts.sample_params("weekly_recap")
    said = {locale: mailed("weekly_recap", params, locale).text.replace("\u2009", " ") for locale in texts.languages()}
    assert "Nov 16 – 22, 2026." in said["en"]
    assert "16.–22. Nov. 2026." in said["de"]
    assert "16–22 nov 2026." in said["es"]
    assert "16–22 नव॰ 2026।" in said["hi"]


def test_a_receipt_ends_with_what_was_paid() -> None:
    for locale in texts.languages():
        facts = texts.texts(locale)["kinds"]["course_purchased"]["facts"]
        assert [fact.get("total", False) for fact in facts] == [False] * (len(facts) - 1) + [True]


@pytest.mark.parametrize("locale", ["fr", "xx", "", "../../etc", "zh-Hant-TW", "e" * 35])
def test_a_language_without_texts_gets_english_as_a_whole(locale: str) -> None:
    found = mailed("lesson_completed", texts.sample_params("lesson_completed"), locale)
    assert '<html lang="en" dir="ltr"' in found.html
    assert "Hi Ada" in found.text


def test_who_wrote_without_an_account_is_not_told_of_one() -> None:
    for locale in texts.languages():
        found = mailed("contact_answered", texts.sample_params("contact_answered"), locale)
        assert texts.texts(locale)["words"]["reason"]["account"].replace("{{ product }}", "Lyceum") not in found.text
    assert "because you wrote to Lyceum" in mailed("contact_answered", texts.sample_params("contact_answered")).text


@given(words=st.text(max_size=80))
def test_what_people_write_is_never_markup_and_never_a_template(words: str) -> None:
    evil = words + "<script>alert(1)</script>{{ 7 * 7 }}{% raw %}\"'&"
    params: dict[str, object] = {"author": evil, "course": evil, "title": evil, "body": evil}
    found = mailed("class_announcement", params, name=evil)
    page = Page(found.html)
    assert "script" not in page.tags
    assert page.open == []
    assert "7 * 7" in found.text
    assert "49" not in (found.text if "49" not in words else "")
    assert "\n" not in found.subject
    assert "\r" not in found.subject


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil.test", "file:///etc/passwd"])
def test_a_link_that_is_no_page_is_left_out(address: str) -> None:
    items = [{"title": "A", "body": "B", "url": address}, {"title": "C", "body": "D", "url": "/here"}]
    found = render.mail(
        "digest", {"items": items}, "en", person_name="Ada", url=address, unsubscribe_url=None, preferences_url=""
    )
    assert not [link for link in Page(found.html).links if address in link]
    whole = mailed("digest", {"items": items})
    assert "https://lyceum.test/here" in Page(whole.html).links


def test_a_push_fits_on_a_lock_screen() -> None:
    long: dict[str, object] = {"author": "A", "title": "T" * 500, "body": "line\n\n" * 500}
    title, body = render.push("class_announcement", long, "en")
    assert len(title) <= 120
    assert len(body) <= 400
    assert "\n" not in body


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_everything_can_be_read_in_the_light_and_in_the_dark() -> None:
    for palette in (LIGHT, DARK):
        for ground in (palette.page, palette.card, palette.tint):
            for ink in (palette.text, palette.soft, palette.link):
                assert contrast(ink, ground) >= 4.5, (ink, ground)
    for category, accent in _ACCENTS.items():
        assert contrast(accent.on_fill, accent.fill) >= 4.5, category
        assert contrast(accent.ink_light, LIGHT.tint) >= 4.5, category
        assert contrast(accent.ink_dark, DARK.tint) >= 4.5, category


@pytest.mark.parametrize("locale", texts.languages())
def test_the_page_of_a_link_speaks_the_language_too(locale: str) -> None:
    topics = [pages.Topic("category:learning", "/unsubscribe/x", stopped=True)]
    for stopped in (False, True):
        text = pages.stopping(locale, scope="*", path="/unsubscribe/y", stopped=stopped, undo=True, topics=topics)
        assert Page(text).open == []
        assert f'lang="{locale}"' in text
