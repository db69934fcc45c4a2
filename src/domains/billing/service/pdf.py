"""Documents as PDF. Invariant: what is printed is data to the template and never markup, and nothing that somebody
wrote into a name or an address keeps a document from being made.

The template imports nothing, so the compiler reads nothing but it and fonts. The same document gives the same bytes on
machines with the same fonts. It is PDF/A and PDF/UA (for archives, and for those who listen to it) wherever each of its
letters has a font.
"""

import asyncio
import importlib.util
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import metadata, resources

import msgspec
import typst

from domains.billing.policy.documents import Document
from domains.billing.policy.printed import printed

FONT_PACKAGES = ("justmytype.packs", "fontpkg.family")
"""Entry points of packages that bring fonts: whichever are installed are used."""

log = logging.getLogger(__name__)

_THREADS = ThreadPoolExecutor(2, thread_name_prefix="pdf")
"""Threads of its own: compiling is work for a core, and a rush of it must not hold up others who wait for a thread."""


async def pdf(document: Document) -> bytes:
    """Takes some 10 ms, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, rendered, document)


def rendered(document: Document) -> bytes:
    template, fonts = _template(), _fonts()
    inputs = {"data": msgspec.json.encode(printed(document)).decode()}
    try:
        return typst.compile(
            template, format="pdf", pdf_standards=["a-2a", "ua-1"], font_paths=fonts, sys_inputs=inputs
        )
    except typst.TypstError as error:
        # Both standards refuse a letter without a font; a plain PDF shows a box in its place.
        log.warning("document %s is no PDF/A: %s", document.number, str(error).partition("\n")[0])
        return typst.compile(template, format="pdf", font_paths=fonts, sys_inputs=inputs)


@cache
def _template() -> bytes:
    return resources.files("domains.billing").joinpath("documents", "document.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Looked for once in the life of the process."""
    found: set[str] = set()
    for group in FONT_PACKAGES:
        for entry in metadata.entry_points(group=group):
            spec = importlib.util.find_spec(entry.module)
            found.update(spec.submodule_search_locations or () if spec else ())
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True, font_paths=sorted(found))
