"""Kinds of exercises: credit for what is partly right, what authors say to answers, what machines hear, and the words
in which impossible content is refused."""

from typing import Any

import msgspec
import pytest

from domains.catalog.kinds import KINDS, Content, Kind
from domains.catalog.kinds.kind import option_id
from domains.catalog.policy.lexicon import lexicon
from domains.catalog.policy.patterns import matches

LEXICON = lexicon([("es", "el gato come vaca baca casa caza tengo dos hijos"), ("en", "two cats to there")])


def made(kind: str, **fields: Any) -> Kind[Any]:
    plain = {"kind": kind, **KINDS[kind].languages("es", "en"), **KINDS[kind].example, **fields}
    found: Content = msgspec.convert(plain, type=Content)
    return found


def grade(content: Kind[Any], answer: object) -> tuple[str, float, str]:
    found = content.grade(msgspec.json.encode(answer), LEXICON)
    return found.verdict, found.score, found.feedback


def test_a_choice_may_be_partly_right_and_is_answered_with_the_authors_words() -> None:
    content = made("multiple_choice", shares={"the duck": 0.25}, feedback={"the duck": "Nearly.", "the dog": "Yes!"})
    assert grade(content, option_id("the dog")) == ("exact", 1.0, "Yes!")
    assert grade(content, option_id("the duck")) == ("wrong", 0.25, "Nearly.")
    assert grade(content, option_id("the cat")) == ("wrong", 0.0, "")


def test_weights_of_options_add_up_and_take_away() -> None:
    weights = {"a": 0.33333, "b": 0.33333, "c": 0.33333, "d": -0.5}
    content = made(
        "multiple_response", options=list("abcde"), answers=list("abc"), weights=weights, feedback={"d": "No."}
    )

    def chosen(texts: str) -> tuple[str, float, str]:
        return grade(content, [option_id(text) for text in texts])

    assert chosen("cab") == ("exact", 1.0, "")
    assert chosen("ab") == ("missing", 0.6667, "")
    assert chosen("abd") == ("wrong", 0.1667, "No.")
    assert chosen("d") == ("wrong", 0.0, "No.")
    # An option that costs nothing is wrong all the same.
    assert chosen("abce") == ("extra", 0.999, "")


def test_a_statement_is_true_or_false() -> None:
    content = made("true_false", answer=False, if_true="It is not.", if_false="Just so.")
    assert grade(content, False) == ("exact", 1.0, "Just so.")
    assert grade(content, True) == ("wrong", 0.0, "It is not.")


def test_several_numbers_may_be_right_or_partly_so() -> None:
    others = [
        {"value": "7", "feedback": "That too."},
        {"value": "12.5", "tolerance": "2", "share": 0.5, "feedback": "About."},
    ]
    content = made("numeric", others=others, feedback="Well.")
    assert grade(content, "12.8 km") == ("exact", 1.0, "Well.")
    assert grade(content, "7000 m") == ("exact", 1.0, "That too.")
    assert grade(content, "14 km") == ("wrong", 0.5, "About.")
    assert grade(content, "12.5") == ("missing", 0.5, "Well.")
    assert grade(content, "99 km") == ("wrong", 0.0, "")


@pytest.mark.parametrize(
    ("pattern", "answer", "fits"),
    [
        ("*gato*", "un GATO negro", True),
        ("el*gato", "el  gran gato", True),
        ("el*gato", "el gato negro", False),
        ("a*b*c", "axxbyyc", True),
        ("a*b*c", "acb", False),
        ("ab*ba", "aba", False),
        ("a*a", "a", False),
        ("*", "", True),
        (r"5\*3", "5*3", True),
        (r"5\*3", "5 3", False),
        ("caf*", "CAFÉ", True),
        ("*" * 200 + "z", "a" * 1000, False),
    ],
)
def test_a_star_stands_for_anything(pattern: str, answer: str, fits: bool) -> None:
    assert matches(pattern, answer, "es", case=False) is fits


def test_a_short_answer_has_patterns_shares_and_words_for_what_is_wrong() -> None:
    shares, feedback = {"México": 0.5, "*": 0.1}, {"*": "No.", "México*": "That is the country."}
    content = made("short_answer", accepted=["Ciudad de México", "*D*F*"], shares=shares, feedback=feedback)
    assert grade(content, "Ciudad de Mexico") == ("accent", 1.0, "")
    assert grade(content, "la d.f.")[:2] == ("exact", 1.0)
    assert grade(content, "México") == ("wrong", 0.5, "That is the country.")
    assert grade(content, "Puebla") == ("wrong", 0.1, "No.")
    exact = made("short_answer", accepted=["DNA"], shares={}, feedback={}, case=True)
    assert [grade(exact, text)[1] for text in ("DNA", " DNA ", "dna")] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("language", "text", "heard", "verdict"),
    [
        ("es", "¿Tienes dos vacas?", "tienes 2 bacas", "exact"),
        ("es", "El niño come.", "el nino come", "exact"),
        ("es", "Vamos a la casa de la abuela.", "vamos a la caza de la abuela", "exact"),
        ("en", "There are two cats.", "their are to cats", "exact"),
        ("en", "A lot of people", "alot of people", "exact"),
        ("en", "I live in a big house by the sea", "I live in a big mouse by the sea", "typo"),
        ("fr", "C'est ses amis", "ces ces amis", "exact"),
        ("es", "El gato come.", "la casa", "wrong"),
        ("es", "El gato come.", "el gato", "missing"),
        ("es", "El gato come.", "", "wrong"),
        ("es", "El gato come.", "gato come el", "word_order"),
    ],
)
def test_what_a_machine_heard_is_taken_leniently(language: str, text: str, heard: str, verdict: str) -> None:
    content = made("speak", text=text, language=language)
    assert grade(content, heard)[0] == verdict


