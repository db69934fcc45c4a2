"""The grader: a table of cases that a person can read, and properties over cases that nobody thought of."""

import random
import unicodedata
from pathlib import Path
from typing import Literal, get_args

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domains.catalog.policy.grade import CORRECT, Verdict
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.lexicon import lexicon
from domains.catalog.policy.text import split

STAPLE = Path(__file__).parents[4] / "shared/data/staple/en_pt_accepted.txt"

COURSE = lexicon(
    [
        ("es", "el gato pato perro perros casa cosa está esta él por favor para pera año mañana niño niña como cómo"),
        ("es", "yo hablo hablas habla tú tu mi madre papá papa comer beber bebe agua"),
        ("en", "the cat hat hut dog dogs house horse mouse I drink drinks eat eats bread water their there everyday"),
        ("de", "schon schön Mutter Mütter Haus Maus Straße Mann man heißen trinken ich er du das Kind Kinder"),
        ("fr", "ou où a à chat chien l'eau poisson poison français la le pêche péché école"),
        ("ru", "мой мои моя кот кит дом дым ещё мёд молоко чай вода пьёт пьёшь я"),
        ("ar", "قلب كلب بيت بنت أحمد مدرسة كتاب"),
        ("ja", "猫 犬 水 私 は を が 飲みます 食べます パン ハ"),
    ]
)

TABLES = sorted((Path(__file__).parent / "grading_cases").glob("*.toml"))


class Table(msgspec.Struct, forbid_unknown_fields=True):
    """`cases` are (accepted, written, verdict, why). `words` are words of a language that puts no spaces."""

    language: str
    course: str
    cases: list[tuple[str | list[str], str, Verdict, str]]
    words: list[str] = []


def table(path: Path) -> Table:
    return msgspec.toml.decode(path.read_bytes(), type=Table)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_written_answer_gets_the_verdict_of_its_language(path: Path) -> None:
    of = table(path)
    words = [(of.language, word) for word in of.words]
    taught = lexicon([(of.language, of.course), *words], words=words)
    wrong = []
    for accepted, written, verdict, why in of.cases:
        texts = (accepted,) if isinstance(accepted, str) else tuple(accepted)
        grade = grade_text(written, texts, of.language, taught)
        assert grade.correct == (grade.verdict in CORRECT)
        if grade.verdict != verdict:
            wrong.append(f"{' | '.join(texts)} <- {written}: {grade.verdict} and not {verdict} ({why})")
    assert not wrong, "\n".join(wrong)


def test_the_tables_are_many_and_give_their_reasons() -> None:
    tables = [table(path) for path in TABLES]
    assert len({of.language for of in tables}) >= 8
    assert sum(len(of.cases) for of in tables) >= 400
    for of in tables:
        asked = [(str(accepted), written) for accepted, written, _, _ in of.cases]
        assert len(set(asked)) == len(asked)
        assert all(why.strip() for *_, why in of.cases)


def test_the_tokens_show_what_was_written_and_what_was_expected() -> None:
    grade = grade_text("el pato vebe aqua", ("El gato bebe agua fría",), "es", COURSE)
    shown = [(token.text, token.verdict, token.expected) for token in grade.tokens]
    assert shown == [
        ("el", "exact", None),
        ("pato", "wrong_word", "gato"),
        ("vebe", "typo", "bebe"),
        ("aqua", "typo", "agua"),
        ("", "missing", "fría"),
    ]


def test_the_nearest_accepted_answer_is_shown_to_a_learner_who_was_nearly_right() -> None:
    accepted = ("El gato bebe agua", "Un perro come pan", "La casa es grande")
    assert grade_text("Un perro come agua", accepted, "es", COURSE).expected == "Un perro come pan"


def test_the_way_that_was_meant_is_shown_of_an_answer_with_groups() -> None:
    accepted = ("(Yo) hablo {muy/bastante} bien (el) español.",)
    assert grade_text("hablo bastante bien espanol", accepted, "es", COURSE).expected == "Hablo bastante bien español."
    assert grade_text("nada", accepted, "es", COURSE).expected in {
        "Yo hablo muy bien el español.",
        "Hablo muy bien español.",
    }


def test_a_slip_makes_no_frequent_word_of_the_language() -> None:
    bare, full = lexicon([]), lexicon([], frequent={"es": ["bata", "gasto"]})
    assert grade_text("gasto", ("gato",), "es", bare).verdict == "typo"
    assert not grade_text("gasto", ("gato",), "es", full).correct
    # A lost accent is forgiven whatever the language has; only the course's own words are not.
    assert grade_text("manana", ("mañana",), "es", lexicon([], frequent={"es": ["manana"]})).verdict == "accent"


def test_an_ending_that_the_course_marks_is_never_a_slip() -> None:
    plain = lexicon([("xx", "kotka")])
    marked = lexicon([("xx", "kotka")], forms=[("xx", ("kotka", "kotki"))])
    assert grade_text("ryska", ("ryski",), "xx", plain).verdict == "typo"
    assert not grade_text("ryska", ("ryski",), "xx", marked).correct
    assert grade_text("rysky", ("ryski",), "xx", marked).verdict == "typo"


# An answer of ten thousand characters, one for each way to be long.
HOSTILE = {
    "letters": "a" * 10_000,
    "words": "a " * 5_000,
    "accents": "a" + "\u0301\u0316" * 5_000,
    "one character that is many": "\ufdfa" * 10_000,
    "no spaces": "猫" * 10_000,
    "digits": "1" + ",000" * 2_500,
    "apostrophes": "a'" * 5_000,
    "brackets": "(a/" * 3_000,
}


