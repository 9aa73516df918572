"""Lines of text without colours: what is told of an error, and what is untrusted."""

import click


def complain(what: str, then: str = "") -> None:
    """Print an error as one line on stderr, and the next step as a second one."""
    click.echo(f"Error: {one_line(what)}", err=True)
    if then:
        click.echo(f"Next: {one_line(then)}", err=True)


def one_line(text: str) -> str:
    """Return an untrusted text as one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
