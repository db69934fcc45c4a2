"""Anki: packages of cards, read in their old form and in the new one, written in the form that every Anki takes."""

from domains.catalog.formats.anki.cards import DeckCard, cards
from domains.catalog.formats.anki.reading import read, recognises
from domains.catalog.formats.anki.writing import write, write_deck
from domains.catalog.formats.format import Format

FORMAT = Format("anki", "Anki deck (.apkg)", read, write, recognises, (".apkg", ".colpkg"))

__all__ = ["FORMAT", "DeckCard", "cards", "read", "recognises", "write", "write_deck"]
