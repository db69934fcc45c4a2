"""`lyceum` whose jobs fail now and then: the faults live here, not in the product.

`python -m bench.faults.program --faulty 0.05 --seed 1 worker`. Half of the failures come before the handler's work,
half after it and before the commit, which must take all of that work back.
"""

import dataclasses
import os
import random
import signal
import sys
from typing import Any

import click

from app import registry
from app.cli import main as lyceum
from app.embedded.launch import die_with_parent
from domains.kernel.uow import Handler, Subscription, UnitOfWork


class Staged(Exception):
    """A failure that was ordered."""


def faulty(handler: Handler, chance: random.Random, share: float) -> Handler:
    async def handle(uow: UnitOfWork, fact: Any) -> None:
        drawn = chance.random()
        if drawn < share / 2:
            raise Staged("before the work")
        await handler(uow, fact)
        if drawn < share:
            await uow.session.flush()
            raise Staged("after the work")

    return handle


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--faulty", "share", type=click.FloatRange(0, 1), default=0.0)
@click.option("--seed", default="0")
@click.argument("argv", nargs=-1, type=click.UNPROCESSED)
def main(share: float, seed: str, argv: tuple[str, ...]) -> None:
    if sys.platform == "linux":
        die_with_parent(os.getppid(), signal.SIGKILL)
    if share:
        chance = random.Random(seed)
        for domain in registry.DOMAINS:
            given = domain.subscriptions
            changed = [_with(one, faulty(one.handler, chance, share)) if one.when == "after" else one for one in given]
            # Domains are frozen for everybody else.
            object.__setattr__(domain, "subscriptions", changed)
    lyceum(list(argv), prog_name="lyceum")


def _with(subscription: Subscription, handler: Handler) -> Subscription:
    return dataclasses.replace(subscription, handler=handler)


if __name__ == "__main__":
    main()
