"""Keys of exercises and global ids of notes, either way: what is read again is the same exercise and the same note.

A key made here is `anki-` and the id's bytes in hexadecimal; an id made here is `lyceum:` and the key.
"""

OWN = "lyceum:"

_KEY = "anki-"


def key_of(guid: str, ordinal: int = 0) -> str:
    """`ordinal` counts the cards of one note that are exercises of their own, from 0."""
    if guid.startswith(OWN) and len(guid) > len(OWN) and ordinal == 0:
        return guid.removeprefix(OWN)
    key = f"{_KEY}{guid.encode('utf-8', 'replace')[:100].hex()}"
    return f"{key}.{ordinal + 1}" if ordinal else key


def guid_of(key: str) -> str:
    if key.startswith(_KEY):
        try:
            return bytes.fromhex(key.removeprefix(_KEY)).decode()
        except ValueError:
            pass
    return f"{OWN}{key}"
