"""Exercise kinds: what they show, what they take, what they say."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds import KINDS, Content, MatchPairs, MultipleChoice, Translate, WordBank
from domains.catalog.policy.grade import CORRECT
from domains.catalog.policy.lexicon import lexicon

LEXICON = lexicon([("es", "el gato pato come pan agua"), ("en", "the cat duck eats bread")])
CHOICE = MultipleChoice("gato", "es", "en", ("cat", "duck", "dog"), "cat")
BANK = WordBank(
    "The cat eats bread.", "en", "es", ("El gato come pan.",), ("el", "gato", "come", "pan", "pato", "agua")
)
TYPED = Translate("The cat eats.", "en", "es", ("El gato come.",))
PAIRS = MatchPairs("es", "en", (("gato", "cat"), ("pato", "duck"), ("pan", "bread")))
ALL: list[Content] = [CHOICE, BANK, TYPED, PAIRS]


def grade(content: Content, answer: object) -> tuple[str, bool, float]:
    found = content.grade(msgspec.json.encode(answer), LEXICON)
    return found.verdict, found.correct, found.score


def option(content: MultipleChoice, text: str) -> str:
    return next(option.id for option in content.prompt("any").options if option.text == text)


def test_the_kinds_are_listed_by_their_tags() -> None:
    assert set(KINDS) == {"multiple_choice", "word_bank", "translate", "match_pairs"}


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


@pytest.mark.parametrize("content", ALL, ids=lambda content: content.kind())
@pytest.mark.parametrize("answer", [None, 1, True, {}, [1], [["a"]], [["a", "b", "c"]], "x" * 5000, ["x"] * 900])
def test_an_answer_of_another_form_is_refused_in_words(content: Content, answer: object) -> None:
    with pytest.raises(AnswerShape, match="The answer must be"):
        content.decode_answer(msgspec.json.encode(answer))


@pytest.mark.parametrize("content", ALL, ids=lambda content: content.kind())
@pytest.mark.parametrize("raw", [b"", b'"', b'"\xff"', b'"\\u0000"', b'["\\u0000"]', b"[" * 100_000, b'"\\ud800"'])
def test_broken_json_is_refused_too(content: Content, raw: bytes) -> None:
    with pytest.raises(AnswerShape):
        content.decode_answer(raw)


@given(st.text(), st.sampled_from(ALL))
def test_a_prompt_holds_no_field_that_tells_the_solution(seed: str, content: Content) -> None:
    shown = msgspec.to_builtins(content.prompt(seed))
    assert shown == msgspec.to_builtins(content.prompt(seed))
    assert not {"answer", "accepted", "pairs", "key", "correct"} & set(shown)


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
    {"kind": "essay"},
]


@pytest.mark.parametrize("plain", IMPOSSIBLE)
def test_impossible_content_cannot_be_made(plain: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(plain, type=Content)


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=8))
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
