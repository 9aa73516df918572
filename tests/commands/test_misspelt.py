"""Variables that look like settings, among those of an ordinary shell."""

import pytest

from idle_jobs.settings import RULE_READERS
from idle_jobs_cli.cluster.misspelt import misspelt
from idle_jobs_cli.cluster.target import open_target
from idle_jobs_cli.cluster.where import Where
from idle_jobs_cli.exits import BadInput
from local.intrinsics import load_template
from local.topology import TEMPLATE

MEANT = {*RULE_READERS, "CLUSTER_URL", "CA_BUNDLE", "SIGV4_SERVICE"}
MISSPELT = {
    "IDLE_AFTR": "IDLE_AFTER",
    "IdleAfter": "IDLE_AFTER",
    "IDLE_AFTER_": "IDLE_AFTER",
    "idle_after": "IDLE_AFTER",
    "IDLE-AFTER": "IDLE_AFTER",
    "KEEP_PATTERN": "KEEP_PATTERNS",
    "KEEP_PATERNS": "KEEP_PATTERNS",
    "MAX_CLOSE_PERCENTAGE": "MAX_CLOSE_PERCENT",
    "INCLUDE_MANAGED": "INCLUDE_MANAGED_JOBS",
    "CA_BUNLDE": "CA_BUNDLE",
    "SIGV4SERVICE": "SIGV4_SERVICE",
}


@pytest.mark.parametrize(("variable", "setting"), MISSPELT.items())
def test_a_misspelt_setting_is_told(variable: str, setting: str) -> None:
    """What is ignored without a word is a rule that its owner believes in (F14)."""
    expected = f"{variable}: unknown, did you mean {setting}?"

    assert [expected] == list(misspelt({variable, "PATH"}, MEANT, MEANT))


def test_every_parameter_that_is_a_rule_is_told() -> None:
    """Whoever writes the template's name means the variable (F14)."""
    parameters = load_template(TEMPLATE)["Parameters"]
    told = " ".join(misspelt(parameters, MEANT, MEANT))

    assert [] == [rule for rule in RULE_READERS if f"did you mean {rule}?" not in told]


SHELL = """
PATH HOME SHELL USER LANG LC_ALL TERM PWD OLDPWD SHLVL EDITOR PAGER DISPLAY TMPDIR PS1
COLUMNS LINES COLORTERM FORCE_COLOR NO_COLOR CLICOLOR_FORCE VIRTUAL_ENV PYTHONPATH CI
GITHUB_ACTIONS GITHUB_TOKEN GITHUB_JOB RUNNER_OS JOB_NAME JOB_URL JOB_ID BUILD_URL
CI_JOB_ID CI_JOB_URL CLUSTER CLUSTER_ID CLUSTERNAME CLUSTER_NAME KUBECONFIG
KUBERNETES_SERVICE_HOST DOCKER_HOST HTTP_PROXY http_proxy NO_PROXY SSL_CERT_FILE
REQUESTS_CA_BUNDLE CURL_CA_BUNDLE AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS AWS_PROFILE
AWS_REGION AWS_ROLE_ARN AWS_ROLE_SESSION_NAME ES_HOST ES_URL ES_API_KEY ES_API_KEY_ID
EC_API_KEY DD_API_KEY API_KEY SERVICE_URL SQS_QUEUE_URL SECRET_NAME ROLE_NAME TMOUT
CONNECTION_TIMEOUT REQUEST_TIMEOUT READ_TIMEOUT IDLE_TIMEOUT KEEP_ALIVE MAX_JOBS
MAX_WORKERS MAKEFLAGS MAKELEVEL MFLAGS SCHEDULES FIRST SEED STACK MODE ALL ID WAIT PORT
CONTROL_PORT VERSION FAULTS DIR LOG_LEVEL POWERTOOLS_SERVICE_NAME JAVA_HOME GOPATH
"""


def test_a_shells_own_variables_are_left_alone() -> None:
    """Nobody has to clean a shell to ask for a plan (F14)."""
    assert [] == list(misspelt(SHELL.split(), MEANT, MEANT))


def test_the_commands_refuse_a_misspelt_setting() -> None:
    """Together with whatever else is wrong (F14)."""
    variables = {"IDLE_AFTR": "4d", "ES_API_KEY": "x"}
    with pytest.raises(BadInput) as refused:
        open_target(Where(url="https://elastic.example"), variables)

    told = str(refused.value).split("; ")
    assert "IDLE_AFTR: unknown, did you mean IDLE_AFTER?" in told
    assert "ES_API_KEY: expected an encoded API key, id:api_key" in str(refused.value)
