"""What a learner of the demo knows: the course document that ships with Lyceum. Nothing here asks a server.

An exercise is recognised by its prompt, whatever order its options or words are shown in.
"""

import random
import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec

from domains.catalog import api as catalog
from domains.catalog.kinds import Content, MatchPairs, MultipleChoice, Translate, WordBank

NO_ACCENTS_SHARE = 0.15
"""Of right typed answers, how many come without accents, as people type on a foreign keyboard."""

Prompt = Mapping[str, Any]


class Knowledge:
    def __init__(self, course: catalog.Course) -> None:
        self._known: dict[tuple[str, str], Content] = {}
        for exercise in course.exercises():
            content = exercise.content
            self._known.setdefault(_seen(content.kind(), msgspec.to_builtins(content.prompt(""))), content)

    def answer(self, kind: str, prompt: Prompt, *, right: bool, chance: random.Random) -> Any:
        """What a learner says who knows (`right`) or is mistaken; a guess where the exercise is not of our course."""
        content = self._known.get(_seen(kind, prompt))
        match content:
            case MultipleChoice():
                wanted = [option["id"] for option in prompt["options"] if (option["text"] == content.answer) is right]
                return chance.choice(wanted)
            case WordBank():
                words = _built(content.accepted[0], prompt["words"])
                return words if right else _shortened(words, chance)
            case Translate():
                return _typed(content.accepted[0], chance) if right else _mistyped(content.accepted[0], chance)
            case MatchPairs():
                pairs = [list(pair) for pair in content.pairs]
                return pairs if right else _crossed(pairs, chance)
            case _:
                return _guess(kind, prompt)


def _seen(kind: str, prompt: Prompt) -> tuple[str, str]:
    def sortable(value: Any) -> Any:
        return sorted(value, key=msgspec.json.encode) if isinstance(value, list) else value

    plain = {name: sortable(value) for name, value in sorted(prompt.items()) if name != "kind"}
    return kind, msgspec.json.encode(plain).decode()


def _built(sentence: str, words: list[str]) -> list[str]:
    """`sentence` out of the given words, each used once."""
    left = list(words)
    built = []
    for spoken in sentence.split():
        word = next((word for word in left if _bare(word) == _bare(spoken)), None)
        if word is not None:
            left.remove(word)
        built.append(spoken if word is None else word)
    return built


def _bare(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter.isalnum())


def _typed(sentence: str, chance: random.Random) -> str:
    if chance.random() >= NO_ACCENTS_SHARE:
        return sentence
    return "".join(letter for letter in unicodedata.normalize("NFD", sentence) if not unicodedata.combining(letter))


def _mistyped(sentence: str, chance: random.Random) -> str:
    words = sentence.split()
    return " ".join(_shortened(words, chance)) if len(words) > 1 else "no sé"


def _shortened(words: list[str], chance: random.Random) -> list[str]:
    """Without one word; the last one left is said twice, so that something is always said."""
    place = chance.randrange(len(words))
    return words[:place] + words[place + 1 :] or words * 2


def _crossed(pairs: list[list[str]], chance: random.Random) -> list[list[str]]:
    one, other = chance.sample(range(len(pairs)), 2)
    pairs[one][1], pairs[other][1] = pairs[other][1], pairs[one][1]
    return pairs


def _guess(kind: str, prompt: Prompt) -> Any:
    match kind:
        case "multiple_choice":
            return prompt["options"][0]["id"]
        case "word_bank":
            return list(prompt["words"])
        case "match_pairs":
            return [list(pair) for pair in zip(prompt["left"], prompt["right"], strict=False)]
        case _:
            return "no sé"
