"""Exercise kinds: what they show, what they take, what they say."""

import pkgutil
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog import kinds
from domains.catalog.errors import AnswerShape
from domains.catalog.kinds import (
    KINDS,
    AnyPrompt,
    Cloze,
    Content,
    Date,
    Kind,
    MatchPairs,
    MultipleChoice,
    MultipleResponse,
    Numeric,
    Order,
    Translate,
    WordBank,
)
from domains.catalog.policy.grade import CORRECT
from domains.catalog.policy.lexicon import lexicon

LEXICON = lexicon([("es", "el gato pato come pan agua"), ("en", "the cat duck eats bread")])
CHOICE = MultipleChoice("gato", "es", "en", ("cat", "duck", "dog"), "cat")
BANK = WordBank(
    "The cat eats bread.", "en", "es", ("El gato come pan.",), ("el", "gato", "come", "pan", "pato", "agua")
)
TYPED = Translate("The cat eats.", "en", "es", ("El gato come.",))
PAIRS = MatchPairs("es", "en", (("gato", "cat"), ("pato", "duck"), ("pan", "bread")))
SEVERAL = MultipleResponse("animals", "en", "es", ("gato", "pato", "pan", "agua"), ("gato", "pato"))
GAPS = Cloze("El ___ come ___.", "es", (("gato", "(gran) pato"), ("pan",)))
CHOSEN = Cloze("El ___ come.", "es", (("gato",),), (("gato", "pan", "agua"),))
STORY = Order("What happens?", "en", "es", ("uno", "dos", "tres", "cuatro"))
NUMBER = Numeric("How far?", "es", Decimal("3.5"), Decimal("0.1"), "km", {"m": Decimal("0.001")})
DAY = Date("When?", "en", "es", "2024-03-31")
EXAMPLES = {
    name: msgspec.convert({"kind": name, **kind.example, **kind.languages("es", "en")}, type=Content)
    for name, kind in KINDS.items()
}
ALL: list[Content] = [CHOICE, SEVERAL, BANK, TYPED, GAPS, CHOSEN, PAIRS, STORY, NUMBER, DAY, *EXAMPLES.values()]


def grade(content: Content, answer: object) -> tuple[str, bool, float]:
    found = content.grade(msgspec.json.encode(answer), LEXICON)
    return found.verdict, found.correct, found.score


def option(content: MultipleChoice, text: str) -> str:
    return next(option.id for option in content.prompt("any").options if option.text == text)


def test_every_file_of_a_kind_is_listed_under_its_name() -> None:
    files = {module.name for module in pkgutil.iter_modules(kinds.__path__)} - {"kind", "assets"}
    assert set(KINDS) == files
    assert {prompt.__struct_config__.tag for prompt in get_args(AnyPrompt)} == files


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_example_of_each_kind_is_a_right_one(kind: str) -> None:
    content: Kind[Any] = EXAMPLES[kind]
    raw = msgspec.json.encode(content.example_answer)
    found = content.grade(raw, LEXICON)
    assert (found.correct, found.score) == (True, 1.0)
    assert msgspec.json.decode(msgspec.json.encode(content), type=Content) == content
    answer = content.decode_answer(raw)
    assert content.said(answer)
    assert content.in_words(answer)
    assert content.item_texts("es")
    assert content.effort(answer, "seed").read > 0 or kind == "match_pairs"
    assert all("sha256:" not in text for text in _strings(msgspec.to_builtins(content.prompt("seed"))))
    wider = content.accepting(answer, None)
    assert wider is None or wider.grade(raw, LEXICON).correct


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(part)


def test_a_choice_is_answered_by_the_id_of_an_option() -> None:
    assert grade(CHOICE, option(CHOICE, "cat")) == ("exact", True, 1.0)
    assert grade(CHOICE, option(CHOICE, "duck")) == ("wrong", False, 0.0)
    assert CHOICE.grade(msgspec.json.encode(option(CHOICE, "dog")), LEXICON).expected == "cat"


def test_tapped_words_count_by_their_order_and_not_by_their_punctuation() -> None:
    assert grade(BANK, ["el", "gato", "come", "pan"]) == ("exact", True, 1.0)
    assert grade(BANK, ["come", "pan", "el", "gato"]) == ("word_order", False, 0.0)
    assert grade(BANK, ["el", "pato", "come", "pan"]) == ("wrong_word", False, 0.0)
    assert grade(BANK, ["el", "gatto", "come", "pan"])[1] is False
    assert grade(BANK, []) == ("wrong", False, 0.0)


def test_a_typed_translation_is_graded_by_the_grader() -> None:
    assert grade(TYPED, "el gato come") == ("punctuation", True, 1.0)
    assert grade(TYPED, "El gatto come.") == ("typo", True, 1.0)
    assert grade(TYPED, "El pato come.") == ("wrong_word", False, 0.0)


