"""The two ends of a case that are not success.

Exception
├── Unmet        the cluster, or the response, is not what the case demands: failed
└── Unsupported  the case needs what this runner does not have: skipped
"""


class Unmet(Exception):
    """What was demanded did not happen."""


class Unsupported(Exception):
    """What the case asks for is unknown here; the message names it."""
