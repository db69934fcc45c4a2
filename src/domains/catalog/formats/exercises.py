"""Exercises out of the words and sentences of a lesson.

Deterministic: the same course gives the same exercises with the same keys, in every process and at every import.
A key depends on lesson, kind and phrase only, so that adding a word elsewhere leaves what learners did in place.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct

from domains.catalog.content import Course, Exercise, Lesson, Phrase, Unit
from domains.catalog.kinds import Content, Flashcard, MatchPairs, MultipleChoice, ShortAnswer, Translate, WordBank
from domains.catalog.policy.groups import plain, texts_in
from domains.catalog.policy.text import norms, tiles

FEWEST = 8
MOST = 12
OPTIONS = 4
PAIRS = 5
MOST_NEAR = 300
AROUND = 5
MOST_WORDS = 5_000
AMONG_MANY = 50


class _Side(Struct, frozen=True):
    """A phrase seen from one language: `shown` is asked, `accepted` is right."""

    phrase: Phrase
    shown: str
    language: str
    accepted: tuple[str, ...]
    answer_language: str


class _Stock(Struct, frozen=True):
    """What the whole course offers for wrong options."""

    words: tuple[Phrase, ...]
    tiles: dict[str, tuple[str, ...]]
    lower: dict[str, frozenset[str]]
    """Per language: the words that somewhere begin with a small letter, so that a capital is the sentence's."""


def fill(course: Course, but: Collection[str] = ()) -> Course:
    """The course with exercises for every lesson that has words or sentences but no exercises yet; those whose keys are
    in `but` stay as they are."""
    stock = _stock(course, tuple(course.lessons()))
    if len(stock.words) > MOST_WORDS:
        stock = msgspec.structs.replace(stock, words=stock.words[:AMONG_MANY])
    sections = tuple(
        msgspec.structs.replace(section, units=tuple(_fill_unit(course, unit, stock, but) for unit in section.units))
        for section in course.sections
    )
    return msgspec.structs.replace(course, sections=sections)


def made_of_phrases(course: Course) -> dict[str, tuple[Exercise, ...]]:
    """By the keys of lessons: the exercises that `fill` makes of their words and sentences, whatever they have now."""
    sections = tuple(
        msgspec.structs.replace(section, units=tuple(_bare(unit) for unit in section.units))
        for section in course.sections
    )
    filled = fill(msgspec.structs.replace(course, sections=sections))
    return {lesson.key: lesson.exercises for lesson in filled.lessons()}


def _bare(unit: Unit) -> Unit:
    return msgspec.structs.replace(
        unit, lessons=tuple(msgspec.structs.replace(lesson, exercises=()) for lesson in unit.lessons)
    )


def exercise_key(lesson_key: str, content: Content) -> str:
    """Stable while lesson, kind and what is asked stay the same."""
    name = hashlib.blake2b(content.subject().encode("utf-8", "replace"), digest_size=6).hexdigest()
    return f"{lesson_key}/{content.kind()}/{name}"


def _fill_unit(course: Course, unit: Unit, stock: _Stock, but: Collection[str]) -> Unit:
    near = _stock(course, unit.lessons)
    # Every word is compared with all near ones, so those of a very long unit are the ones of lessons around.
    is_long = len(near.words) > MOST_NEAR
    lessons = []
    for place, lesson in enumerate(unit.lessons):
        made = lesson.exercises
        if not made and lesson.key not in but:
            if is_long:
                near = _stock(course, unit.lessons[max(0, place - AROUND) : place + AROUND + 1])
            made = tuple(_exercises(course, lesson, near, stock))
        lessons.append(msgspec.structs.replace(lesson, exercises=made))
    return msgspec.structs.replace(unit, lessons=tuple(lessons))


def _exercises(course: Course, lesson: Lesson, near: _Stock, stock: _Stock) -> Iterator[Exercise]:
    seen = set()
    if lesson.form == "deck":
        yield from _cards(course, lesson)
        return
    for content in _contents(course, lesson, near, stock):
        key = exercise_key(lesson.key, content)
        if isinstance(content, MatchPairs):
            key = f"{lesson.key}/match_pairs/words"
        if key not in seen:
            seen.add(key)
            yield Exercise(key, content)
        if len(seen) == MOST:
            return


def _cards(course: Course, lesson: Lesson) -> Iterator[Exercise]:
    """Of a deck: every phrase once, however many there are."""
    for phrase in dict.fromkeys((*lesson.words, *lesson.sentences)):
        front, back = plain(phrase.target[0]), tuple(dict.fromkeys(map(plain, phrase.source)))
        card = Flashcard(front, course.target_language, course.source_language, back)
        yield Exercise(exercise_key(lesson.key, card), card)


def _contents(course: Course, lesson: Lesson, near: _Stock, stock: _Stock) -> list[Content]:
    """First every word and sentence once, then again in other kinds until the lesson is long enough."""
    pairs = _match(course, lesson.words)
    # More are never asked.
    words, sentences = lesson.words[:MOST], lesson.sentences[:MOST]
    rounds: list[list[Content]] = []
    for turn in range(3):
        made: list[Content] = [] if turn or pairs is None else [pairs]
        made += [_word(course, word, place + turn, near, stock) for place, word in enumerate(words)]
        made += [_sentence(course, text, place + turn, near, stock) for place, text in enumerate(sentences)]
        rounds.append(made)
    contents = [*rounds[0]]
    # Later rounds begin with sentences: the first round ended with them, and no phrase comes twice running.
    for made in rounds[1:]:
        contents += made[-len(sentences) :] + made[: -len(sentences)] if sentences else made
    return contents[: max(FEWEST, min(MOST, len(rounds[0])))]


