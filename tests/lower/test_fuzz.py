"""Whatever stands in a file, a user sees a `NetError` or a network, and never anything else."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlang.diagnostic import NetError, Source
from netlang.ground.resources import zoo_networks
from netlang.ir.graph import verify
from netlang.lower import load

NETWORKS = [path for path in zoo_networks().values() if path.stat().st_size > 200]
WORDS = re.compile(r"\w+|\s+|->|\S")
STRANGE = [
    *"{}()|,;=-+*/%<>\"'#@\n\t\x00é→",
    *("->", "x", "0", "-1", "1e999", "9" * 40, "3x3", "0x0", "40%", "on", "half", "net", "block"),
    *("input", "from", "as", "repeat", "branches", "shortcut", "via", "aux", "if", "else", "let"),
    *("conv", "add", "concat", "channels", "bottleneck", "add 1, 2", "999999 x relu", "use"),
]


def damaged(text: str, seed: int, edits: int) -> str:
    """The text with words removed, doubled, swapped or replaced by strange ones."""
    rng, words = random.Random(seed), WORDS.findall(text)
    for _ in range(edits):
        place, other = rng.randrange(len(words)), rng.randrange(len(words))
        match rng.randrange(4):
            case 0:
                words[place] = ""
            case 1:
                words[place] = words[other]
            case 2:
                words[place], words[other] = words[other], words[place]
            case _:
                words[place] = f"{words[place]} {rng.choice(STRANGE)} "
    return "".join(words)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.sampled_from(NETWORKS), st.integers(0, 2**32), st.integers(1, 6))
def test_a_damaged_file_is_a_network_or_a_mistake(path: Path, seed: int, edits: int) -> None:
    source = Source(str(path), damaged(path.read_text(), seed, edits))
    with suppress(NetError):
        verify(load(source))


def test_depth_is_a_mistake_and_not_a_crash() -> None:
    deep = "".join(f"block b{i} {{ {'group g { ' * 9}b{i + 1}{' }' * 9} }}\n" for i in range(99))
    source = Source("deep.net", f"{deep}block b99 {{ relu }}\nnet n {{ input 3x8x8 -> b0 }}\n")
    with pytest.raises(NetError, match="deep"):
        load(source)
