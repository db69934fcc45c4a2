"""Codes that people type."""

from hypothesis import given
from hypothesis import strategies as st

from domains.kernel import codes


def test_a_code_has_no_look_alikes_and_cannot_be_a_word() -> None:
    assert not set(codes.ALPHABET) & set("0O1IL2Z5S8BU" + "AEIOU")
    made = {codes.new_code(20) for _ in range(50)}
    assert len(made) == 50
    assert {len(code) for code in made} == {20}
    assert set().union(*made) <= set(codes.ALPHABET)


@given(st.text(alphabet=codes.ALPHABET, max_size=20), st.data())
def test_a_code_is_read_however_it_was_written(text: str, data: st.DataObject) -> None:
    between = st.sampled_from(["", " ", "-", "\u2011", "\u2013", "\u00a0", "\n"])
    written = "".join(data.draw(between) + (letter.lower() if data.draw(st.booleans()) else letter) for letter in text)
    assert codes.normal(written) == text
    assert codes.normal(codes.shown(text)) == text
