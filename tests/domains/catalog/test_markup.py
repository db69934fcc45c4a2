"""Markup of strangers: what it says is kept, what it does is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.catalog.formats import html, xml
from domains.catalog.formats.report import Report

AS_PLAIN = [
    ("<p>Two&nbsp;words &amp; <b>more</b></p><p>Next</p>", "Two words & more\n\nNext"),
    ("one<br>two<br/>three", "one\ntwo\nthree"),
    ("<ul><li>a<li>b<ol><li>c</ol></ul>", "- a\n- b\n  1. c"),
    ("<script>alert(1)</script><style>p {}</style>Hello", "Hello"),
    ("a <a href='https://example.org'>link</a>", "a link"),
    ("<pre>x\n  y</pre>", "x\n  y"),
    ("5 < 6", "5 < 6"),
    ("<unclosed", "<unclosed"),
    ("a<!-- <b> --> b <a <i>c</i><!-- d", "a b <a c"),
    ("<IMG alt='1 > 2' src=x/>a&#" + "9" * 5_000 + ";<script/>b<script>if (a<b) '</p>'</script >c", "a\ufffdbc"),
    ("<a " * 9_000, "<a " * 6_666 + "<a"),
]


@pytest.mark.parametrize(("markup", "text"), AS_PLAIN)
def test_html_becomes_the_text_that_people_read(markup: str, text: str) -> None:
    assert html.plain(markup) == text


def test_markdown_keeps_emphasis_and_links_that_lead_somewhere() -> None:
    markup = "<em>very</em> <a href='https://example.org'>far</a> <a href='javascript:alert(1)'>near</a>"
    assert html.read(markup, markdown=True).text == "*very* [far](https://example.org) near"


def test_pictures_and_what_text_cannot_say_are_told() -> None:
    reading = html.read('<img src="cat.png" alt="A cat"><table><tr><td>1</td><td>2</td></tr></table>')
    assert reading.pictures == (html.Picture("cat.png", "A cat"),)
    assert reading.lost == ("a table",)
    assert reading.text == "1 2"


@given(st.text(alphabet=st.sampled_from("<>&;/ab \n\"'=!-[]?"), max_size=80))
def test_no_markup_raises(markup: str) -> None:
    html.read(markup, markdown=True)
    xml.parse(markup.encode(), "a.xml", Report())


BAD_XML = [
    (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", 1, "document types"),
    (b"<a>\n<b></a>", 2, "mismatched tag"),
    (b"", 1, "no element found"),
    (b"<a>&b;</a>", 1, "undefined entity"),
    (b"<?xml version='1.0' encoding='no-such'?><a/>", 1, "encoding"),
    (b"<a>" * 200, 1, "nested too deeply"),
    (b"<a>\xff</a>", 1, "not well-formed"),
]


@pytest.mark.parametrize(("raw", "line", "message"), BAD_XML)
def test_bad_xml_gives_a_remark_with_its_line(raw: bytes, line: int, message: str) -> None:
    report = Report()
    assert xml.parse(raw, "a.xml", report) is None
    assert [(remark.line, message in remark.message) for remark in report.remarks] == [(line, True)], report.remarks


def test_elements_know_their_lines_and_forget_their_namespaces() -> None:
    root = xml.parse(b"<q:a xmlns:q='urn:x'>\n <q:b q:c='1'>t<i>u</i>v</q:b></q:a>", "a.xml", Report())
    assert root is not None
    (b,) = root.all("b")
    assert (b.line, b.attributes, b.text, b.whole_text) == (2, {"c": "1"}, "tv", "tuv")
