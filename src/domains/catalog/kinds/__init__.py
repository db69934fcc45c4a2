"""The kinds of exercises. To add one: write its file, import it, add it to the two unions; nothing else lists them."""

from typing import get_args

from domains.catalog.kinds.cloze import Cloze, ClozePrompt
from domains.catalog.kinds.date import Date, DatePrompt
from domains.catalog.kinds.kind import Kind, Prompt
from domains.catalog.kinds.match_pairs import MatchPairs, MatchPairsPrompt
from domains.catalog.kinds.multiple_choice import MultipleChoice, MultipleChoicePrompt
from domains.catalog.kinds.multiple_response import MultipleResponse, MultipleResponsePrompt
from domains.catalog.kinds.numeric import Numeric, NumericPrompt
from domains.catalog.kinds.order import Order, OrderPrompt
from domains.catalog.kinds.translate import Translate, TranslatePrompt
from domains.catalog.kinds.word_bank import WordBank, WordBankPrompt

Content = MultipleChoice | MultipleResponse | WordBank | Translate | Cloze | MatchPairs | Order | Numeric | Date
"""What an exercise asks and what is right; tagged by `kind`."""

AnyPrompt = (
    MultipleChoicePrompt
    | MultipleResponsePrompt
    | WordBankPrompt
    | TranslatePrompt
    | ClozePrompt
    | MatchPairsPrompt
    | OrderPrompt
    | NumericPrompt
    | DatePrompt
)
"""What a learner's client may be shown; for the API's schema."""

KINDS = {kind.kind(): kind for kind in get_args(Content)}

__all__ = [
    "KINDS",
    "AnyPrompt",
    "Cloze",
    "Content",
    "Date",
    "Kind",
    "MatchPairs",
    "MultipleChoice",
    "MultipleResponse",
    "Numeric",
    "Order",
    "Prompt",
    "Translate",
    "WordBank",
]
