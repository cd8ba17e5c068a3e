"""What other frameworks and papers call the layers, for the help of an error."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.diagnostic import near_or_all

SYNONYMS = {
    "silu": "swish",
    "batchnorm": "bn",
    "batch_norm": "bn",
    "batchnorm2d": "bn",
    "fc": "linear",
    "dense": "linear",
}


def layer_meant(name: str, known: Iterable[str]) -> str:
    """A help line for a layer that is called otherwise here, or misspelt, or with all of them."""
    meant = SYNONYMS.get(name.lower())
    return f"did you mean '{meant}'?" if meant else near_or_all(name, sorted(known))
