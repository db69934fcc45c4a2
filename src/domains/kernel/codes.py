"""Codes that people type: letters and digits that cannot be taken for one another, in groups of four."""

import secrets

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B, U (V), and without the other vowels, so that no code is a word: 22 letters hold
# 4.46 bits each.
ALPHABET = "34679CDFGHJKMNPQRTVWXY"


def new_code(letters: int) -> str:
    """As it is stored: `CDFGHJKM`."""
    return "".join(secrets.choice(ALPHABET) for _ in range(letters))


def normal(text: str) -> str:
    """As it is stored: capitals, without the spaces and dashes of whatever kind that people and mails put between."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def shown(code: str) -> str:
    """`CDFG-HJKM-…`"""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))
