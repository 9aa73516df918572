"""Runs a peer's script in a process of its own, under the Python of the functions."""

import asyncio
import json
from typing import Any

from benchmark.places import PEER_PYTHON, PEERS
from standin.cluster import API_KEY


async def run_peer(script: str, url: str, *arguments: object) -> dict[str, float]:
    """Return what a script of peers/ prints at its end."""
    told = [a if isinstance(a, str) else json.dumps(a) for a in arguments]
    # Neither this project nor what is meant for it is seen by a peer.
    command = [str(PEER_PYTHON), "-I", str(PEERS / script), url, API_KEY, *told]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{script} ended with {process.returncode}")
    printed: dict[str, Any] = json.loads(output)
    return printed


async def close_with(  # noqa: PLR0917 - what a peer is told
    url: str,
    threads: int,
    ids: list[str],
    warm: list[str],
    stats: bool = False,
    ca: str = "",
) -> dict[str, float]:
    """Close jobs with the official client, after some to get warm."""
    how = {"threads": threads, "stats": stats, "ca": ca}
    return await run_peer("closing.py", url, how, ids, warm)
