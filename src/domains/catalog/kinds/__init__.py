"""The kinds of exercises. To add one: write its file and name it here; nothing else lists them."""

from typing import get_args

from domains.catalog.kinds.cloze import Cloze, ClozePrompt
from domains.catalog.kinds.date import Date, DatePrompt
from domains.catalog.kinds.dialogue import Dialogue, DialoguePrompt
from domains.catalog.kinds.essay import Essay, EssayPrompt
from domains.catalog.kinds.flashcard import Flashcard, FlashcardPrompt
from domains.catalog.kinds.kind import Demand, Effort, Kind, Prompt, Sides
from domains.catalog.kinds.listen_tap import ListenTap, ListenTapPrompt
from domains.catalog.kinds.listen_type import ListenType, ListenTypePrompt
from domains.catalog.kinds.match_pairs import MatchPairs, MatchPairsPrompt
from domains.catalog.kinds.multiple_choice import MultipleChoice, MultipleChoicePrompt
from domains.catalog.kinds.multiple_response import MultipleResponse, MultipleResponsePrompt
from domains.catalog.kinds.numeric import Numeric, NumericPrompt, OtherNumber
from domains.catalog.kinds.order import Order, OrderPrompt
from domains.catalog.kinds.pick_picture import PickPicture, PickPicturePrompt
from domains.catalog.kinds.short_answer import ShortAnswer, ShortAnswerPrompt
from domains.catalog.kinds.speak import Speak, SpeakPrompt
from domains.catalog.kinds.translate import Translate, TranslatePrompt
from domains.catalog.kinds.true_false import TrueFalse, TrueFalsePrompt
from domains.catalog.kinds.word_bank import WordBank, WordBankPrompt

Content = (
    MultipleChoice
    | MultipleResponse
    | TrueFalse
    | PickPicture
    | WordBank
    | Translate
    | Cloze
    | MatchPairs
    | Order
    | ListenType
    | ListenTap
    | Speak
    | Dialogue
    | ShortAnswer
    | Numeric
    | Date
    | Flashcard
    | Essay
)
"""What an exercise asks and what is right; tagged by `kind`."""

AnyPrompt = (
    MultipleChoicePrompt
    | MultipleResponsePrompt
    | TrueFalsePrompt
    | PickPicturePrompt
    | WordBankPrompt
    | TranslatePrompt
    | ClozePrompt
    | MatchPairsPrompt
    | OrderPrompt
    | ListenTypePrompt
    | ListenTapPrompt
    | SpeakPrompt
    | DialoguePrompt
    | ShortAnswerPrompt
    | NumericPrompt
    | DatePrompt
    | FlashcardPrompt
    | EssayPrompt
)
"""What a learner's client may be shown; for the API's schema."""

KINDS: dict[str, type[Content]] = {kind.kind(): kind for kind in get_args(Content)}

ANSWER_FORMS = "By the kind of the exercise. " + " ".join(
    f"`{name}`: {kind.answer_form}." for name, kind in sorted(KINDS.items())
)
"""What an answer looks like, for a client's developer."""

__all__ = [
    "ANSWER_FORMS",
    "KINDS",
    "AnyPrompt",
    "Cloze",
    "Content",
    "Date",
    "Demand",
    "Dialogue",
    "Effort",
    "Essay",
    "Flashcard",
    "Kind",
    "ListenTap",
    "ListenType",
    "MatchPairs",
    "MultipleChoice",
    "MultipleResponse",
    "Numeric",
    "Order",
    "OtherNumber",
    "PickPicture",
    "Prompt",
    "ShortAnswer",
    "Sides",
    "Speak",
    "Translate",
    "TrueFalse",
    "WordBank",
]
