"""Which certificates to trust: those of a file, or the one that has a fingerprint."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from idle_jobs.elastic.time_limit import trust
from idle_jobs.errors import Refused
from idle_jobs_cli.cluster.fingerprint import ca_file_for, fingerprint
from idle_jobs_cli.cluster.variables import CA_FILE, FINGERPRINT, first_of, read
from idle_jobs_cli.cluster.where import Where


@dataclass(frozen=True, slots=True)
class Trust:
    """A file or a fingerprint, at most one of them; else what certifi trusts."""

    ca_file: str = ""
    fingerprint: str = ""

    def file_for(self, url: str) -> str:
        """Return the file with what to trust, "" for certifi's; may call the server."""
        if self.fingerprint:
            return ca_file_for(url, self.fingerprint)
        return self.ca_file


def trust_of(
    where: Where, url: str, environ: Mapping[str, str], problems: list[str]
) -> Trust:
    """Return what to trust; append to `problems`.

    An option counts more than a variable, and a file more than a fingerprint.
    """
    if where.ca_file and where.fingerprint:
        problems.append("--ca-file, --fingerprint: expected one of them")
    ca_file, pinned = ("--ca-file", where.ca_file), ("--fingerprint", where.fingerprint)
    if not where.ca_file and not where.fingerprint:
        ca_file = first_of(environ, CA_FILE)
        pinned = ("", "") if ca_file[1] else first_of(environ, FINGERPRINT)
    if pinned[1] and urlsplit(url).scheme == "http":
        problems.append(f"{pinned[0]}: expected an https URL with it")
    return Trust(
        read(*ca_file, certificates, problems), read(*pinned, fingerprint, problems)
    )


def certificates(name: str) -> str:
    """Return the name of a file with certificates; ValueError if it has none."""
    if not Path(name).is_file():
        raise ValueError("expected a file with certificates")
    try:
        trust(name)
    except Refused as refused:
        why = str(refused).rpartition(": ")[2]
        raise ValueError(f"expected a file with certificates: {why}") from None
    return name