def test_matched_pairs_may_come_in_any_order_and_score_by_their_share() -> None:
    assert grade(PAIRS, [["pan", "bread"], ["gato", "cat"], ["pato", "duck"]]) == ("exact", True, 1.0)
    assert grade(PAIRS, [["gato", "cat"], ["pato", "bread"], ["pan", "duck"]]) == ("wrong", False, 0.3333)
    assert grade(PAIRS, [["gato", "cat"]]) == ("wrong", False, 0.3333)
    assert grade(PAIRS, [["gato", "cat"]] * 3) == ("wrong", False, 0.3333)
    everything = [[left, right] for left in ("gato", "pato", "pan") for right in ("cat", "duck", "bread")]
    assert grade(PAIRS, everything)[1] is False


def options(*texts: str) -> list[str]:
    return [option.id for text in texts for option in SEVERAL.prompt("any").options if option.text == text]


def test_of_several_right_options_each_counts_and_each_wrong_one_takes_as_much_away() -> None:
    assert grade(SEVERAL, options("pato", "gato")) == ("exact", True, 1.0)
    assert grade(SEVERAL, options("gato")) == ("missing", False, 0.5)
    assert grade(SEVERAL, options("gato", "pato", "pan")) == ("extra", False, 0.5)
    assert grade(SEVERAL, options("gato", "pan")) == ("wrong", False, 0.0)
    assert grade(SEVERAL, options("gato", "pato", "pan", "agua")) == ("extra", False, 0.0)
    assert grade(SEVERAL, []) == ("wrong", False, 0.0)


def test_an_order_scores_by_the_pairs_that_stand_right_and_shows_what_to_move() -> None:
    assert grade(STORY, ["uno", "dos", "tres", "cuatro"]) == ("exact", True, 1.0)
    assert grade(STORY, ["dos", "uno", "tres", "cuatro"]) == ("word_order", False, 0.8333)
    assert grade(STORY, ["cuatro", "tres", "dos", "uno"]) == ("word_order", False, 0.0)
    assert grade(STORY, ["uno", "dos", "cuatro"]) == ("missing", False, 0.5)
    found = STORY.grade(b'["cuatro", "uno", "dos", "tres"]', LEXICON)
    assert [token.text for token in found.tokens if token.verdict == "word_order"] == ["cuatro"]


def test_each_gap_of_a_cloze_is_graded_like_a_text_of_its_own() -> None:
    assert grade(GAPS, ["gato", "pan"]) == ("exact", True, 1.0)
    assert grade(GAPS, ["gran pato", "pan"]) == ("exact", True, 1.0)
    assert grade(GAPS, ["gatto", "pan"]) == ("typo", True, 1.0)
    assert grade(GAPS, ["gato", "agua"]) == ("wrong_word", False, 0.5)
    assert grade(GAPS, ["xyz", ""]) == ("wrong", False, 0.0)
    found = GAPS.grade(b'["gatto", ""]', LEXICON)
    shown = [(token.text, token.verdict, token.expected) for token in found.tokens]
    assert shown == [("gatto", "typo", "gato"), ("", "missing", "pan")]
    assert GAPS.prompt("any").parts == ["El ", " come ", "."]
    # What was chosen has no slips.
    assert grade(CHOSEN, ["gato"]) == ("exact", True, 1.0)
    assert grade(CHOSEN, ["gatto"])[1] is False


@pytest.mark.parametrize(
    ("options", "right"),
    [
        (("Sie", "sie"), "Sie"),
        (("Maße", "Masse"), "Masse"),
        (("I'm", "I am"), "I am"),
        (("?", "!"), "?"),
        (("5", "five"), "5"),
    ],
)
def test_of_options_that_are_nearly_the_same_only_one_is_right(options: tuple[str, str], right: str) -> None:
    content = Cloze(text="a ___ b", language="de" if "s" in right else "en", gaps=((right,),), options=(options,))
    assert {option: grade(content, [option])[1] for option in options} == {
        option: option == right for option in options
    }


