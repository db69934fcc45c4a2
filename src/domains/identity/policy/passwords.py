"""Which passwords are refused. Length and guessability only: any character is welcome, and none is changed."""

from domains.identity.errors import WeakPassword
from domains.identity.policy.common_passwords import is_common

MIN_LENGTH = 8
MAX_LENGTH = 128

_WORDS = (
    "password passwort contrasena contraseña motdepasse senha parola haslo heslo wachtwoord lozinka salasana "
    "qwerty qwertz azerty welcome willkommen bienvenido letmein changeme admin administrator lyceum learner "
    "teacher student school escuela winter summer spring autumn"
)
_TAILS = ("", "1", "12", "123", "1234", "12345", "123456", "1!", "123!", "!", "01", "2024", "2025", "2026")
_ROWS = ("1234567890", "0987654321", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghij")

_NEAR = {"correcthorsebatterystaple"} | {word + tail for word in _WORDS.split() for tail in _TAILS}
"""What a list of years ago cannot know, and what is near at hand here; in lower case."""


def checked_password(password: str, *, email: str | None, name: str) -> str:
    """`password` unchanged, or WeakPassword."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WeakPassword(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    folded = password.lower()
    address = (email or "").lower()
    own = {address, address.partition("@")[0], name.lower()}
    if folded in own or folded in _NEAR or _is_run(folded) or is_common(folded):
        raise WeakPassword("this password is among the first that a guesser tries")
    return password


def _is_run(text: str) -> bool:
    """One short piece over and over (`abababab`), or a walk along the keyboard or the alphabet."""
    if any(text == (text[:size] * len(text))[: len(text)] for size in (1, 2, 3)):
        return True
    return any(text in row * 2 for row in _ROWS)
