"""Search: what is asked finds what was published, whatever the language and the spelling."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog import api
from domains.catalog.content import Course, Exercise, Lesson, Phrase, Section, Skill, Unit
from domains.catalog.kinds import ShortAnswer, Translate
from domains.catalog.policy.search import Asked, asked, mended, plain, snippet, words_of
from domains.kernel.uow import Database


def course(slug: str, title: str, *lessons: Lesson, source: str = "en", target: str = "es", **more: Any) -> Course:
    exercise = Exercise("x", Translate("hola", target, source, ("hi",)))
    first, *rest = lessons or (Lesson("first", "First", ()),)
    first = Lesson(first.key, first.title, (exercise,), first.words, text=first.text, preview=first.preview)
    unit = Unit("u", "Unit", (first, *rest))
    return Course(slug, title, source, target, (Section("s", "Section", (unit,)),), **more)


def lesson(title: str, *words: tuple[str, str], **more: Any) -> Lesson:
    return Lesson(title, title, words=tuple(Phrase((target,), (source,)) for target, source in words), **more)


async def publish(db: Database, document: Course) -> UUID:
    async with db.begin() as uow:
        return (await api.publish(uow, document)).course_id


async def found(client: httpx.AsyncClient, q: str, **parameters: Any) -> list[str]:
    answer = await client.get("/api/v1/search", params={"q": q, **parameters})
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("L'eau Ça été NAÏVE", ["l", "eau", "ca", "ete", "naive"]),
        ("İstanbul IŞIK ısı", ["istanbul", "isik", "isi"]),
        ("rock-n-roll, 1,000 U.S.A.", ["rock", "n", "roll", "1000", "usa"]),
        ("日本語 ok", ["日本", "本語", "語", "ok"]),
        ("ｶﾞｷﾞ", ["ガギ", "ギ"]),
        ("ไทย", ["ไท", "ทย", "ย"]),
        ("नमस्ते", ["नमस्ते"]),
        ("שָׁלוֹם مُحَمَّد", ["שלום", "محمد"]),
        ("<b>&\x00'\"\\ :*|!()", ["b"]),
    ],
    ids=["french", "turkish", "joined", "japanese", "half-width", "thai", "hindi", "pointed", "signs"],
)
def test_words_are_stored_without_case_accents_and_points(text: str, wanted: list[str]) -> None:
    assert words_of(text).bare == wanted


@given(st.text(max_size=20))
def test_every_word_is_asked_for_as_it_was_stored(text: str) -> None:
    assert all({each.word for each in asked(word)} == {word} for word in words_of(text).bare)


@given(st.text(max_size=300), st.text(max_size=8))
def test_a_snippet_is_a_piece_of_the_text_and_nothing_else(text: str, question: str) -> None:
    joined = "".join(part.text for part in snippet(text, asked(question)))
    assert joined.removeprefix("…").removesuffix("…") in text


async def test_postgresql_keeps_every_word_whole(db: Database) -> None:
    """Of every script: its parser must not take apart what was one word, nor leave it out."""
    letters = [chr(code) for code in range(1, 0x3000, 7)]
    words = sorted({word for each in letters for text in (f"a{each}b", each * 2) for word in words_of(text).bare})
    lost = await db.fetch(
        "SELECT w FROM unnest($1::text[]) AS w "
        "WHERE NOT to_tsvector('simple', 'x ' || w || ' y') @@ to_tsquery('simple', quote_literal(w))",
        words,
    )
    assert len(words) > 1_000
    assert lost == []


def test_the_last_word_of_a_question_may_be_unfinished_and_a_question_has_an_end() -> None:
    assert asked("El Gat") == [Asked(0, "el"), Asked(1, "gat", open=True)]
    assert asked("語") == [Asked(0, "語", open=True)]
    assert asked(" ?! ") == []
    assert len(asked(" ".join(f"w{n}" for n in range(100)))) == 12


def test_a_mistyped_word_is_taken_for_the_nearest_ones() -> None:
    known = ["gato", "gata", "gatos", "perro", "conversation"]
    assert mended("gatp", known) == ["gata", "gato"]
    assert mended("ogat", known) == []
    assert mended("convresaton", known) == ["conversation"]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("nino", ["El [niño] corre. The children are <b>running</b>."]),
        ("run", ["El niño corre. The children are <b>[running]</b>."]),
        ("child corr", ["El niño [corre]. The [children] are <b>running</b>."]),
        ("nothing", ["El niño corre. The children are <b>running</b>."]),
    ],
    ids=["accents", "stem", "two", "none"],
)
def test_what_was_found_is_marked_in_the_text_as_it_was_written(question: str, wanted: list[str]) -> None:
    text = "El niño corre. The children are <b>running</b>."
    parts = snippet(text, asked(question))
    assert ["".join(f"[{part.text}]" if part.hit else part.text for part in parts)] == wanted


def test_a_snippet_is_cut_around_the_first_hit_between_words() -> None:
    text = "word " * 100 + "gato " + "word " * 100
    parts = [part.text for part in snippet(text, asked("gato"))]
    assert parts[0] == parts[-1] == "…"
    assert parts[2] == "gato"
    assert len("".join(parts)) < 170
    assert {each for part in parts for each in part.split()} == {"word", "gato", "…"}
    long = "x" * 1000
    assert len("".join(part.text for part in snippet(long, asked("y")))) < 170


def test_markup_is_taken_out_of_what_is_shown() -> None:
    assert plain("# Hi **you**\n- [here](http://x/y) ![cat](sha256:1)\n> `so`\x00") == "Hi you here cat so"


async def test_a_title_comes_before_a_body_and_a_course_before_its_lessons(
    client: httpx.AsyncClient, db: Database
) -> None:
    many = lesson("Home", *((f"el gato {n}", f"the cat {n}") for n in range(30)))
    await publish(db, course("a", "Zoo", many, lesson("Gatos"), description="About el gato"))
    await publish(db, course("b", "Un gato"))
    assert await found(client, "gato") == ["Un gato", "Gatos", "Zoo", "Home"]
    assert await found(client, "gato", kind="lesson") == ["Gatos", "Home"]


async def test_words_are_found_in_any_form_in_both_languages_of_a_course(
    client: httpx.AsyncClient, db: Database
) -> None:
    words = lesson("Corrió", ("las niñas corrían", "the girls were running"), ("der Bär", "the bear"))
    await publish(db, course("forms", "Forms", words))
    await publish(db, course("de", "Tiere", lesson("Bären", ("die Häuser", "the houses")), target="de"))
    for question in ("nina", "NIÑAS", "correr", "run", "runs", "girl", "the girls", "runnin", "nin"):
        assert await found(client, question) == ["Corrió"], question
    assert await found(client, "Haus") == ["Bären"]
    assert await found(client, "bear bar") == ["Corrió"]
    assert await found(client, "girls houses") == []
    # Only words that say nothing are words all the same.
    assert set(await found(client, "the")) == {"Corrió", "Bären"}


async def test_scripts_without_spaces_are_searched_by_their_characters(client: httpx.AsyncClient, db: Database) -> None:
    await publish(db, course("ja", "日本語入門", lesson("動物", ("猫が好きです", "I like cats")), target="ja"))
    await publish(db, course("th", "ภาษาไทย", lesson("สัตว์"), target="th"))
    await publish(db, course("hi", "हिन्दी", lesson("जानवर", ("बिल्ली", "cat")), target="hi"))
    await publish(db, course("ko", "한국어 배우기", target="ko"))
    for question, wanted in {
        "日本": "日本語入門",
        "語": "日本語入門",
        "入門 日本語": "日本語入門",
        "好きです": "動物",
        "ไทย": "ภาษาไทย",
        "बिल्ली": "जानवर",
        "हिन्दी": "हिन्दी",
        "한국": "한국어 배우기",
    }.items():
        assert await found(client, question) == [wanted], question
    assert await found(client, "本日") == []


async def test_search_is_narrowed_and_pages_through_everything_once_while_courses_are_added(
    client: httpx.AsyncClient, db: Database
) -> None:
    for number in range(7):
        await publish(db, course(f"cat-{number}", f"Cats {number % 3}", source="en-GB"))
    mexican = await publish(db, course("mex", "Cats in Mexico", lesson("Cats"), source="fr", target="es-MX"))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"q": "cat", "limit": 3, "source_language": "EN"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/search", params=parameters)).json()
        seen += [item["id"] for item in page["items"]]
        await publish(db, course(f"new-{len(seen)}", "A cat"))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 7
    assert await found(client, "cats", target_language="es-mx") == ["Cats in Mexico", "Cats"]
    assert await found(client, "cats", course_id=str(mexican), kind="course") == ["Cats in Mexico"]
    assert (await client.get("/api/v1/search", params={"q": "cat", "cursor": "%%%"})).status_code == 400


async def test_what_is_found_is_what_is_published_now(client: httpx.AsyncClient, db: Database) -> None:
    await publish(db, course("now", "Now", lesson("Gato"), lesson("Pato")))
    await publish(db, course("now", "Then", lesson("Gato"), lesson("Perro")))
    assert [await found(client, question) for question in ("now", "pato", "then", "perro", "gato")] == [
        [],
        [],
        ["Then"],
        ["Perro"],
        ["Gato"],
    ]
    await db.fetch("UPDATE catalog_course SET retired_at = now()")
    assert await found(client, "then") == []


async def test_what_only_buyers_read_is_found_and_not_shown(client: httpx.AsyncClient, db: Database) -> None:
    paid = lesson("Paid", ("el búho", "the owl"), text="A *secret* about owls")
    free = lesson("Free", text="An *open* text about owls", preview=True)
    await publish(db, course("owls", "Birds", paid, free))
    answer = await client.get("/api/v1/search", params={"q": "owl"})
    assert {item["title"] for item in answer.json()["items"]} == {"Paid", "Free"}
    assert "secret" not in answer.text
    assert 'owl"' not in answer.text.replace('["owl"]', "")
    parts = next(item["snippet"] for item in answer.json()["items"] if item["title"] == "Free")
    assert [part["text"] for part in parts if part["hit"]] == ["owls"]
    assert "búho" in answer.text


async def test_a_mistyped_question_is_answered_with_what_it_may_have_meant(
    client: httpx.AsyncClient, db: Database
) -> None:
    for number in range(3):
        await publish(db, course(f"zoo-{number}", "Elephants", skills=(Skill("a", "Animals"),)))
    page = (await client.get("/api/v1/search", params={"q": "elefants animals", "limit": 2})).json()
    assert (page["mended"], page["searched_for"]) == (True, ["elephants", "animals"])
    rest = await client.get("/api/v1/search", params={"q": "elefants animals", "cursor": page["next_cursor"]})
    assert rest.json()["mended"]
    assert len({item["id"] for item in page["items"] + rest.json()["items"]}) == 3
    nothing = (await client.get("/api/v1/search", params={"q": "xyzzyx"})).json()
    assert (nothing["items"], nothing["mended"]) == ([], False)
    for signs in ("'", "' :* & |", "\\", "%", "😀"):
        assert await found(client, signs) == []


async def test_all_that_is_found_can_be_written_again_from_revisions(client: httpx.AsyncClient, db: Database) -> None:
    slug = f"again-{uuid4().hex}"
    await publish(db, course(slug, "Again", lesson("Gato")))
    assert await api.rebuild_search(db, dry_run=True) == []
    await db.fetch("DELETE FROM catalog_search")
    await db.fetch("DELETE FROM catalog_search_word")
    assert await api.rebuild_search(db, dry_run=True) == [(slug, 2)]
    assert await found(client, "gato") == []
    await api.write_missing_search(db)
    assert await found(client, "gato") == ["Gato"]
    await db.fetch("UPDATE catalog_search SET body = 'x'")
    assert await api.rebuild_search(db, dry_run=False) == [(slug, 2)]
    assert await api.rebuild_search(db, dry_run=True) == []


async def test_answers_are_not_found_out_by_searching_for_them(client: httpx.AsyncClient, db: Database) -> None:
    capital = ShortAnswer("Which town is the capital of France?", "en", "en", ("Paris",))
    quiz = Lesson("quiz", "A quiz", (Exercise("capital", capital),))
    unit = Unit("u", "Unit", (quiz,))
    await publish(db, Course("geography", "Geography", "en", "en", (Section("s", "Section", (unit,)),)))
    word = Lesson("word", "A word", (Exercise("duck", Translate("the duck", "en", "es", ("el pato",))),))
    await publish(db, Course("ducks", "Words", "en", "es", (Section("s", "Section", (Unit("u", "Unit", (word,)),)),)))
    assert await found(client, "capital of france") == ["A quiz"]
    assert await found(client, "paris") == []
    assert (await client.get("/api/v1/search", params={"q": "pariss"})).json()["searched_for"] == ["pariss"]
    assert await found(client, "pato") == ["A word"], "what is taught is no secret"
