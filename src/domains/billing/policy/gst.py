"""India's goods and services tax: which state is supplied, and what its two halves are called."""

from domains.kernel.money import split

STATES = {
    "01": "Jammu and Kashmir",
    "02": "Himachal Pradesh",
    "03": "Punjab",
    "04": "Chandigarh",
    "05": "Uttarakhand",
    "06": "Haryana",
    "07": "Delhi",
    "08": "Rajasthan",
    "09": "Uttar Pradesh",
    "10": "Bihar",
    "11": "Sikkim",
    "12": "Arunachal Pradesh",
    "13": "Nagaland",
    "14": "Manipur",
    "15": "Mizoram",
    "16": "Tripura",
    "17": "Meghalaya",
    "18": "Assam",
    "19": "West Bengal",
    "20": "Jharkhand",
    "21": "Odisha",
    "22": "Chhattisgarh",
    "23": "Madhya Pradesh",
    "24": "Gujarat",
    "26": "Dadra and Nagar Haveli and Daman and Diu",
    "27": "Maharashtra",
    "29": "Karnataka",
    "30": "Goa",
    "31": "Lakshadweep",
    "32": "Kerala",
    "33": "Tamil Nadu",
    "34": "Puducherry",
    "35": "Andaman and Nicobar Islands",
    "36": "Telangana",
    "37": "Andhra Pradesh",
    "38": "Ladakh",
    "97": "Other territory",
}
_WITHOUT_LEGISLATURE = frozenset({"04", "26", "31", "35", "38"})
"""Union territories whose half is called UTGST."""
ABROAD = "96"


def place_of_supply(seller_region: str, customer_country: str, customer_region: str) -> str:
    """State code. Where no address is on record it is the seller's own (IGST Act, section 12(2)(b))."""
    if customer_country not in ("", "IN"):
        return ABROAD
    return customer_region or seller_region


def halves(
    seller_region: str, supplied: str, rate_bp: int, amount_minor: int, before_minor: int = 0
) -> list[tuple[str, int, int]]:
    """Name, rate and amount: CGST and SGST within the seller's state, IGST to any other. They add up exactly, as do
    those of a sum taken in pieces if `before_minor` says what came before."""
    if supplied != seller_region:
        return [("IGST", rate_bp, amount_minor)]
    central = split(before_minor + amount_minor, [1, 1])[0] - split(before_minor, [1, 1])[0]
    name = "UTGST" if supplied in _WITHOUT_LEGISLATURE else "SGST"
    return [("CGST", rate_bp - rate_bp // 2, central), (name, rate_bp // 2, amount_minor - central)]
