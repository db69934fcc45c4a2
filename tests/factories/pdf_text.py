"""The words of a PDF as our compiler writes them: just enough of the format to read back what was printed."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\b(.*?)\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*?)\nendstream", re.DOTALL)
_TOKEN = re.compile(
    rb"/ActualText\s*<(?P<hex>[0-9A-Fa-f]+)>|/ActualText\s*\((?P<said>(?:\\.|[^\\)])*)\)|/(?P<font>\w+) [\d.]+ Tf"
    rb"|(?P<end>\bEMC\b)|(?P<span>\bB[DM]C\b)|\((?P<shown>(?:\\.|[^\\)])*)\)",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """All that is shown, in the order in which it is drawn, without white space."""
    objects = _objects(pdf)
    fonts = {
        name: _unicodes(objects[number])
        for body in objects.values()
        for fonts in re.findall(rb"/Font\s*<<(.*?)>>", body, re.DOTALL)
        for name, number in re.findall(rb"/(\w+) (\d+) 0 R", fonts)
        for number in re.findall(rb"/ToUnicode (\d+) 0 R", objects[number])
    }
    contents = [number for body in objects.values() for number in re.findall(rb"/Contents (\d+) 0 R", body)]
    return "".join("".join(_shown(objects[number], fonts) for number in contents).split())


def pages_of(pdf: bytes) -> int:
    return sum(len(re.findall(rb"/Type\s*/Page\b", body)) for body in _objects(pdf).values())


def _objects(pdf: bytes) -> dict[bytes, bytes]:
    """Number to dictionary and, unpacked, stream."""
    found: dict[bytes, bytes] = {}
    for number, body in _OBJECT.findall(pdf):
        packed = _STREAM.search(body)
        if packed is None:
            found[number] = body
            continue
        head = body[: packed.start()]
        stream = zlib.decompress(packed[1]) if b"/FlateDecode" in head else packed[1]
        if b"/ObjStm" not in head:
            found[number] = head + stream
            continue
        first = re.search(rb"/First (\d+)", head)
        assert first is not None
        numbers = stream[: int(first[1])].split()
        inner = stream[int(first[1]) :]
        starts = [*map(int, numbers[1::2]), len(inner)]
        for place, name in enumerate(numbers[::2]):
            found[name] = inner[starts[place] : starts[place + 1]]
    return found


def _unicodes(cmap: bytes) -> dict[int, str]:
    return {
        int(glyph, 16): bytes.fromhex(letters.decode()).decode("utf-16-be", "replace")
        for part in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL)
        for glyph, letters in re.findall(rb"<(\w+)>\s*<(\w+)>", part)
    }


def _shown(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    """Where a span says what its glyphs mean, that; else what their font says."""
    font: dict[int, str] = {}
    found: list[str] = []
    spans: list[bool] = []
    named = False
    for token in _TOKEN.finditer(content):
        if token["hex"] is not None or token["said"] is not None:
            raw = bytes.fromhex(token["hex"].decode()) if token["hex"] is not None else _unescaped(token["said"])
            found.append(raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1"))
            named = True
        elif token["span"]:
            spans.append(named)
            named = False
        elif token["end"]:
            spans.pop()
        elif token["font"]:
            font = fonts.get(token["font"], {})
        elif not any(spans):
            raw = _unescaped(token["shown"])
            found += [font.get(int.from_bytes(raw[at : at + 2], "big"), "") for at in range(0, len(raw), 2)]
    return "".join(found)


def _unescaped(raw: bytes) -> bytes:
    def letter(found: re.Match[bytes]) -> bytes:
        return bytes([int(found[1], 8)]) if found[1][:1].isdigit() else _LETTERS.get(found[1], found[1])

    return _ESCAPE.sub(letter, raw)
