"""Who sells. One of it, as data, written by the catalogue file and printed on every document."""

import msgspec


class Seller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    address: str = ""
    """Lines, the country last."""
    country: str = ""
    """ISO 3166 alpha-2: decides the tax where a customer's country is unknown."""
    region: str = ""
    """State or province: for India the two digits of the GST state code."""
    tax_id: str = ""
    email: str = ""
    number_prefix: str = ""
    """Before the numbers of documents."""
    fiscal_year_month: int = 1
    """First month of the fiscal year: 4 in India."""
    reverse_charge: tuple[str, ...] = ()
    """Countries, elsewhere than the seller's, whose businesses account for the tax themselves."""
