"""Customer data over the wire."""

from typing import Annotated

import msgspec

from domains.kernel.wire import In, Out


class CustomerIn(In, frozen=True, kw_only=True):
    """Replaces what was told before; what is left out is emptied."""

    name: str
    email: str = ""
    country: Annotated[str, msgspec.Meta(description="ISO 3166 alpha-2")] = ""
    region: Annotated[str, msgspec.Meta(description="State or province; in India the two digits of the GST code")] = ""
    address: str = ""
    tax_id: Annotated[str, msgspec.Meta(description="GSTIN, EU VAT number or the like; needs a country")] = ""


class CustomerOut(Out, frozen=True):
    name: str
    email: str
    country: str
    region: str
    address: str
    tax_id: str
