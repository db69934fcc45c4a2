"""Which passwords are refused. Length and guessability only: any character is welcome, and none is changed."""

from domains.identity.errors import WeakPassword

MIN_LENGTH = 8
MAX_LENGTH = 128

_WORDS = (
    "password passwort contrasena contraseña motdepasse senha parola haslo heslo wachtwoord lozinka salasana "
    "qwerty qwertz azerty asdfgh zxcvbn iloveyou teamo jetaime welcome willkommen bienvenido letmein changeme "
    "admin administrator root user guest master superman batman dragon monkey shadow sunshine princess football "
    "baseball basketball soccer hockey starwars pokemon whatever computer internet freedom charlie michael jordan "
    "secret hello hola lyceum learner teacher student school escuela winter summer spring autumn london madrid"
)
_TAILS = ("", "1", "12", "123", "1234", "12345", "123456", "1!", "123!", "!", "01", "2024", "2025", "2026")
_ROWS = ("1234567890", "0987654321", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghij")
_ODD = (
    "1q2w3e4r 1q2w3e4r5t 1qaz2wsx qazwsxedc zaq12wsx q1w2e3r4 abcd1234 abc12345 a1b2c3d4 aa123456 pass1234 "
    "p@ssw0rd p@ssword passw0rd trustno1 correcthorsebatterystaple test1234 testtest 11223344 12341234 123123123 "
    "147258369 987654321 123qweasd qwe123qwe asdf1234 qwer1234 zxcv1234 1234qwer"
)
COMMON = {*_ODD.split()} | {word + tail for word in _WORDS.split() for tail in _TAILS}
"""Compared in lower case; those shorter than MIN_LENGTH are refused for their length anyway."""


def checked_password(password: str, *, email: str, name: str) -> str:
    """`password` unchanged, or WeakPassword."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WeakPassword(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    folded = password.lower()
    own = {email.lower(), email.partition("@")[0].lower(), name.lower()}
    if folded in COMMON or folded in own or _is_run(folded):
        raise WeakPassword("this password is among the first that a guesser tries")
    return password


def _is_run(text: str) -> bool:
    """One short piece over and over (`abababab`), or a walk along the keyboard or the alphabet."""
    if any(text == (text[:size] * len(text))[: len(text)] for size in (1, 2, 3)):
        return True
    return any(text in row * 2 for row in _ROWS)
