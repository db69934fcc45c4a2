"""Codes that people type: letters and digits that cannot be taken for one another, in groups of four."""

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B, U (V): 24 letters, so that 20 of them hold 91 bits.
ALPHABET = "34679ACDEFGHJKMNPQRTVWXY"
LENGTH = 20


def normal(text: str) -> str:
    """As it is stored: capitals, without the spaces and dashes of whatever kind that people and mails put between."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def shown(code: str) -> str:
    """`ACDE-FGHJ-…`"""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))
