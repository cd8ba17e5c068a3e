"""How the parts of one kernel are told apart, in its text and in the names of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import TypeVar

T = TypeVar("T")

MOST_PARTS = len(ascii_lowercase)
"""How many parts a kernel has at most: a letter each."""


def lettered(parts: Sequence[T]) -> list[tuple[str, T]]:
    """Each part behind its letter; there are `MOST_PARTS` at most."""
    return list(zip(ascii_lowercase[: len(parts)], parts, strict=True))
