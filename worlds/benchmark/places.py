"""Where the subjects of the benchmark are: built functions, interpreters, scripts."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
PEERS = Path(__file__).with_name("peers")
# The peers run under the Python of the functions, which is Lambda's.
LAMBDA_PYTHON = ROOT / ".venv-e2e" / "bin" / "python"
PEER_PYTHON = ROOT / ".venv-313" / "bin" / "python"
PEER_PACKAGES = ROOT / ".venv-313" / "lib" / "python3.13" / "site-packages"
SERVER_PYTHON = Path(sys.executable)
