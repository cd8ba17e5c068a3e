"""What other frameworks and papers call the layers, for the help of an error."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.diagnostic import did_you_mean

SYNONYMS = {
    "silu": "swish",
    "batchnorm": "bn",
    "batch_norm": "bn",
    "batchnorm2d": "bn",
    "fc": "linear",
    "dense": "linear",
}


def layer_meant(name: str, known: Iterable[str]) -> str:
    """A help line for a layer that is called otherwise here, or misspelt; empty where none is."""
    meant = SYNONYMS.get(name.lower())
    return f"did you mean '{meant}'?" if meant else did_you_mean(name, known)