def test_a_dialogue_is_graded_turn_by_turn_and_shows_nothing_that_is_to_be_said() -> None:
    content = made("dialogue")
    assert grade(content, ["Me llamo Leo", "Muy bien."])[:2] == ("punctuation", 1.0)
    assert grade(content, ["Me llamo Leo", "De nada."])[:2] == ("wrong_word", 0.5)
    shown = msgspec.to_builtins(content.prompt("seed"))["turns"]
    assert [turn["text"] for turn in shown] == ["¿Cómo te llamas?", None, "¿Qué tal?", None]
    assert [sorted(turn["options"]) for turn in shown] == [[], [], [], ["De nada.", "Muy bien."]]
    assert "Leo." not in str(shown[1]["options"])


@pytest.mark.parametrize(
    ("words", "verdict", "score", "model"),
    [(0, "missing", 0.0, False), (2, "missing", 0.4, False), (5, "exact", 1.0, True), (250, "extra", 0.8, False)],
)
def test_an_essay_is_complete_or_not_and_then_the_model_is_shown(
    words: int, verdict: str, score: float, model: bool
) -> None:
    content = made("essay")
    found = content.grade(msgspec.json.encode("palabra " * words), LEXICON)
    assert (found.verdict, found.score, bool(found.expected)) == (verdict, score, model)


def test_pairs_with_pictures_and_sounds_do_not_show_what_is_to_be_found() -> None:
    picture = {"media": f"sha256:{'1' * 64}", "alt": "it purrs"}
    content = made("match_pairs", images={"el gato": picture}, audio={"el perro": {"media": f"sha256:{'2' * 64}"}})
    shown = msgspec.to_builtins(content.prompt("seed"))
    assert "el gato" not in str(shown)
    [cat], [dog] = shown["images"], shown["audio"]
    assert {cat, dog} == set(shown["left"])
    assert shown["images"][cat] == {"url": f"/media/{'1' * 64}", "alt": "it purrs"}
    assert grade(content, [[cat, "the cat"], [dog, "the dog"]])[:2] == ("exact", 1.0)
    assert list(content.media()) == [f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"]


def test_pairs_may_have_more_on_the_right_than_belongs_to_anything() -> None:
    content = made("match_pairs", decoys=["the duck"])
    assert sorted(content.prompt("seed").right) == ["the cat", "the dog", "the duck"]  # type: ignore[attr-defined]
    assert grade(content, [["el gato", "the duck"], ["el perro", "the dog"]])[:2] == ("wrong", 0.5)


@pytest.mark.parametrize("kind", ["translate", "listen_type", "listen_tap", "short_answer", "cloze"])
def test_what_is_to_be_written_is_nowhere_in_the_prompt(kind: str) -> None:
    shown = msgspec.json.encode(made(kind).prompt("seed")).decode().casefold()
    for text in ("gato come", "ciudad", "llamo"):
        assert text not in shown


def test_a_picture_is_picked_by_an_id_that_is_no_name() -> None:
    content = made("pick_picture")
    shown = msgspec.to_builtins(content.prompt("seed"))
    ids = {picture["image"]["alt"]: picture["id"] for picture in shown["pictures"]}
    assert grade(content, ids["a cat"])[:2] == ("exact", 1.0)
    assert grade(content, ids["a dog"])[:2] == ("wrong", 0.0)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("translate", {"accepted": ["a", " "]}, "`accepted[1]` must not be empty"),
    ("translate", {"text": "x" * 1001}, "`text` must not be longer than 1000 characters"),
    ("translate", {"accepted": []}, "at `$.accepted`"),
    ("multiple_choice", {"options": ["the dog", "b", "b"]}, "`options[2]` must not say the same as `options[1]`"),
    ("multiple_choice", {"answer": "z"}, "`answer` must be one of the options"),
    ("multiple_choice", {"feedback": {"z": "?"}}, "`feedback` is about `z`, which is none of the options"),
    ("multiple_choice", {"shares": {"the dog": 0.5}}, "`shares` must not have the answer"),
    ("multiple_choice", {"shares": {"the cat": 1.5}}, "at `$.shares[...]`"),
    ("multiple_response", {"answers": ["z"]}, "`answers` is about `z`"),
    ("multiple_response", {"weights": {"el gato": 1, "la casa": 0.5}}, "`weights` of"),
    ("pick_picture", {"others": [{"media": "cat.jpg"}]}, "at `$.others[0].media`"),
    ("pick_picture", {"others": [{"media": f"sha256:{'c' * 64}"}]}, "`picture` must not be one of `others`"),
    ("word_bank", {"words": ["el", "gato"]}, "`words` lack come to build `accepted[0]`"),
    ("listen_tap", {"words": ["el", "gato"]}, "`words` lack come to build `accepted[0]`"),
    ("match_pairs", {"pairs": [["a", "b"], ["a", "c"]]}, "must not say the same as `pairs[0]` on the left"),
    ("match_pairs", {"decoys": ["the cat"]}, "`decoys` must not be texts on the right of `pairs`"),
    ("match_pairs", {"images": {"z": {"media": f"sha256:{'1' * 64}"}}}, "none of the texts on the left"),
    ("cloze", {"text": "no gap"}, "`text` has 0 gaps (`___`), but `gaps` has answers for 2"),
    ("cloze", {"gaps": [["llamo"], [""]]}, "`gaps[1][0]` must not be empty"),
    ("order", {"items": ["a", "a"]}, "`items[1]` must not say the same as `items[0]`"),
    ("dialogue", {"turns": [{"text": "Hola"}]}, "`turns` must leave at least one to the learner"),
    ("dialogue", {"turns": [{"text": "Hola", "accepted": ["Hola"]}]}, "`turns[0]` must have either `text`"),
    ("dialogue", {"turns": [{"accepted": ["a"], "options": ["b", "c"]}]}, "`turns[0].options` must have `a`"),
    ("short_answer", {"accepted": ["*"]}, "`accepted[0]` must be an answer to show"),
    ("numeric", {"others": [{"value": "NaN"}]}, "`others[0].value` must be a number of ordinary size"),
    ("essay", {"least_words": 300}, "`most_words` must not be less than `least_words`"),
    ("essay", {"model": "x" * 5000}, "at `$.model`"),
    ("flashcard", {"back": ["a", ""]}, "`back[1]` must not be empty"),
    ("date", {"value": "2024-02-30"}, "`value` must be a day of the calendar"),
]


