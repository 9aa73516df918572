"""The key to the cluster: in its store, and in each function's own copy of it."""

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

from idle_jobs.elastic import credential
from idle_jobs.elastic.signing import Direct
from simulation.invocation import Invocation
from standin.cluster import API_KEY

if TYPE_CHECKING:
    from simulation.stack import Stack

FIRST = f"ApiKey {API_KEY}"
SECOND = "ApiKey cm90YXRlZDprZXk="


# All that the product needs, and without the right to see the tasks of the cluster.
NARROW = ("manage_ml",)


def granted(keys: tuple[str, ...], *, narrow: bool) -> Collection[str]:
    """Return keys that may do everything, or `narrow` ones."""
    return dict.fromkeys(keys, NARROW) if narrow else keys


class Stored:
    """What an invocation holds in place of the product's `Credential`."""

    def __init__(self, stack: "Stack", invocation: Invocation) -> None:
        self._stack, self._invocation = stack, invocation

    def authorization(self) -> str:
        """Return the function's copy, or the key itself where that is too old."""
        read_at, key = self._stack.copies.get(self._invocation.function, (None, ""))
        now = self._stack.world.now
        if read_at and (now - read_at).total_seconds() < credential.SECRET_MAX_AGE:
            return key
        return self.refresh()

    def refresh(self) -> str:
        """Read the key anew."""
        key = self._invocation.effect(lambda: self._stack.secret)
        self._stack.copies[self._invocation.function] = self._stack.world.now, key
        return key


def signer(stack: "Stack", invocation: Invocation) -> Direct:
    """Return the product's signer with that key."""
    return Direct(cast("credential.Credential", Stored(stack, invocation)))
