"""The kinds of exercises. To add one: write its file, import it, and add it to `Content`; nothing else lists them."""

from typing import get_args

from domains.catalog.kinds.kind import Kind, Prompt
from domains.catalog.kinds.match_pairs import MatchPairs
from domains.catalog.kinds.multiple_choice import MultipleChoice
from domains.catalog.kinds.translate import Translate
from domains.catalog.kinds.word_bank import WordBank

Content = MultipleChoice | WordBank | Translate | MatchPairs
"""What an exercise asks and what is right; tagged by `kind`."""

KINDS = {kind.kind(): kind for kind in get_args(Content)}

__all__ = ["KINDS", "Content", "Kind", "MatchPairs", "MultipleChoice", "Prompt", "Translate", "WordBank"]
