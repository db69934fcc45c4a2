"""The kinds of exercises. To add one: write its file, import it, add it to the two unions; nothing else lists them."""

from typing import get_args

from domains.catalog.kinds.kind import Kind, Prompt
from domains.catalog.kinds.match_pairs import MatchPairs, MatchPairsPrompt
from domains.catalog.kinds.multiple_choice import MultipleChoice, MultipleChoicePrompt
from domains.catalog.kinds.translate import Translate, TranslatePrompt
from domains.catalog.kinds.word_bank import WordBank, WordBankPrompt

Content = MultipleChoice | WordBank | Translate | MatchPairs
"""What an exercise asks and what is right; tagged by `kind`."""

AnyPrompt = MultipleChoicePrompt | WordBankPrompt | TranslatePrompt | MatchPairsPrompt
"""What a learner's client may be shown; for the API's schema."""

KINDS = {kind.kind(): kind for kind in get_args(Content)}

__all__ = ["KINDS", "AnyPrompt", "Content", "Kind", "MatchPairs", "MultipleChoice", "Prompt", "Translate", "WordBank"]