@pytest.mark.parametrize("written", HOSTILE.values(), ids=HOSTILE)
def test_an_absurdly_long_answer_is_wrong_and_its_grade_short(written: str) -> None:
    for accepted in ("El gato come pan", "猫は水を飲みます", "(a) {b/c} " * 40):
        grade = grade_text(written, (accepted,), "es", COURSE)
        assert grade.verdict is Verdict.WRONG
        assert len(grade.tokens) <= 200


def test_long_texts_are_compared_word_by_word_all_the_same() -> None:
    words = [f"palabra{number}x" for number in range(90)]
    grade = grade_text(" ".join([*words[:40], "otra", *words[41:89]]), (" ".join(words),), "es", COURSE)
    assert grade.verdict == "wrong_word"
    assert [token.verdict for token in grade.tokens if token.verdict != "exact"] == ["wrong_word", "missing"]


@given(st.text("gato \u0301'-ñ猫ข้.", max_size=30), st.text("gato \u0301'-ñ猫ข้.", min_size=1, max_size=30))
def test_every_written_word_is_in_one_token_and_in_order(written: str, accepted: str) -> None:
    words = split(written, "es")
    assume(len(words) <= 2 * len(split(accepted, "es")) + 8)
    grade = grade_text(written, (accepted,), "es", COURSE)
    shown = "".join(token.text.replace(" ", "") for token in grade.tokens)
    assert shown == "".join(word.text for word in words)
    assert grade == grade_text(written, (accepted,), "es", COURSE)


WORD = st.text(st.characters(categories=["Ll", "Lu", "Lo", "Mn", "Nd"]), min_size=1, max_size=9)
SPANISH = st.text("abcdeghilmnoprstuáéíóúñ'", min_size=1, max_size=8)
SENTENCE = st.lists(st.one_of(WORD, SPANISH), min_size=1, max_size=8).map(" ".join)
Form = Literal["NFC", "NFD"]
ANYTHING = st.text(st.characters(), max_size=60)
LANGUAGE = st.sampled_from(["es", "en", "de", "fr", "ru", "ar", "ja", "th", "ko", "tr", "zz"])


@given(ANYTHING, st.lists(ANYTHING, min_size=1, max_size=5), LANGUAGE)
def test_grading_is_total(written: str, accepted: list[str], language: str) -> None:
    grade = grade_text(written, tuple(accepted), language, COURSE)
    assert grade.correct == (grade.verdict in CORRECT)


@given(st.lists(SPANISH, min_size=2, max_size=8), LANGUAGE, st.integers())
def test_a_permuted_sentence_is_never_right(words: list[str], language: str, seed: int) -> None:
    permuted = random.Random(seed).sample(words, len(words))
    sentence, answer = " ".join(words), " ".join(permuted)
    assume(grade_text(answer, (sentence,), language, lexicon([])).verdict not in {"exact", "punctuation"})
    assert not grade_text(answer, (sentence,), language, COURSE).correct


@given(st.lists(SPANISH.filter(lambda w: "'" not in w), min_size=1, max_size=6, unique=True), SPANISH, st.data())
def test_another_word_of_the_course_is_never_a_slip(words: list[str], other: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    taught = lexicon([("es", " ".join(words)), ("es", other)])
    assume("'" not in other and other != words[at])
    answer = " ".join([*words[:at], other, *words[at + 1 :]])
    assert not grade_text(answer, (" ".join(words),), "es", taught).correct


@given(SENTENCE, SENTENCE, LANGUAGE, st.sampled_from(get_args(Form)), st.sampled_from(get_args(Form)))
def test_normal_forms_do_not_matter(written: str, accepted: str, language: str, one: Form, other: Form) -> None:
    plain = grade_text(written, (accepted,), language, COURSE)
    forms = (unicodedata.normalize(one, written), unicodedata.normalize(other, accepted))
    assert grade_text(forms[0], (forms[1],), language, COURSE).verdict == plain.verdict


@given(SENTENCE, LANGUAGE)
def test_an_accepted_answer_is_exact(sentence: str, language: str) -> None:
    assume(any(character.isalnum() for character in sentence))
    assert grade_text(sentence, (sentence,), language, COURSE).verdict is Verdict.EXACT


@pytest.mark.skipif(not STAPLE.exists(), reason="the accepted translations are not on this machine")
def test_every_accepted_translation_of_real_learners_grades_exact() -> None:
    for block in STAPLE.read_text(encoding="utf-8").strip().split("\n\n"):
        lines = block.splitlines()[1:]
        accepted = tuple(line.rpartition("|")[0] for line in lines)
        for answer in accepted[:: max(1, len(accepted) // 20)]:
            grade = grade_text(answer, accepted, "pt", COURSE)
            assert (grade.verdict, grade.expected) == ("exact", answer)


def test_a_long_answer_with_many_groups_is_read_as_one_of_its_ways() -> None:
    words = [f"{one}o{other}" for one in "bcdfg" for other in "lmnprst"]
    accepted = (" ".join(f"(very) {word}" for word in words),)
    assert grade_text(" ".join(words), accepted, "en", COURSE).verdict is Verdict.EXACT
    assert grade_text(" ".join(words[1:]), accepted, "en", COURSE).expected == " ".join(
        f"very {word}" for word in words
    )


def test_signs_alone_are_right_where_they_are_the_accepted_ones() -> None:
    assert [grade_text(sign, ("¿", "…", "👍"), "es", COURSE).verdict for sign in ("¿", "...", "👍")] == [
        Verdict.EXACT
    ] * 3
    assert [grade_text(sign, ("¿", "👍"), "es", COURSE).verdict for sign in ("?", "", "👎")] == [Verdict.WRONG] * 3
