"""The wire form of protocol buffers, as far as packages of Anki need it: reading the fields of a message."""

from collections.abc import Iterator


class Malformed(ValueError):
    pass


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) in the order of the message: whole numbers, or bytes for texts and for messages inside. Raises
    Malformed."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        number, form = tag >> 3, tag & 7
        if form == 0:
            value, place = _varint(message, place)
            yield number, value
            continue
        if form == 2:
            length, place = _varint(message, place)
        elif form in (1, 5):
            length = 8 if form == 1 else 4
        else:
            raise Malformed(f"wire type {form}")
        if place + length > len(message):
            raise Malformed("cut off")
        yield number, message[place : place + length]
        place += length


def first_text(message: bytes, wanted: int) -> str:
    """A text field, empty where there is none. Raises Malformed."""
    for number, value in fields(message):
        if number == wanted and isinstance(value, bytes):
            return value.decode("utf-8", "replace")
    return ""


def first_number(message: bytes, wanted: int) -> int:
    """A whole number, 0 where there is none. Raises Malformed."""
    return next((value for number, value in fields(message) if number == wanted and isinstance(value, int)), 0)


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise Malformed("a number without end")
