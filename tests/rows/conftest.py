"""No run that fails may tell a secret, whatever a row's test asks of it."""

from collections.abc import Iterator

import pytest

from overheard import listening


@pytest.fixture(autouse=True)
def _no_secret_is_told() -> Iterator[None]:
    """Search all that the functions and their packages say, at DEBUG."""
    with listening() as told:
        yield

        assert [] == told()
