"""Random courses, as large as a property needs: every kind of exercise, every field, keys and texts of any sort."""

import itertools
import string
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from domains.catalog.content import (
    LEVELS,
    Course,
    DictionaryEntry,
    Exercise,
    Lesson,
    Licence,
    Material,
    Phrase,
    Section,
    Skill,
    Unit,
)
from domains.catalog.kinds import KINDS, Content
from domains.catalog.kinds.assets import Audio, Image

# Letters of several scripts, and what files and markup take for signs of their own.
SIGNS = "aeiouzñßЖ猫ק 0123456789.,:;#&<>{}[]()~=*%'\"\\/|`!?@-_$"
LETTERS = "abcdeñßЖ猫ק"

refs = st.sampled_from([f"sha256:{digit * 64}" for digit in "0123456789abcdef"])
images = st.builds(Image, refs, st.text(SIGNS, max_size=12))
audios = st.builds(Audio, refs, st.none() | refs)


@cache
def lines(largest: int = 24, signs: str = SIGNS) -> SearchStrategy[str]:
    """One line that says something, without white space where it would be lost."""
    return st.text(signs, min_size=1, max_size=largest).map(lambda text: " ".join(text.split())).filter(bool)


@cache
def words() -> SearchStrategy[str]:
    """Without any sign that means something to somebody."""
    return st.text(LETTERS, min_size=1, max_size=8)


markdown = st.lists(lines(), max_size=3).map("\n\n".join)


@cache
def distinct(of: SearchStrategy[str], fewest: int, most: int) -> SearchStrategy[tuple[str, ...]]:
    return st.lists(of, min_size=fewest, max_size=most, unique=True).map(tuple)


def _relettered(plain: Any, letters: Mapping[str, str]) -> Any:
    """The same content in another alphabet: equal texts stay equal, and words stay words."""
    if isinstance(plain, str) and not plain.startswith("sha256:"):
        return "".join(letters.get(letter, letter) for letter in plain)
    if isinstance(plain, Mapping):
        return {key: value if key in {"media", "slow"} else _relettered(value, letters) for key, value in plain.items()}
    return [_relettered(item, letters) for item in plain] if isinstance(plain, list | tuple) else plain


@st.composite
def _like_the_example(draw: DrawFn, kind: str, target: str, source: str) -> Content:
    letters = dict(zip(string.ascii_lowercase, draw(st.permutations(string.ascii_lowercase)), strict=True))
    plain = {"kind": kind, **KINDS[kind].languages(target, source), **_relettered(KINDS[kind].example, letters)}
    try:
        return msgspec.convert(plain, type=Content, strict=False)
    except msgspec.ValidationError:
        # A word of it was one of the content's own.
        example = {"kind": kind, **KINDS[kind].languages(target, source), **KINDS[kind].example}
        return msgspec.convert(example, type=Content, strict=False)


@st.composite
def _varied(draw: DrawFn, kind: str, target: str, source: str) -> Content:
    """Of the kinds whose content is simple enough to be made up."""
    plain: dict[str, Any] = {"kind": kind, **KINDS[kind].languages(target, source), "text": draw(lines())}
    match kind:
        case "multiple_choice":
            options = draw(distinct(lines(), 2, 5))
            answer = draw(st.sampled_from(options))
            shares = draw(st.dictionaries(st.sampled_from(options), st.sampled_from([0.25, 0.333, 0.5]), max_size=2))
            shares.pop(answer, None)
            feedback = draw(st.dictionaries(st.sampled_from(options), lines(), max_size=2))
            plain |= {"options": options, "answer": answer, "shares": shares, "feedback": feedback}
        case "multiple_response":
            options = draw(distinct(lines(), 2, 5))
            answers = draw(distinct(st.sampled_from(options), 1, len(options)))
            feedback = draw(st.dictionaries(st.sampled_from(options), lines(), max_size=2))
            plain |= {"options": options, "answers": sorted(answers, key=options.index), "feedback": feedback}
        case "true_false":
            plain |= {"answer": draw(st.booleans())}
            plain |= {name: draw(st.just("") | lines()) for name in ("if_true", "if_false")}
        case "short_answer":
            accepted, partly = draw(distinct(words(), 1, 3)), draw(distinct(words().map("y ".__add__), 0, 2))
            plain |= {"accepted": accepted, "shares": dict.fromkeys(partly, 0.5)}
            plain |= {"feedback": draw(st.dictionaries(st.sampled_from((*accepted, *partly)), lines(), max_size=2))}
        case "translate":
            plain |= {"accepted": draw(distinct(lines(), 1, 3))}
        case "match_pairs":
            count = draw(st.integers(2, 4))
            sides = [draw(distinct(lines(), count, count)) for _ in range(2)]
            plain |= {
                "pairs": list(zip(*sides, strict=True)),
                "decoys": draw(distinct(words().map("ÿ".__add__), 0, 1)),
            }
        case "order":
            plain |= {"items": draw(distinct(lines(), 2, 4))}
        case "numeric":
            numbers = st.decimals(-(10**6), 10**6, places=3, allow_nan=False)
            plain |= {"value": draw(numbers), "tolerance": abs(draw(numbers)), "feedback": draw(st.just("") | lines())}
            others = st.fixed_dictionaries({"value": numbers, "share": st.none() | st.just(0.5)})
            plain |= {"others": draw(st.lists(others, max_size=2))}
        case "cloze":
            gaps = draw(st.lists(distinct(words(), 1, 3), min_size=1, max_size=3))
            around = draw(st.lists(lines(signs=LETTERS + " "), min_size=len(gaps) + 1, max_size=len(gaps) + 1))
            plain |= {"text": " ___ ".join(around), "gaps": gaps}
            if draw(st.booleans()):
                plain["gaps"] = [gap[:1] for gap in gaps]
                plain["options"] = [(gap[0], *draw(distinct(words().map("x".__add__), 1, 3))) for gap in gaps]
    return msgspec.convert(plain, type=Content)


