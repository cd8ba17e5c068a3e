"""Asking the peers: each question in a process of its own, which may take its time, but no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.peers import PEERS
from netlang.lower import load

Answer = dict[str, Any]
"""`left`, counts by kind; or `unfinished`, the minutes it had; or `failed`, the last it said."""


def ask_all(
    networks: Iterable[str], known: Mapping[str, Mapping[str, Answer]], limit: float, jobs: int
) -> Iterator[tuple[str, str, Answer]]:
    """Asks each peer about each network that it has not answered yet, small ones first.

    `limit` is in minutes; who did not finish is asked again if there is more time than there was.
    """
    wanted = [
        (network, peer)
        for network in sorted(networks, key=lambda network: len(load(network)))
        for peer in PEERS
        if known.get(network, {}).get(peer, {"unfinished": 0}).get("unfinished", limit) < limit
    ]
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(ask, *each, limit): each for each in wanted}
        for done in as_completed(running):
            yield (*running[done], done.result())


def ask(network: str, peer: str, limit: float) -> Answer:
    """What a peer leaves of a network, in a process of its own with one thread."""
    line = [sys.executable, "-m", "benchmarks.peers", peer, network]
    # A compilation that is cut short leaves its files behind.
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": folder}
        try:
            run = subprocess.run(
                line, env=environment, capture_output=True, text=True, timeout=60 * limit
            )
        except subprocess.TimeoutExpired:
            return {"unfinished": limit}
    if run.returncode:
        return {"failed": run.stderr.strip().rpartition("\n")[2]}
    return {"left": json.loads(run.stdout.strip().rpartition("\n")[2])}
