"""What an actor is: one state, one message at a time. Invariant: no method runs while another of the same actor does.

An actor may use `self.*` freely without locks. It must not be the only place where something is known.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)


class Post(Protocol[M_contra]):
    """Puts a message into the actor's own mailbox, now or after `after_s`. Never waits."""

    def __call__(self, message: M_contra, *, conflate_key: Hashable | None = None, after_s: float = 0.0) -> bool: ...


class Actor(ABC, Generic[M]):
    async def on_start(self) -> None:
        """Rebuilds the state. Runs before the first message, and again after a crash on a fresh instance."""

    @abstractmethod
    async def receive(self, message: M) -> None: ...

    async def on_stop(self) -> None:
        """Flushes. Runs when the actor goes to rest or the house closes, not after a crash."""

    def may_rest(self) -> bool:
        """Asked when no mail came for a while."""
        return True
