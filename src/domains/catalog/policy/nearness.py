"""How near an answer came to being right. Pure."""

from domains.catalog.policy.alignment import COST, FAULT
from domains.catalog.policy.grade import Grade


def nearness(grade: Grade) -> float:
    """Share of what was written and expected that the alignment did not have to pay for: 1 for what is right in every
    word, 0 for what has nothing in common with any accepted answer."""
    if not grade.tokens:
        return grade.score
    paid = sum(COST.get(token.verdict, FAULT) for token in grade.tokens)
    return round(1 - paid / (FAULT * len(grade.tokens)), 4)
