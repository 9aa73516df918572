"""A CA that is trusted by its fingerprint: only if it has signed the certificate."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certificates import Issued, authority, context_of, server, write_chain
from commands.running import idle_jobs
from idle_jobs_cli.cluster.variables import FINGERPRINT
from standin.cluster import API_KEY, Cluster, serve
from standin.raw_server import RawServer

CA, OTHER = authority("a CA"), authority("another CA")
LEAF = server(CA)


def hex_of(issued: Issued) -> str:
    """Return the fingerprint as Elasticsearch prints it."""
    return sha256(issued.certificate.public_bytes(Encoding.DER)).hexdigest()


def colons(digits: str) -> str:
    """Return a fingerprint as openssl prints it."""
    return ":".join(re.findall("..", digits.upper()))


def plan(folder: Path, shown: list[Issued], *options: str, **variables: str) -> int:
    """Run `idle-jobs plan` on a cluster behind these certificates."""
    tls = context_of(write_chain(folder / "server.pem", *shown))
    with (
        serve(Cluster()) as cluster,
        RawServer(None, honest_tls=tls, upstream=cluster) as there,
    ):
        url = f"https://127.0.0.1:{there.port}"
        given = {"ES_API_KEY": API_KEY} | variables
        return idle_jobs("plan", "--url", url, *options, **given)


TRUSTED = {
    "of the CA": ([LEAF, CA], hex_of(CA)),
    "with colons": ([LEAF, CA], colons(hex_of(CA))),
    "in capitals, with blanks": ([LEAF, CA], f" {hex_of(CA).upper()} "),
    "of the certificate itself": ([LEAF], hex_of(LEAF)),
}


@pytest.mark.parametrize(("shown", "given"), TRUSTED.values(), ids=TRUSTED)
def test_a_certificate_is_trusted_by_its_fingerprint(
    shown: list[Issued], given: str, tmp_path: Path
) -> None:
    """As Elasticsearch or openssl prints it."""
    assert plan(tmp_path, shown, "--fingerprint", given) == 0


@pytest.mark.parametrize("name", FINGERPRINT)
def test_a_variable_has_it(name: str, tmp_path: Path) -> None:
    """Under the names of Elastic's own tools (U6)."""
    assert plan(tmp_path, [LEAF, CA], **{name: hex_of(CA)}) == 0


def test_a_ca_that_is_only_shown_is_not_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Anybody can show the right CA beside a certificate of their own."""
    shown = [server(OTHER), OTHER, CA]
    assert plan(tmp_path, shown, "--fingerprint", hex_of(CA)) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"Error: the certificate of 127\.0\.0\.1:\d+ is not signed by the CA that you "
        r"gave\nNext: compare the file, or the fingerprint, with the CA of this .*\n",
        err,
    )


def test_a_certificate_for_another_host_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The right CA may have signed the certificate of another node."""
    shown = [server(CA, "127.0.0.2"), CA]

    assert plan(tmp_path, shown, "--fingerprint", hex_of(CA)) == 1
    assert " is not for 127.0.0.1\n" in capsys.readouterr().err


def test_no_certificate_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is shown is told, to compare it (U3)."""
    wanted = hex_of(OTHER)
    assert plan(tmp_path, [LEAF, CA], "--fingerprint", wanted) == 1

    error, then = capsys.readouterr().err.splitlines()
    end, _, shown = error.partition(f" has the fingerprint {wanted[:16]}...; it shows ")
    assert end.startswith("Error: no certificate of 127.0.0.1:")
    assert f"{hex_of(LEAF)[:16]}, {hex_of(CA)[:16]}" == shown
    assert then.startswith("Next: compare the fingerprint with that of the cluster's")


@pytest.mark.parametrize("given", ["abc", "0" * 63, "g" * 64, f"{'00:' * 19}00"])
def test_what_is_no_fingerprint(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """SHA-1 among others; nothing is called."""
    url = ("--url", "https://elastic.invalid")
    assert idle_jobs("plan", *url, "--fingerprint", given, ES_API_KEY=API_KEY) == 2

    told = "Error: --fingerprint: expected a SHA-256 fingerprint: 64 hex digits"
    assert capsys.readouterr().err.startswith(told)


@pytest.mark.parametrize("name", ["--fingerprint", FINGERPRINT[0]])
def test_plain_http_has_no_certificate(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever gives a fingerprint wants it checked."""
    option = [name, hex_of(CA)] if name.startswith("--") else []
    variable = {} if option else {name: hex_of(CA)}
    there = ("--url", "http://127.0.0.1:9200")
    assert idle_jobs("plan", *there, *option, ES_API_KEY=API_KEY, **variable) == 2

    told = capsys.readouterr().err
    assert f"Error: {name}: expected an https URL with it\n" == told


UNREACHED = {
    "an unknown name": (
        "https://elastic.invalid",
        "the name elastic.invalid is not known to the DNS server",
    ),
    "nothing listens": ("https://127.0.0.1:1", "nothing listens at 127.0.0.1:1"),
}


@pytest.mark.parametrize(("url", "error"), UNREACHED.values(), ids=UNREACHED)
def test_there_is_no_connection(
    url: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As without a fingerprint (U3)."""
    options = ("--url", url, "--fingerprint", hex_of(CA))
    assert idle_jobs("plan", *options, ES_API_KEY=API_KEY) == 1
    assert capsys.readouterr().err.startswith(f"Error: {error}\nNext: check ")


def test_plain_http_behind_https(capsys: pytest.CaptureFixture[str]) -> None:
    """As without a fingerprint (U3)."""
    with serve(Cluster()) as url:
        there = ("--url", url.replace("http:", "https:"))
        options = (*there, "--fingerprint", hex_of(CA))
        assert idle_jobs("plan", *options, ES_API_KEY=API_KEY) == 1
    assert "speaks plain http, not https\n" in capsys.readouterr().err


def test_a_file_or_a_fingerprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two options are one too many; an option counts more than a variable."""
    wrong, right = tmp_path / "other.pem", tmp_path / "ca.pem"
    wrong.write_bytes(OTHER.pem)
    right.write_bytes(CA.pem)
    pinned = ("--fingerprint", hex_of(CA))

    assert plan(tmp_path, [LEAF, CA], *pinned, CA_BUNDLE=str(wrong)) == 0
    chosen = ("--ca-file", str(right))
    assert plan(tmp_path, [LEAF], *chosen, ES_CA_FINGERPRINT=hex_of(OTHER)) == 0
    assert plan(tmp_path, [LEAF, CA], *pinned, *chosen) == 2
    told = "Error: --ca-file, --fingerprint: expected one of them\n"
    assert told == capsys.readouterr().err


FILES = {
    "no certificate": b"-----BEGIN NOTHING-----\n",
    "a key alone": LEAF.private,
    "empty": b"",
    "DER": CA.certificate.public_bytes(Encoding.DER),
}


@pytest.mark.parametrize("written", FILES.values(), ids=FILES)
def test_a_file_without_certificates(
    written: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused by name before anything is called (U3)."""
    file = tmp_path / "ca.pem"
    file.write_bytes(written)
    there = ("--url", "https://elastic.invalid")
    assert idle_jobs("plan", *there, "--ca-file", str(file), ES_API_KEY=API_KEY) == 2

    why = "it has no complete certificate in PEM form"
    told = f"Error: --ca-file: expected a file with certificates: {why}, got "
    assert capsys.readouterr().err.startswith(told)
