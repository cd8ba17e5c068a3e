"""The order in which a person counts."""

from __future__ import annotations

import re


def natural(text: str) -> tuple[list[str | int], str]:
    """A key to sort by: resnet18 before resnet110, for runs of digits compare as numbers.

    Texts that differ have keys that do: where numbers are the same, 01 stands before 1.
    """
    parts = re.split(r"(\d+)", text)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], text
