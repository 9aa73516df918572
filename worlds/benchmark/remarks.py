"""What keeps a measure from its target, for docs/performance.md: by its values."""

# Measured one after the other in one process, the least of seven runs.
START = (
    "of 268 CPU ms until a function is ready, Python, Lambda's runtime client, "
    "Powertools, requests and botocore's session take 168, and the models of AWS's "
    "services 45"
)
FUNCTIONS = ("Closer", "Sweeper", "ForceCloser", "Reopener")
REMARKS: dict[str, str] = {
    **{f"5.{name}.full.answered": START for name in FUNCTIONS},
    **{f"5.ours.{mb}.answered": "as above" for mb in (512, 256)},
}
