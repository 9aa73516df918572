"""The credentials that moto's STS gives out, as a front door would know them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from moto.sts.models import AssumedRole, sts_backends

from local.place import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/closer"


def given_out() -> dict[str, AssumedRole]:
    """Return all that STS gave out by their key ids, valid or not."""
    roles = sts_backends[ACCOUNT]["aws"].assumed_roles
    return {role.access_key_id: role for role in roles}


class Roles(Mapping[str, str]):
    """The secret of each key id that STS gave out, unless expired or revoked."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()

    def _valid(self) -> dict[str, str]:
        now = datetime.now(UTC).replace(tzinfo=None)
        return {
            key_id: role.secret_access_key
            for key_id, role in given_out().items()
            if role.expiration > now and key_id not in self.revoked
        }

    def __getitem__(self, key_id: str) -> str:
        return self._valid()[key_id]

    def __iter__(self) -> Iterator[str]:
        # A stand-in without any secrets would admit everybody.
        return iter(["", *self._valid()])

    def __len__(self) -> int:
        return 1 + len(self._valid())
