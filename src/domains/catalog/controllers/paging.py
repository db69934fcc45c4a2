"""What lists of courses are narrowed by, as parameters; and pages that are kept as bytes, as answers."""

from typing import Annotated, Any

from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from domains.catalog.pages import PageBytes

ETAG = ResponseHeader(name="etag", description="Changes whenever the answer does.", documentation_only=True)
UNCHANGED = {304: ResponseSpec(None, description="The answer is still the one with the given ETag.")}

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="An ETag from before.")]
AcceptEncoding = Annotated[
    str | None, HeaderParameter(name="Accept-Encoding", description="With `gzip` the answer comes compressed.")
]

_LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
Speaking = Annotated[
    str | None,
    QueryParameter(
        name="source_language", pattern=_LANGUAGE, max_length=35, description="For whoever speaks it; BCP 47."
    ),
]
Learning = Annotated[
    str | None,
    QueryParameter(name="target_language", pattern=_LANGUAGE, max_length=35, description="That teach it; BCP 47."),
]
Question = Annotated[
    str | None,
    QueryParameter(
        max_length=200, description="Words that the title or description must have; the last one may go on."
    ),
]
Slug = Annotated[str | None, QueryParameter(max_length=80)]


def lower(tag: str | None) -> str | None:
    return None if tag is None else tag.lower()


def answer(page: PageBytes, if_none_match: str | None, accept_encoding: str | None) -> Response[Any]:
    """The bytes at hand, or 304 for a client that has them."""
    body, etag = page.body, page.etag
    # Clients revalidate: a new revision shows at once, and an unchanged one costs a few bytes.
    headers = {"cache-control": "public, no-cache", "vary": "Accept-Encoding"}
    if page.compressed is not None and accept_encoding is not None and _takes_gzip(accept_encoding):
        body, etag = page.compressed, page.compressed_etag
        headers["content-encoding"] = "gzip"
    headers["etag"] = etag
    if if_none_match is not None and _matches(if_none_match, page):
        headers.pop("content-encoding", None)
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _takes_gzip(header: str) -> bool:
    if header == "gzip" or header.startswith("gzip,"):
        return True
    for each in header.split(","):
        name, _, quality = each.partition(";")
        if name.strip().lower() in {"gzip", "*"}:
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _matches(header: str, page: PageBytes) -> bool:
    """Weak comparison, as RFC 9110 has it for If-None-Match: proxies that compress make tags weak."""
    given = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return not given.isdisjoint({page.etag, page.compressed_etag or page.etag, "*"})
