"""A grammar of JSON that is legal, nearly legal or not at all; knows no field."""

from collections.abc import Callable, Mapping
from random import Random

Text = Callable[[Random], str]

# Python reads and writes 4,300 digits, and nests about 1,000 levels (3.11).
NUMBERS = (
    *("0", "-0", "1", "-1", "0.5", "7e0", "1E5", "1e400", "-1e400", "1e-400", "1e4299"),
    *(str(2**53 + 1), str(2**63), str(-(2**63) - 1), str(2**64), "9" * 400),
    *("9" * 4_300, "-" + "9" * 4_300, "9" * 4_301, "1" + "0" * 5_000),
    *("253402300799000", "-62135596800000", "1" + "0" * 18, "1795435200000"),
    *("NaN", "Infinity", "-Infinity", "-NaN", "01", "+1", ".5", "1.", "0x10", "1_000"),
)
WORDS = ("true", "false", "null", "nul", "True", "undefined", "", "'web'", "/**/1")
STRINGS = (
    *("", " ", "*", "_all", "a,b", "web,*", "..", "../_all", "web%2F..", "wéb"),
    *(r"\u0000", r"\u001b[2J", r"\n", r"\ud800", r"\udfff\ud800", r"web\ud83d", "\x00"),
    *("\x1b[2J", "\t", "\u202eweb", "\ufeffweb", "\ufffe", "\x9b2J", "😀" * 80),
    *("9" * 80, "NaN", "null", "true", "1", "{}", "%s%n", "${jndi:x}", r"\x", r"\u12"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z"),
    *("2026-11-23T12:00:00", "२०२६-11-23T12:00:00Z", "0001-01-01T00:00:00Z"),
    *("2026-11-23t10:00:00.123456789z", "9999-12-31T00:00:00Z", "1970-01-01T00:00:00Z"),
    *("999999999999d", "36501d", "36500d", "0d", "1nanos", "1e3s", "-5m", "30 m"),
    *("1b", "999999999999999pb", "-1mb", "opened ", "OPENED", "stopped\\u0000"),
)


def source(seed: object) -> Random:
    """Return what the grammar draws from: for one seed, always the same."""
    return Random(str(seed))  # noqa: S311 - a seed is no secret


def number(r: Random) -> str:
    """Return a number, or what some take for one."""
    return r.choice(NUMBERS)


def string(r: Random) -> str:
    """Return a string; one of twenty is long."""
    if r.random() < 0.05:
        letter = r.choice(("x", "é", "😀", r"\u0000", "\x9b", "\x00"))
        return '"' + letter * long(r) + '"'
    return '"' + r.choice(STRINGS) + '"'


def long(r: Random) -> int:
    """Return a length: just above a limit, or far above all."""
    return r.choice((65, 101, 257, 257, 513, 513, 4_097, 4_097))


def deep(r: Random) -> str:
    """Return a value in a value in a value, closed or not."""
    # Python 3.11 ends its patience at about 1,000 levels, later ones at some thousands.
    some, more = r.randint(850, 1_000), r.randint(2_000, 10_000)
    levels = r.choice((5, 100, some, some, more, 20_000))
    opens, ends = r.choice((("[", "]"), ('{"a":', "}"), ('[{"job_id":', "}]")))
    return opens * levels + "1" + ends * (levels - (r.random() < 0.1))


def wide(r: Random) -> str:
    """Return many values side by side."""
    part = r.choice(("[]", "{}", "0", '""', "null", '"\\ud800"'))
    return "[" + ",".join([part] * long(r)) + "]"


def listed(r: Random) -> str:
    """Return a short list."""
    return "[" + ",".join(value(r) for _ in range(r.randint(0, 3))) + "]"


def nested(r: Random) -> str:
    """Return an object of odd names."""
    names = [string(r) for _ in range(r.randint(0, 3))]
    return "{" + ",".join(f"{name}: {value(r)}" for name in names) + "}"


KINDS: tuple[Text, ...] = (number, string, deep, wide, listed, nested)
WEIGHTS = (6, 8, 1, 1, 2, 2)


def value(r: Random) -> str:
    """Return any value."""
    if r.random() < 0.1:
        return r.choice(WORDS)
    return r.choices(KINDS, WEIGHTS)[0](r)


def object_of(r: Random, fields: Mapping[str, str]) -> str:
    """Return an object with some of its fields turned, dropped, doubled or added."""
    pairs = [(f'"{name}"', text) for name, text in fields.items()]
    for _ in range(r.choice((0, 1, 1, 1, 2, 3))):
        at = r.randrange(len(pairs)) if pairs else 0
        name = pairs[at][0] if pairs else '"a"'
        turn = r.random()
        if turn < 0.7:
            pairs[at : at + 1] = [(name, value(r))]
        elif turn < 0.8:
            del pairs[at : at + 1]
        elif turn < 0.9:
            pairs.insert(r.choice((0, len(pairs))), (name, value(r)))
        else:
            pairs.append((string(r), value(r)))
    return "{" + ", ".join(f"{name}: {text}" for name, text in pairs) + "}"


def document(r: Random, text: str) -> str:
    """Return a document, one of seven spoiled as a whole."""
    if r.random() < 0.85:
        return text
    cut = r.randint(0, len(text))
    spoiled: tuple[Text, ...] = (
        lambda _: text[:cut],
        lambda _: text[:cut] + "\x00" + text[cut:],
        lambda _: "\ufeff" + text,
        lambda _: text + "{}",
        lambda _: "[" + text + "]",
        lambda _: " " * 5_000 + text + "\n" * 5_000,
        lambda _: "<html>" + text,
        lambda _: "",
        value,
    )
    return r.choice(spoiled)(r)
