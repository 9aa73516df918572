"""Answers of a cluster, or of whatever stands before it, most of them spoiled."""

from collections.abc import Mapping
from random import Random

from builders import ago
from hostile.texts import document, object_of, source


def _ms(**span: float) -> str:
    return str(int(ago(**span).timestamp() * 1000))


CONFIG = {
    "job_id": '"web"',
    "create_time": _ms(days=90),
    "groups": '["shop"]',
    "custom_settings": '{"idle_closer": {"mode": "auto", "owner": "team-x"}}',
    "analysis_config": '{"bucket_span": "15m", "detectors": [{"function": "mean"}]}',
    "analysis_limits": '{"model_memory_limit": "512mb"}',
    "datafeed_config": '{"datafeed_id": "feed", "frequency": "1m"}',
}
COUNTS = {
    "last_data_time": _ms(days=10),
    "log_time": _ms(days=10),
    "processed_record_count": "1000",
}
SIZES = {
    "log_time": _ms(days=10),
    "model_bytes": "1000",
    "peak_model_bytes": "2000",
    "assignment_memory_basis": '"peak_model_bytes"',
}
STATS = {
    "job_id": '"web"',
    "state": '"opened"',
    "node": '{"id": "n1"}',
    "assignment_explanation": '""',
    "open_time": '"2592000s"',
    "forecasts_stats": '{"status": {"finished": 1}}',
}
FEED = {
    "datafeed_id": '"feed"',
    "state": '"stopped"',
    "timing_stats": '{"job_id": "web"}',
    "running_state": "null",
}
INFO = {"upgrade_mode": "false", "native_code": '{"version": "8.19.0"}'}
REASONS = (
    "Cannot close job [web] because it failed, use force close",
    "Cannot close job [web], datafeed could not be stopped",
    "No known job with id 'web'",
    "Timed out when waiting for persistent tasks",
    "upgrade mode is enabled",
    r"\u0000\ud800 \u001b[2J",
    "x" * 30_000,
)
STATUSES = (400, 401, 403, 404, 409, 429, 500, 502, 503, 504, 302, 204, 999)
Answer = tuple[int, bytes]


def honest(kind: str) -> dict[str, str]:
    """Return the fields of an answer as Elasticsearch gives it."""
    if kind == "info":
        return dict(INFO)
    if kind == "close":
        return {"closed": "true"}
    name = "datafeeds" if kind == "feeds" else "jobs"
    return {"count": "1", name: f"[{item(source(0), kind, spoiled=False)}]"}


def item(r: Random, kind: str, *, spoiled: bool) -> str:
    """Return one item of a list."""
    fields = {"stats": STATS, "configs": CONFIG, "feeds": FEED}[kind]
    counts, sizes = COUNTS, SIZES
    inner = r.random() if spoiled else 1
    if kind == "stats":
        within = {
            "data_counts": _object(r, counts, spoiled=inner < 0.3),
            "model_size_stats": _object(r, sizes, spoiled=inner < 0.2),
        }
        fields = fields | within
    return _object(r, fields, spoiled=spoiled and inner >= 0.3)


def _object(r: Random, fields: Mapping[str, str], *, spoiled: bool) -> str:
    if spoiled:
        return object_of(r, fields)
    return "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"


def answer(r: Random, kind: str) -> Answer:
    """Return a status and a body for a call, spoiled somewhere."""
    if r.random() < 0.2:
        return r.choice(STATUSES), octets(r, document(r, failure(r)))
    fields = honest(kind)
    if "count" not in fields or r.random() < 0.15:
        return 200, octets(r, document(r, object_of(r, fields)))
    name = "datafeeds" if kind == "feeds" else "jobs"
    fields[name] = f"[{item(r, kind, spoiled=True)}]"
    return 200, octets(r, document(r, _object(r, fields, spoiled=False)))


def failure(r: Random) -> str:
    """Return what Elasticsearch says of an error, or nearly."""
    error = {
        "type": '"resource_not_found_exception"',
        "reason": '"' + r.choice(REASONS) + '"',
    }
    spoiled = r.random() < 0.5
    return '{"error": ' + _object(r, error, spoiled=spoiled) + ', "status": 400}'


def octets(r: Random, text: str) -> bytes:
    """Return a text as bytes, which may be none of any text."""
    body = text.encode("utf-8", "surrogatepass")
    if r.random() < 0.9:
        return body
    at = r.randint(0, len(body))
    wrong = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80")
    spoiled = (body[:at] + r.choice(wrong) + body[at:], text.encode("utf-16"))
    return r.choice(spoiled)


def plain(kind: str) -> bytes:
    """Return an honest answer's bytes."""
    return _object(source(0), honest(kind), spoiled=False).encode()
