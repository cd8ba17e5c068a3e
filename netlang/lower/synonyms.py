"""What other frameworks and papers call layers and values, for the help of an error."""

from __future__ import annotations

from collections.abc import Iterable

from netlang.diagnostic import did_you_mean
from netlang.ir.attributes import SWITCH, Attribute, Value, show

SYNONYMS = {
    "silu": "swish",
    "batchnorm": "bn",
    "batch_norm": "bn",
    "batchnorm2d": "bn",
    "fc": "linear",
    "dense": "linear",
}


def layer_meant(name: str, known: Iterable[str]) -> str:
    """A help line for a layer that is called otherwise here, or misspelt; empty for any other."""
    meant = SYNONYMS.get(name.lower())
    return f"did you mean '{meant}'?" if meant else did_you_mean(name, known)


VALUES = {
    "pad": {"valid": "0", "none": "0"},
    "groups": {"depthwise": "channels"},
}
SWITCHES = {
    **dict.fromkeys(("true", "yes", "1"), "on"),
    **dict.fromkeys(("false", "no", "none", "0"), "off"),
}


def value_meant(attribute: Attribute, value: Value) -> str:
    """A help line for what an attribute's value is called elsewhere; empty for any other."""
    words = SWITCHES if attribute.kind is SWITCH else VALUES.get(attribute.name, {})
    meant = words.get(show(value).lower())
    return f"write {attribute.name}={meant}" if meant else ""
