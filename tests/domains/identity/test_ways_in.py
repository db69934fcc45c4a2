"""What holds for all accounts that are merged: nobody's rows are forgotten."""

from app.registry import DOMAINS, metadata
from domains.identity.events import AccountMerged


def test_every_domain_with_rows_of_people_takes_part_in_a_merge() -> None:
    owners = {
        name.partition("_")[0]
        for name, table in metadata().tables.items()
        if any(key.column.table.name == "identity_user" for key in table.foreign_keys)
    }
    partakers = {
        domain.name
        for domain in DOMAINS
        for subscription in domain.subscriptions
        if subscription.event is AccountMerged and subscription.when == "inside"
    }
    assert owners - {"identity"} <= partakers
