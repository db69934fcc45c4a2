"""The grader: a table of cases that a person can read, and properties over cases that nobody thought of."""

import random
import unicodedata
from pathlib import Path
from typing import Literal, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domains.catalog.policy.grade import CORRECT, Verdict
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.lexicon import lexicon

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

# (language, accepted, what was written, verdict)
CASES = [
    # Exact: case, spaces, widths and normal forms do not matter.
    ("es", ["El gato come."], "El gato come.", "exact"),
    ("es", ["El gato come."], "el GATO  come. ", "exact"),
    ("es", ["mañana"], "man\u0303ana", "exact"),
    ("en", ["I'm here"], "I’m here", "exact"),
    ("en", ["I'm here"], "I`m here", "exact"),
    ("en", ["a cat"], "ａ ｃａｔ", "exact"),
    ("de", ["die Straße"], "die Strasse", "exact"),
    ("de", ["heißen"], "HEISSEN", "exact"),
    ("fr", ["l’eau"], "l'eau", "exact"),
    ("ja", ["猫は水を飲みます"], "猫 は 水 を 飲みます", "exact"),
    ("ja", ["パン"], "ﾊﾟﾝ", "exact"),
    ("ar", ["كتاب"], "كتـــاب", "exact"),
    ("ar", ["كتاب"], "\u200fكتاب\u200f", "exact"),
    ("ru", ["Я пьёт чай"], "я пьёт чай", "exact"),
    # Punctuation is shown, not punished.
    ("es", ["¿Cómo estás?"], "Cómo estás", "punctuation"),
    ("es", ["¡Hola!"], "hola", "punctuation"),
    ("es", ["Hola"], "¡Hola!", "punctuation"),
    ("es", ["Pan, por favor"], "Pan por favor", "punctuation"),
    ("en", ["I'm here"], "Im here", "punctuation"),
    ("en", ["a t-shirt"], "a t shirt", "punctuation"),
    ("fr", ["aujourd'hui"], "aujourdhui", "punctuation"),
    ("ja", ["水。"], "水", "punctuation"),
    ("ar", ["كتاب؟"], "كتاب", "punctuation"),
    ("de", ["Wie geht's?"], "wie gehts?", "punctuation"),
    # A lost or wrong accent is accepted, unless it makes another word of the course.
    ("es", ["mañana"], "manana", "accent"),
    ("es", ["Mañana, por favor."], "manana por favor", "accent"),
    ("es", ["mi mamá"], "mi mama", "accent"),
    ("es", ["el árbol"], "el àrbol", "accent"),
    ("es", ["el año"], "el ano", "accent"),
    ("es", ["¿Cómo?"], "como", "wrong_word"),
    ("es", ["está"], "esta", "wrong_word"),
    ("es", ["mi papá"], "mi papa", "wrong_word"),
    ("es", ["él bebe agua"], "el bebe agua", "wrong_word"),
    ("fr", ["l'école"], "l'ecole", "accent"),
    ("fr", ["français"], "francais", "accent"),
    ("fr", ["le cœur"], "le coeur", "accent"),
    ("fr", ["où"], "ou", "wrong_word"),
    ("fr", ["la pêche"], "la péché", "wrong_word"),
    ("de", ["die Küche"], "die Kuche", "accent"),
    ("de", ["die Küche"], "die Kueche", "accent"),
    ("de", ["schön"], "schon", "wrong_word"),
    ("de", ["Mütter"], "Mutter", "wrong_word"),
    ("ru", ["ещё мёд"], "еще мед", "accent"),
    ("ru", ["мой"], "мои", "wrong_word"),
    ("ar", ["أحمد"], "احمد", "accent"),
    ("ar", ["مدرسة"], "مدرسه", "accent"),
    ("ar", ["كَلْب"], "كلب", "exact"),
    # A small slip in a long enough word is a typo, unless it makes another word of the course.
    ("es", ["el gato"], "el gatto", "typo"),
    ("es", ["el gato"], "el agto", "typo"),
    ("es", ["el elefante"], "el elefamte", "typo"),
    ("es", ["el elefante"], "el ellefamte", "typo"),
    ("es", ["por favor"], "porfavor", "typo"),
    ("es", ["por favor"], "por fabor", "typo"),
    ("es", ["el gato"], "el pato", "wrong_word"),
    ("es", ["gato"], "pato", "wrong_word"),
    ("es", ["la casa"], "la cosa", "wrong_word"),
    ("es", ["para"], "pera", "wrong_word"),
    ("es", ["el perro come"], "el perros come", "wrong_word"),
    ("es", ["la niña bebe"], "la niño bebe", "wrong_word"),
    ("es", ["yo canto bien"], "yo cantas bien", "wrong_word"),
    ("es", ["el cantante come"], "el cantantes come", "wrong_word"),
    ("es", ["yo soy"], "yo say", "wrong_word"),
    ("en", ["the house"], "the huose", "typo"),
    ("en", ["the house"], "the horse", "wrong_word"),
    ("en", ["the house"], "the mouse", "wrong_word"),
    ("en", ["the cat"], "the hat", "wrong_word"),
    ("en", ["their dog"], "there dog", "wrong_word"),
    ("en", ["he works here"], "he work here", "wrong_word"),
    ("en", ["every day"], "everyday", "wrong"),
    ("en", ["in 1985"], "in 1986", "wrong_word"),
    ("de", ["das Haus"], "das Maus", "wrong_word"),
    ("de", ["wir trinken"], "wir trinkken", "typo"),
    ("de", ["das Kind"], "das Kinder", "wrong_word"),
    ("fr", ["le poisson"], "le poison", "wrong_word"),
    ("fr", ["le poulet"], "le pouulet", "typo"),
    ("ru", ["молоко"], "малоко", "typo"),
    ("ru", ["кот"], "кит", "wrong_word"),
    ("ru", ["она пьёт"], "она пьёшь", "wrong_word"),
    ("ar", ["كلب"], "قلب", "wrong_word"),
    ("ja", ["猫"], "犬", "wrong_word"),
    # Right words in another order are not right.
    ("es", ["El gato bebe agua"], "bebe el gato agua", "word_order"),
    ("es", ["El gato bebe agua."], "Agua bebe el gato!", "word_order"),
    ("en", ["The dog eats bread"], "eats bread the dog", "word_order"),
    ("ja", ["猫は水を飲みます"], "水は猫を飲みます", "word_order"),
    ("de", ["ich trinke heute Wasser"], "heute trinke ich Wasser", "word_order"),
    ("de", ["ich trinke heute Wasser", "heute trinke ich Wasser"], "heute trinke ich Wasser", "exact"),
    # One word wrong, missing or too much.
    ("es", ["El gato bebe agua"], "El gato come agua", "wrong_word"),
    ("es", ["El gato bebe agua"], "gato bebe agua", "missing"),
    ("es", ["El gato bebe agua"], "El gato bebe el agua", "extra"),
    ("en", ["The dog eats bread"], "The dog eats the bread", "extra"),
    ("ja", ["猫は水を飲みます"], "猫が水を飲みます", "wrong_word"),
    # Nothing of the kind.
    ("es", ["gato"], "xyzzy", "wrong"),
    ("es", ["El gato bebe agua"], "no lo sé", "wrong"),
    ("es", ["El gato bebe agua"], "", "wrong"),
    ("es", ["El gato bebe agua"], "¿?", "wrong"),
    ("en", ["The dog eats bread"], "cat", "wrong"),
    # The accepted answer that forgives most is the one that counts.
    ("es", ["El gato bebe", "Bebe el gato"], "bebe el gatto", "typo"),
    ("es", ["Hablo español", "Yo hablo español"], "yo hablo espanol", "accent"),
]


