"""The address of a cluster: a URL or a Cloud ID, from an option or a variable."""

from base64 import b64encode

import pytest

from commands.running import idle_jobs
from idle_jobs_cli.cluster.address import read_url, url_of_cloud_id
from idle_jobs_cli.cluster.variables import CLOUD_ID
from standin.cluster import API_KEY, Cluster, serve


def cloud_id(parts: str, name: str = "prod") -> str:
    """Return the Cloud ID of a host, Elasticsearch and Kibana."""
    return f"{name}:{b64encode(parts.encode()).decode()}"


ELASTICSEARCH, KIBANA = "cec6f261a74bf24ce33bb8811b84294f", "c6c2ca6d042249af0cc7d7a9e9"
HOST = "us-east-1.aws.found.io"
ES = f"https://{ELASTICSEARCH}.{HOST}"
CLOUD_IDS = {
    "as the console shows it": (
        cloud_id(f"{HOST}${ELASTICSEARCH}${KIBANA}"),
        f"{ES}:443",
    ),
    "without Kibana": (cloud_id(f"{HOST}${ELASTICSEARCH}$"), f"{ES}:443"),
    "without a part for Kibana": (cloud_id(f"{HOST}${ELASTICSEARCH}"), f"{ES}:443"),
    "with a port": (cloud_id(f"{HOST}:9243${ELASTICSEARCH}${KIBANA}"), f"{ES}:9243"),
    "with ports of their own": (
        cloud_id(f"{HOST}:9243${ELASTICSEARCH}:9200${KIBANA}:5601"),
        f"{ES}:9200",
    ),
    "with a name that has a colon": (
        cloud_id(f"{HOST}${ELASTICSEARCH}${KIBANA}", "eu: logs"),
        f"{ES}:443",
    ),
    "copied without its last =": (
        cloud_id(f"{HOST}${ELASTICSEARCH}$").rstrip("="),
        f"{ES}:443",
    ),
}


@pytest.mark.parametrize(("text", "url"), CLOUD_IDS.values(), ids=CLOUD_IDS)
def test_a_cloud_id(text: str, url: str) -> None:
    """It names the port, the host and the part of Elasticsearch (U6)."""
    assert url == url_of_cloud_id(text)


NO_CLOUD_IDS = {
    "a URL": "https://prod.es.us-east-1.aws.found.io",
    "a name alone": "prod",
    "no base64": "prod:~~~",
    "no host": cloud_id(f"${ELASTICSEARCH}$"),
    "no Elasticsearch": cloud_id(f"{HOST}$"),
    "bytes": f"prod:{b64encode(bytes(range(128, 160))).decode()}",
    "an address that is none": cloud_id(f"{HOST}:x${ELASTICSEARCH}$"),
    "a host that sends it elsewhere": cloud_id(f"{HOST}/?$a@b$"),
}


@pytest.mark.parametrize("text", NO_CLOUD_IDS.values(), ids=NO_CLOUD_IDS)
@pytest.mark.parametrize("name", CLOUD_ID)
def test_what_is_no_cloud_id(
    name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The variable is named, with an example (U6)."""
    assert idle_jobs("plan", **{name: text, "ES_API_KEY": API_KEY}) == 2

    told = f"Error: {name}: expected a Cloud ID, such as my-deployment:ZXUt..."
    assert capsys.readouterr().err.startswith(told)


URLS = {
    "no scheme": ("elastic.example:9200", "begins with https://"),
    "a name alone": ("localhost", "begins with https://"),
    "a port that is none": ("https://elastic.example:99999", "from 1 to 65535"),
    "port 0": ("https://elastic.example:0", "from 1 to 65535"),
    "no port after the colon": ("https://elastic.example:x", "from 1 to 65535"),
    "no host": ("https://:9200", "with a host"),
    "a label that DNS forbids": (f"https://{'a' * 64}.example", "with a host"),
    "plain http": (
        "http://elastic.example:9200",
        "expected https, and http only to 127.0.0.1 or localhost",
    ),
    "a query": ("https://elastic.example?pretty", "without user and query"),
    "a blank": ("https://elastic example", "without user and query"),
    "another scheme": ("ftp://elastic.example", "expected an https URL"),
}


@pytest.mark.parametrize(("url", "expected"), URLS.values(), ids=URLS)
def test_what_is_no_url(
    url: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with it is told, and nothing is called (U3)."""
    assert idle_jobs("plan", "--url", url, ES_API_KEY=API_KEY) == 2

    err = capsys.readouterr().err
    assert err.startswith("Error: --url: expected ")
    assert expected in err
    assert f", got '{url[:40]}" in err


def test_a_user_in_a_url_is_never_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Elastic's clients take it; here it would get into logs and shell histories."""
    url = "https://ann:hu/sh@elastic.example"
    assert idle_jobs("plan", ES_URL=url) == 2

    told = "ES_URL: expected a URL without a user: set ES_USERNAME and ES_PASSWORD"
    err = capsys.readouterr().err
    assert err.startswith(f"Error: {told} instead")
    assert ("ann" in err, "hu" in err) == (False, False)


GOOD = ["https://elastic.example", "https://[::1]:9200/base", "http://localhost:9200/"]


@pytest.mark.parametrize("url", GOOD)
def test_a_url_is_kept_as_it_is(url: str) -> None:
    """A base path is the gateway's."""
    assert url == read_url(url)


def test_blanks_are_no_part_of_an_address() -> None:
    """Editors and consoles add them; an empty variable is none (U6)."""
    with serve(Cluster()) as url:
        variables = {"CLUSTER_URL": " ", "ES_URL": f" {url}\n", "ES_API_KEY": API_KEY}
        assert idle_jobs("plan", **variables) == 0
        assert idle_jobs("plan", "--url", f" {url} ", ES_API_KEY=f"{API_KEY}\n") == 0


def test_two_addresses_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody guesses which one is meant."""
    both = ("--url", "https://elastic.example", "--cloud-id", cloud_id(f"{HOST}$a$"))
    assert idle_jobs("plan", *both, ES_API_KEY=API_KEY) == 2

    assert "--url, --cloud-id: expected one of them" in capsys.readouterr().err


def test_an_option_counts_more_than_a_variable() -> None:
    """Whatever the shell's environment has."""
    there = {"CLUSTER_URL": "https://elastic.invalid", "CLOUD_ID": "x"}
    with serve(Cluster()) as url:
        assert idle_jobs("plan", "--url", url, ES_API_KEY=API_KEY, **there) == 0
