"""Colours and inline styles of mails. Invariant: text on its background has at least 4.5 to 1 contrast, light and
dark (a test computes it)."""

from typing import NamedTuple

# The Latin fonts have no Devanagari; what comes after them has, on Windows, Apple's systems, Android and Linux.
FONT = (
    "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,"
    "'Nirmala UI','Kohinoor Devanagari','Noto Sans Devanagari','Lohit Devanagari',Mangal,sans-serif"
)


class Palette(NamedTuple):
    page: str
    card: str
    text: str
    soft: str
    """Second-rank text."""
    line: str
    tint: str
    """Background of numbers and codes."""
    link: str


class Accent(NamedTuple):
    """Of buttons and numbers; `ink` stands on the tint."""

    fill: str
    on_fill: str
    ink_light: str
    ink_dark: str


LIGHT = Palette("#f1f4f8", "#ffffff", "#17202c", "#566272", "#dfe5ec", "#f1f4f8", "#0b5cad")
DARK = Palette("#0e1319", "#181f28", "#e8edf3", "#a0adbc", "#2d3743", "#222b36", "#7db8ff")

_ACCENTS = {
    "account": Accent("#0b5cad", "#ffffff", "#0b5cad", "#7db8ff"),
    "billing": Accent("#0b5cad", "#ffffff", "#0b5cad", "#7db8ff"),
    "learning": Accent("#157a43", "#ffffff", "#136f3d", "#6fd39b"),
    "social": Accent("#7a3db8", "#ffffff", "#7a3db8", "#cda6f5"),
    "class": Accent("#0b5cad", "#ffffff", "#0b5cad", "#7db8ff"),
    "marketing": Accent("#7a3db8", "#ffffff", "#7a3db8", "#cda6f5"),
}


class Style:
    """What the layout asks for."""

    font = FONT
    light = LIGHT
    dark = DARK

    def accent(self, category: str) -> Accent:
        return _ACCENTS[category]


STYLE = Style()