VARIED = (
    "multiple_choice",
    "multiple_response",
    "true_false",
    "short_answer",
    "translate",
    "match_pairs",
    "order",
    "numeric",
    "cloze",
)


@cache
def contents(*kinds: str, target: str = "es", source: str = "en") -> SearchStrategy[Content]:
    """Of these kinds, or of any."""
    return st.one_of(
        _varied(kind, target, source) if kind in VARIED else _like_the_example(kind, target, source)
        for kind in kinds or KINDS
    )


@st.composite
def courses(
    draw: DrawFn,
    kinds: tuple[str, ...] = (),
    *,
    rich: bool = True,
    one_language: bool | None = None,
) -> Course:
    """A course that can be published. Without `rich` its exercises have nothing but their content, and its nodes only
    keys and titles."""
    names = itertools.count()
    target, source = "es", "en"
    if draw(st.booleans()) if one_language is None else one_language:
        target = source = "en"

    def key(above: str) -> str:
        odd = draw(st.booleans()) if rich else False
        return f"{draw(lines(8))}{next(names)}" if odd else f"{above}/{next(names)}".lstrip("/")

    def some(of: SearchStrategy[Any], otherwise: Any = ()) -> Any:
        return draw(of) if rich and draw(st.booleans()) else otherwise

    skills = some(st.just((Skill("past", "The past"),)))

    def phrases() -> tuple[Phrase, ...]:
        side = distinct(words(), 1, 2)
        return tuple(draw(st.lists(st.builds(Phrase, side, side), max_size=3)))

    def exercise(above: str) -> Exercise:
        return Exercise(
            key(above),
            draw(contents(*kinds, target=target, source=source)),
            hints=some(distinct(lines(), 1, 2)),
            explanation=some(markdown, ""),
            image=some(images, None),
            audio=some(audios, None),
            skills=some(st.just(tuple(skill.key for skill in skills))),
        )

    def lesson(above: str, fewest: int) -> Lesson:
        own = key(above)
        exercises = [exercise(own) for _ in range(draw(st.integers(fewest, 3)))]
        return Lesson(
            own,
            draw(lines()),
            tuple(exercises),
            words=phrases() if rich else (),
            sentences=phrases() if rich else (),
            text=some(markdown, ""),
            materials=some(st.lists(st.builds(Material, lines(10), refs), max_size=2).map(tuple)),
            preview=some(st.booleans(), False),
        )

    def unit(above: str, fewest: int) -> Unit:
        own = key(above)
        lessons = [lesson(own, fewest), *(lesson(own, 0 if rich else 1) for _ in range(draw(st.integers(0, 1))))]
        return Unit(own, draw(lines()), tuple(lessons), some(markdown, ""))

    def section(fewest: int) -> Section:
        own = key("")
        units = [unit(own, fewest), *(unit(own, 0 if rich else 1) for _ in range(draw(st.integers(0, 1))))]
        return Section(own, draw(lines()), tuple(units))

    entries = some(st.lists(st.builds(DictionaryEntry, st.just(target), words(), distinct(words(), 1, 2)), max_size=2))
    assume(len({entry.word for entry in entries}) == len(entries))
    return Course(
        slug=draw(st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True)),
        title=draw(lines()),
        source_language=source,
        target_language=target,
        sections=(section(1), *(section(0 if rich else 1) for _ in range(draw(st.integers(0, 1))))),
        description=some(markdown, ""),
        licence=some(st.builds(Licence, lines(), st.just("https://example.org/licence")), None),
        repository=some(st.just("https://example.org/course"), ""),
        special_characters=some(distinct(st.sampled_from("áñ¿"), 1, 3)),
        dictionary=tuple(sorted(entries, key=lambda entry: entry.word)),
        level=some(st.sampled_from(LEVELS), ""),
        categories=some(distinct(lines(10), 1, 2)),
        topics=some(distinct(lines(10), 1, 2)),
        tags=some(distinct(lines(10), 1, 2)),
        skills=skills,
        prerequisites=some(distinct(words(), 1, 2)),
        image=some(images, None),
    )