def _word(course: Course, word: Phrase, turn: int, near: _Stock, stock: _Stock) -> Content:
    if turn % 3 == 2:
        return _translate(_to_target(course, word))
    side = _to_source(course, word) if turn % 3 == 0 else _to_target(course, word)
    if (choice := _choice(side, near, stock)) is not None:
        return choice
    # Nobody types a definition word by word.
    return _translate(side if side.language != side.answer_language else _to_target(course, word))


def _sentence(course: Course, sentence: Phrase, turn: int, near: _Stock, stock: _Stock) -> Content:
    if turn % 3 == 0 and (bank := _bank(_to_target(course, sentence), near, stock)):
        return bank
    return _translate(_to_source(course, sentence) if turn % 3 == 1 else _to_target(course, sentence))


def _to_target(course: Course, phrase: Phrase) -> _Side:
    return _Side(phrase, plain(phrase.source[0]), course.source_language, phrase.target, course.target_language)


def _to_source(course: Course, phrase: Phrase) -> _Side:
    return _Side(phrase, plain(phrase.target[0]), course.target_language, phrase.source, course.source_language)


def _translate(side: _Side) -> Translate | ShortAnswer:
    """To be typed. What means the same in one language is no translation."""
    if side.language == side.answer_language:
        return ShortAnswer(side.shown, side.language, side.answer_language, side.accepted)
    return Translate(side.shown, side.language, side.answer_language, side.accepted)


def _choice(side: _Side, near: _Stock, stock: _Stock) -> MultipleChoice | None:
    """None where the course has too few words that are surely wrong."""
    is_target = side.accepted == side.phrase.target
    wrong: list[str] = []
    right = plain(side.accepted[0])
    length = right.count(" ")
    for words in (near.words, stock.words):
        if len(wrong) >= OPTIONS:
            break
        others = [other for other in words if not _overlap(other, side.phrase)]
        texts = _mixed([plain((other.target if is_target else other.source)[0]) for other in others], side.shown)
        # Options of the same length in words give nothing away.
        wrong += sorted(texts, key=lambda text: text.count(" ") != length)
    options = list(dict.fromkeys([right, *wrong]))[:OPTIONS]
    if len(options) < OPTIONS - 1:
        return None
    return MultipleChoice(side.shown, side.language, side.answer_language, tuple(options), right)


def _match(course: Course, words: Sequence[Phrase]) -> MatchPairs | None:
    chosen: list[Phrase] = []
    for word in words:
        if len(chosen) < PAIRS and not any(_overlap(word, other) for other in chosen):
            chosen.append(word)
    if len(chosen) < 3:
        return None
    pairs = tuple((plain(word.target[0]), plain(word.source[0])) for word in chosen)
    return MatchPairs(course.target_language, course.source_language, pairs)


def _bank(side: _Side, near: _Stock, stock: _Stock) -> WordBank | None:
    language = side.answer_language
    words = tiles(plain(side.accepted[0]))
    if len(words) < 2 or len(words) > 30:
        return None
    if words[0].lower() in stock.lower[language]:
        words[0] = words[0].lower()
    right = {normal for text in side.accepted for part in texts_in(text) for normal in norms(part)}
    wrong: dict[str, None] = {}
    for offered in (near.tiles[language], stock.tiles[language]):
        if len(wrong) >= 3:
            break
        wrong.update(dict.fromkeys(tile for tile in _mixed(offered, side.shown) if right.isdisjoint(norms(tile))))
    extra = list(wrong)[: 2 if len(words) < 5 else 3]
    return WordBank(side.shown, side.language, language, side.accepted, (*words, *extra))


def _overlap(one: Phrase, other: Phrase) -> bool:
    """Whether one might be right where the other is asked for."""
    sides = ((one.target, other.target), (one.source, other.source))
    return any(not _plain(mine).isdisjoint(_plain(its)) for mine, its in sides)


@lru_cache(maxsize=16384)
def _plain(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(" ".join(norms(plain(text))) for text in texts)


def _mixed(texts: Iterable[str], seed: str) -> list[str]:
    """An order that differs from exercise to exercise and stays when other texts come or go."""

    def rank(text: str) -> bytes:
        return hashlib.blake2b(f"{seed}|{text}".encode("utf-8", "replace"), digest_size=8).digest()

    return sorted(texts, key=rank)


def _stock(course: Course, lessons: Sequence[Lesson]) -> _Stock:
    found: dict[str, dict[str, None]] = {course.target_language: {}, course.source_language: {}}
    lower: dict[str, set[str]] = {language: set() for language in found}
    for lesson in lessons:
        for phrase in (*lesson.words, *lesson.sentences):
            sides = ((course.target_language, phrase.target), (course.source_language, phrase.source))
            for language, texts in sides:
                for place, tile in enumerate(tiles(plain(texts[0]))):
                    if tile[0].islower():
                        lower[language].add(tile)
                    if tile[0].islower() or place:
                        found[language][tile] = None
    return _Stock(
        tuple(word for lesson in lessons for word in lesson.words),
        {language: tuple(words) for language, words in found.items()},
        {language: frozenset(words) for language, words in lower.items()},
    )
