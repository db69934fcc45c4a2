"""How a client says which version it has seen, and is told which there is."""

from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter

T = TypeVar("T")

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The ETag of what is changed, as it was last seen, or `*` for whatever there is. Without it 428,"
        " after somebody else's change 412.",
    ),
]
IdempotencyKey = Annotated[
    str | None, HeaderParameter(name="Idempotency-Key", description="The same key again does nothing again.")
]
ETAG = ResponseHeader(name="etag", description="What a change needs in If-Match.", documentation_only=True)


def tagged(shown: T, tag: str) -> Response[T]:
    return Response(shown, headers={"etag": tag})


def fields_of(form: type[Any], node: msgspec.Struct) -> Any:
    """The same values under the same names in another struct."""
    return form(**{name: getattr(node, name) for name in form.__struct_fields__})
