"""Base types of everything that crosses the wire: what comes in is strict, what goes out is explicit."""

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""Never without a zone."""


class In(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request body. An unknown field is an error, so a client learns of a typo at once."""


class Out(msgspec.Struct, frozen=True):
    """A response body. Only what is declared leaves the house."""
