"""Where tunings are kept: in files that people name, and in the user's cache."""

from __future__ import annotations

import re
import sys
from dataclasses import astuple
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from netlang.device import Device
from netlang.diagnostic import error
from netlang.ground.files import user_cache, write_whole
from netlang.ground.resources import code_digest
from netlang.tune.tuning import Maker, Tuning

PATIENCE = 30
"""Seconds to wait for another process that writes the same file."""


def maker(device: Device) -> Maker:
    """What measurements on a device depend on here and now."""
    return Maker(device.name, device.capability, _triton(), _kernels())


def read_tuning(path: Path, device: Device) -> Tuning:
    """The tuning in a file, for a device; `NetError` where it is none, or for another device.

    That it was made with other versions is no mistake: its tiles are right, if not the fastest.
    """
    try:
        tuning = Tuning.parse(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise error(
            f"'{path}' is not a tuning of netlang: {problem}",
            help="`netlang compile NET --tune -o DIR` on a GPU writes DIR/tuning.json",
        ) from None
    if (tuning.maker.device, tuning.maker.capability) != (device.name, device.capability):
        raise error(
            f"'{path}' was measured on {tuning.maker.device}, and the target is {device.name}",
            help="compile for that device, or tune on this one",
        )
    return tuning


def cached(made: Maker) -> Tuning:
    """What this user has measured as `made` says; nothing, if nothing.

    A file that cannot be used is passed over with a notice on standard error.
    """
    nothing, path = Tuning(made, {}), cache_path(made)
    if path is None or not path.exists():
        return nothing
    try:
        tuning = Tuning.parse(path.read_text(encoding="utf-8"))
        if tuning.maker != made:
            raise ValueError(f"it was measured on {tuning.maker.device} or with other versions")
    except (OSError, ValueError) as problem:
        _note(f"'{path}' is passed over: {problem}")
        return nothing
    return tuning


def keep(tuning: Tuning) -> None:
    """Adds timings to the user's cache, where another process may be doing the same."""
    from filelock import FileLock

    path = cache_path(tuning.maker)
    if path is None:
        return
    try:
        with FileLock(path.with_suffix(".lock"), timeout=PATIENCE):
            write_whole(path, cached(tuning.maker).merged(tuning).text().encode())
    except OSError as problem:
        _note(f"'{path}' is not written: {problem}")


def cache_path(made: Maker) -> Path | None:
    """The file of the user's cache for a maker, or None where no such place can be had."""
    words = re.findall(r"[a-z0-9.]+", " ".join(map(str, astuple(made))).lower())
    home = user_cache()
    return home / f"tuning-{'-'.join(words)}.json" if home else None


def _triton() -> str:
    try:
        return version("triton")
    except PackageNotFoundError:
        return "none"


def _kernels() -> str:
    """A digest of the modules that write kernels: when they change, so may what is fastest."""
    return code_digest("kernels")


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)