@pytest.mark.parametrize(("language", "accepted", "written", "verdict"), CASES)
def test_a_written_answer_gets_the_verdict_of_the_table(
    language: str, accepted: list[str], written: str, verdict: str
) -> None:
    grade = grade_text(written, tuple(accepted), language, COURSE)
    assert grade.verdict == verdict
    assert grade.correct == (grade.verdict in CORRECT)
    assert grade.expected in accepted


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


def test_nobody_waits_for_an_absurdly_long_answer() -> None:
    grade = grade_text("gato " * 100_000, ("El gato come pan",), "es", COURSE)
    assert grade.verdict is Verdict.WRONG
    assert len(grade.tokens) <= 200


WORD = st.text(st.characters(categories=["Ll", "Lu", "Lo", "Mn", "Nd"]), min_size=1, max_size=9)
SPANISH = st.text("abcdeghilmnoprstuáéíóúñ'", min_size=1, max_size=8)
SENTENCE = st.lists(st.one_of(WORD, SPANISH), min_size=1, max_size=8).map(" ".join)
Form = Literal["NFC", "NFD"]
ANYTHING = st.text(st.characters(), max_size=60)
LANGUAGE = st.sampled_from(["es", "en", "de", "fr", "ru", "ar", "ja", "zz"])


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
