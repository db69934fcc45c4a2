"""What a person may put on their documents. Invariant: a tax id fits the country beside it, and a GSTIN the state."""

from typing import NamedTuple

from domains.billing.errors import BadField
from domains.billing.policy import fields
from domains.billing.policy.catalogue import in_field
from domains.billing.policy.gst import STATES
from domains.billing.policy.tax_ids import checked_tax_id, state_of_gstin


class CustomerTerms(NamedTuple):
    name: str
    email: str = ""
    country: str = ""
    region: str = ""
    address: str = ""
    tax_id: str = ""


def checked_customer(terms: CustomerTerms) -> CustomerTerms:
    """Raises BadField."""
    country = in_field("country", fields.checked_country, terms.country) if terms.country else ""
    tax_id = in_field("tax_id", lambda value: checked_tax_id(country, value), terms.tax_id)
    region = in_field("region", lambda value: fields.checked_text(value, most=80), terms.region)
    if country == "IN":
        region = _indian_state(region, tax_id)
    return CustomerTerms(
        name=in_field("name", lambda value: fields.checked_text(value, least=1, most=200), terms.name),
        email=in_field("email", fields.checked_email, terms.email),
        country=country,
        region=region,
        address=in_field("address", lambda value: fields.checked_text(value, most=500, lines=True), terms.address),
        tax_id=tax_id,
    )


def _indian_state(region: str, tax_id: str) -> str:
    """As told, or else by the GSTIN: which state is supplied decides between CGST with SGST and IGST."""
    if region and region not in STATES:
        raise BadField("region", "region is the two digits of an Indian state's GST code, such as 27 for Maharashtra")
    if not tax_id:
        return region
    told = state_of_gstin(tax_id)
    if region and told != region:
        raise BadField("region", f"the GSTIN was given in {STATES.get(told, told)}, not in {STATES[region]}")
    return told
