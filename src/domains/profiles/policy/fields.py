"""What may stand in a profile."""

import unicodedata

from domains.profiles.errors import BadProfileField

MOST_LETTERS = 500


def checked_lines(field: str, value: str, most: int = MOST_LETTERS) -> str:
    """Text of several lines in NFC, without control and formatting characters that could hide or turn what is around
    them. Raises BadProfileField."""
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    if len(value) > most:
        raise BadProfileField(field, f"{field} is at most {most} characters long")
    for letter in value:
        # Cf but for the joiners of scripts and emoji; Cs are lone surrogates.
        if unicodedata.category(letter) in {"Cc", "Cf", "Cs"} and letter not in "\n\u200c\u200d":
            raise BadProfileField(field, f"{field} holds a character that is not text")
    return value