@pytest.mark.parametrize(("kind", "fields", "says"), REFUSED)
def test_content_that_cannot_be_is_refused_by_the_name_of_its_field(
    kind: str, fields: dict[str, Any], says: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        made(kind, **fields)
    assert says in str(caught.value)


IN_ANOTHER_ORDER: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("order", {"items": list("abcdef")}, {"items": list("fedcba")}),
    ("match_pairs", {"pairs": [["a", "1"], ["b", "2"], ["c", "3"]]}, {"pairs": [["c", "1"], ["a", "2"], ["b", "3"]]}),
    (
        "multiple_choice",
        {"options": ["a", "b"], "answer": "a", "feedback": {}},
        {"options": ["b", "a"], "answer": "b", "feedback": {}},
    ),
    ("multiple_response", {"options": ["a", "b"], "answers": ["a"]}, {"options": ["b", "a"], "answers": ["b"]}),
    ("word_bank", {"accepted": ["a b c"], "words": list("abcd")}, {"accepted": ["c b a"], "words": list("dcba")}),
    ("listen_tap", {"accepted": ["a b c"], "words": list("abcd")}, {"accepted": ["c b a"], "words": list("dcba")}),
    (
        "cloze",
        {"text": "___", "gaps": [["a"]], "options": [["a", "b", "c"]]},
        {"text": "___", "gaps": [["c"]], "options": [["c", "b", "a"]]},
    ),
    (
        "dialogue",
        {"turns": [{"accepted": ["a"], "options": ["a", "b", "c"]}]},
        {"turns": [{"accepted": ["c"], "options": ["c", "b", "a"]}]},
    ),
    (
        "pick_picture",
        {"picture": {"media": f"sha256:{'1' * 64}"}, "others": [{"media": f"sha256:{'2' * 64}"}]},
        {"picture": {"media": f"sha256:{'2' * 64}"}, "others": [{"media": f"sha256:{'1' * 64}"}]},
    ),
]


@pytest.mark.parametrize(("kind", "one", "other"), IN_ANOTHER_ORDER, ids=[kind for kind, *_ in IN_ANOTHER_ORDER])
def test_who_knows_how_things_are_shuffled_learns_nothing_from_their_order(
    kind: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Seeds are ids that clients know, and how they are used is no secret: other solutions look the same."""
    for seed in ("session:one", "session:two"):
        assert made(kind, **one).prompt(seed) == made(kind, **other).prompt(seed)


def test_exercises_that_were_made_at_once_have_orders_of_their_own() -> None:
    content = made("order", items=list("abcdefgh"))
    session = "0" * 36
    orders = {str(content.prompt(f"{session}:{'1' * 27}{number:09}")) for number in range(20)}
    assert len(orders) > 15
