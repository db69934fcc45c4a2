"""Essay: a text of one's own, of so many words. Whether it is good a person says; here it is complete or not."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec

from domains.catalog.kinds.kind import Kind, Prompt, decoded_text, require_texts
from domains.catalog.policy.grade import Grade, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms

LONGEST_ANSWER = 20_000
LONGEST_MODEL = 4_000
MOST_WORDS = 3_000

Words = Annotated[int, msgspec.Meta(ge=1, le=MOST_WORDS)]


class EssayPrompt(Prompt, frozen=True, tag="essay"):
    text: str
    language: str
    answer_language: str
    least_words: int
    most_words: int


class Essay(Kind[str], frozen=True, tag="essay"):
    """A learner answers with the text as written. What has at least `least_words` and at most `most_words` is complete;
    then `model` is shown, an answer as the author would give it. In scripts without spaces every character counts."""

    graded = False
    tested = False
    answer_form = "the text as written"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "Describe your family.",
        "least_words": 5,
        "most_words": 200,
        "model": "Mi familia es grande. Tengo dos hermanos.",
    }
    example_answer = "Tengo una hermana y un gato."

    text: str
    language: str
    answer_language: str
    least_words: Words = 1
    most_words: Words = MOST_WORDS
    model: Annotated[str, msgspec.Meta(max_length=LONGEST_MODEL)] = ""

    def __post_init__(self) -> None:
        require_texts(text=self.text)
        if "\x00" in self.model:
            raise ValueError("`model` must not contain a NUL character")
        if self.most_words < self.least_words:
            raise ValueError("`most_words` must not be less than `least_words`")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text

    def prompt(self, seed: str) -> EssayPrompt:
        return EssayPrompt(self.text, self.language, self.answer_language, self.least_words, self.most_words)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_text(raw, "the text", LONGEST_ANSWER)

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        words = len(norms(answer, self.answer_language))
        if words < self.least_words:
            # The model is no help to write it.
            return graded(Verdict.MISSING, "", (), round(words / self.least_words, 4))
        if words > self.most_words:
            return graded(Verdict.EXTRA, "", (), round(self.most_words / words, 4))
        return graded(Verdict.EXACT, self.model, ())