@pytest.mark.parametrize(
    ("written", "verdict", "score"),
    [
        ("3,5 km", "exact", 1.0),
        ("3.5km", "exact", 1.0),
        ("3 1/2 km", "exact", 1.0),
        ("3½ km", "exact", 1.0),
        ("٣٫٥ km", "exact", 1.0),
        ("3,45 km", "exact", 1.0),
        ("3.500 m", "exact", 1.0),
        ("3 500 m", "exact", 1.0),
        ("3,5", "missing", 0.5),
        ("3,5 kg", "wrong_word", 0.5),
        ("3,7 km", "wrong", 0.0),
        ("-3,5 km", "wrong", 0.0),
        ("3.500 km", "wrong", 0.0),
        ("3 or 4 km", "wrong", 0.0),
        ("1/0 km", "wrong", 0.0),
        ("", "wrong", 0.0),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(written: str, verdict: str, score: float) -> None:
    assert grade(NUMBER, written) == (verdict, verdict == "exact", score)


@pytest.mark.parametrize(
    ("language", "written", "verdict"),
    [
        ("es", "31 de marzo de 2024", "exact"),
        ("es", "el 31 de marzo del 2024", "exact"),
        ("es", "31/3/2024", "exact"),
        ("es", "31.03.24", "exact"),
        ("es", "2024-03-31", "exact"),
        ("es", "31 de marso de 2024", "typo"),
        ("es", "31 de marzo", "missing"),
        ("es", "31 de mayo de 2024", "wrong"),
        ("es", "3/31/2024", "wrong"),
        ("en", "March 31st, 2024", "exact"),
        ("en-US", "3/31/2024", "exact"),
        ("en-GB", "31/3/2024", "exact"),
        ("en-GB", "3/31/2024", "wrong"),
        ("de", "31. Marz 2024", "accent"),
        ("de", "31. Maerz 2024", "accent"),
        ("ar", "٣١ مارس ٢٠٢٤", "exact"),
        ("ar", "31 آذار 2024", "exact"),
        ("he", "31 במרץ 2024", "exact"),
        ("he", "31 מרץ 2024", "exact"),
        ("ja", "2024年3月31日", "exact"),
        ("ru", "31 марта 2024 года", "exact"),
        ("es", "31 patos de marzo de 2024", "wrong"),
        ("es", "", "wrong"),
    ],
)
def test_a_date_may_be_written_in_any_way_of_its_language(language: str, written: str, verdict: str) -> None:
    content = Date("When?", "en", language, "2024-03-31")
    assert content.grade(msgspec.json.encode(written), LEXICON).verdict == verdict


KNOWN = ("ar", "de", "el", "en", "es", "fr", "he", "it", "ja", "ko", "nl", "pt", "ru", "sv", "tr", "zh")


@pytest.mark.parametrize("value", ["2024-03-31", "--12-24", "--03-04", "0987-05-01"])
def test_the_date_that_is_shown_is_right_in_every_language(value: str) -> None:
    for language in [*KNOWN, "en-GB", "en-US", "hu", "sw", "zh-TW"]:
        content = Date("When?", "en", language, value)
        shown = content.grade(b'"no idea"', LEXICON).expected
        assert (language, shown, grade(content, shown)) == (language, shown, ("exact", True, 1.0))


@pytest.mark.parametrize(("language", "right"), [("ja", "3/4"), ("ko", "3. 4."), ("zh", "3-4"), ("de", "4.3.")])
def test_day_and_month_come_in_the_order_of_the_language(language: str, right: str) -> None:
    assert grade(Date("When?", "en", language, "--03-04"), right)[1]
    assert not grade(Date("When?", "en", language, "--04-03"), right)[1]


@pytest.mark.parametrize("value", ["3.500", "0.125", "1500", "-2.5", "1E+3"])
def test_the_number_that_is_shown_is_right_in_every_language(value: str) -> None:
    for language in ("ar", "de", "en", "es", "fr", "ja", "ru", "sw"):
        content = Numeric("How far?", language, Decimal(value), unit="km")
        shown = content.grade(b'"no idea"', LEXICON).expected
        assert (language, shown, grade(content, shown)) == (language, shown, ("exact", True, 1.0))


def test_a_day_of_any_year_needs_no_year() -> None:
    content = Date("When?", "en", "en", "--02-29")
    assert grade(content, "29 February") == ("exact", True, 1.0)
    assert not content.prompt("any").needs_year


@pytest.mark.parametrize("answer", [None, 1, {}, [1], [["a"]], [["a", "b", "c"]], "x" * 50_000, ["x"] * 900])
def test_an_answer_of_another_form_is_refused_in_words(answer: object) -> None:
    for content in ALL:
        with pytest.raises(AnswerShape, match="The answer must be"):
            content.decode_answer(msgspec.json.encode(answer))


@pytest.mark.parametrize("raw", [b"", b'"', b'"\xff"', b'"\\u0000"', b'["\\u0000"]', b"[" * 100_000, b'"\\ud800"'])
def test_broken_json_is_refused_too(raw: bytes) -> None:
    for content in ALL:
        with pytest.raises(AnswerShape):
            content.decode_answer(raw)


@given(st.text(), st.sampled_from(ALL))
def test_a_prompt_holds_no_field_that_tells_the_solution(seed: str, content: Content) -> None:
    shown = msgspec.to_builtins(content.prompt(seed))
    assert shown == msgspec.to_builtins(content.prompt(seed))
    assert not {
        "answer",
        "answers",
        "accepted",
        "pairs",
        "gaps",
        "value",
        "tolerance",
        "key",
        "correct",
        "picture",
        "shares",
        "weights",
        "feedback",
        "model",
        "also",
        "if_true",
    } & set(shown)


def test_no_place_in_a_prompt_is_better_than_another() -> None:
    places = {"choice": [0] * 3, "pair": [0] * 3, "first word": [0] * 6}
    for number in range(300):
        seed = f"session {number}"
        places["choice"][[option.text for option in CHOICE.prompt(seed).options].index("cat")] += 1
        pairs = PAIRS.prompt(seed)
        places["pair"][(pairs.right.index("cat") - pairs.left.index("gato")) % 3] += 1
        places["first word"][BANK.prompt(seed).words.index("el")] += 1
    assert all(min(counts) > 0.5 * 300 / len(counts) for counts in places.values()), places


CHOOSE = {"kind": "multiple_choice", "text": "a", "language": "es", "option_language": "en"}
TYPE = {"kind": "translate", "text": "a", "language": "es", "answer_language": "en"}
MATCH = {"kind": "match_pairs", "language": "es", "right_language": "en"}
IMPOSSIBLE: list[dict[str, object]] = [
    {**CHOOSE, "options": ["b"], "answer": "b"},
    {**CHOOSE, "options": ["b", "c"], "answer": "d"},
    {**CHOOSE, "options": ["b", "b"], "answer": "b"},
    {**TYPE, "accepted": []},
    {**TYPE, "accepted": ["b"], "text": " "},
    {**TYPE, "accepted": ["b\0"]},
    {**TYPE, "accepted": ["b"], "hint": "c"},
    {**TYPE, "kind": "word_bank", "accepted": ["b c"], "words": ["b", "d"]},
    {**MATCH, "pairs": [["a", "b"], ["a", "c"]]},
    {**MATCH, "pairs": [["a", "b"], ["c", "b"]]},
    {**CHOOSE, "kind": "multiple_response", "options": ["b", "c"], "answers": []},
    {**CHOOSE, "kind": "multiple_response", "options": ["b", "c"], "answers": ["d"]},
    {**CHOOSE, "kind": "multiple_response", "options": ["b", "c"], "answers": ["b", "b"]},
    {**TYPE, "kind": "order", "items": ["b"]},
    {**TYPE, "kind": "order", "items": ["b", "b"]},
    {"kind": "cloze", "language": "es", "text": "no gap", "gaps": [["a"]]},
    {"kind": "cloze", "language": "es", "text": "a ___", "gaps": [["a"], ["b"]]},
    {"kind": "cloze", "language": "es", "text": "a ___", "gaps": [["a"]], "options": [["b", "c"]]},
    {"kind": "cloze", "language": "es", "text": "___ ___", "gaps": [["a"], ["b"]], "options": [["a", "c"]]},
    {"kind": "numeric", "language": "es", "text": "a", "value": "NaN"},
    {"kind": "numeric", "language": "es", "text": "a", "value": "1e999999"},
    {"kind": "numeric", "language": "es", "text": "a", "value": "1", "tolerance": "-1"},
    {"kind": "numeric", "language": "es", "text": "a", "value": "1", "other_units": {"m": "1"}},
    {"kind": "numeric", "language": "es", "text": "a", "value": "1", "unit": "m", "other_units": {"m": "1"}},
    {"kind": "numeric", "language": "es", "text": "a", "value": "1", "unit": "m", "other_units": {"km": "0"}},
    {**TYPE, "kind": "date", "value": "2024-02-30"},
    {**TYPE, "kind": "date", "value": "30 February"},
    {"kind": "hymn"},
]


@pytest.mark.parametrize("plain", IMPOSSIBLE)
def test_impossible_content_cannot_be_made(plain: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(plain, type=Content)


ANY_JSON = st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=8)


@given(ANY_JSON | st.from_regex(r"[-+]?[0-9 .,'/½]{1,12} ?(km|m|março|de|年)?"))
def test_whatever_is_sent_is_graded_or_refused(answer: object) -> None:
    for content in ALL:
        try:
            raw = msgspec.json.encode(answer)
        except UnicodeEncodeError:
            return
        try:
            found = content.grade(raw, LEXICON)
        except AnswerShape:
            continue
        assert 0 <= found.score <= 1
        assert found.correct == (found.verdict in CORRECT)
        msgspec.json.encode(found)
