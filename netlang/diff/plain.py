"""A difference as plain values, for scripts."""

from __future__ import annotations

from typing import Any

from netlang import summary
from netlang.diff.compare import Difference, Entry


def describe(difference: Difference) -> dict[str, Any]:
    """The difference as one object; the form is stable.

    `before` and `after` are the networks as `netlang summary --json` has them, but for the layers.
    `differences` has what was added, removed or changed, in order, with the paths that it had and
    has (null: it was not there). `what` is an operator or a block, or "group"; `layers` counts
    those of one of its `times` copies. `changes` has [before, after] by what changed, as the
    language writes it.
    """
    before, after = totals(difference)
    found = [_described(entry) for entry in difference.root.walk() if entry.mark != "same"]
    equal = difference.is_empty
    return {"before": before, "after": after, "equal": equal, "differences": found}


def totals(difference: Difference) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `netlang.summary.describe` says of each network as a whole."""
    before, after = map(summary.describe, difference.networks)
    del before["layers"], after["layers"]
    return before, after


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "mark": entry.mark,
        "what": entry.part.kind or "group",
        "before": entry.before.path if entry.before else None,
        "after": entry.after.path if entry.after else None,
        "layers": len(entry.part.nodes),
        "times": entry.part.times,
        "changes": {change.what: [change.before, change.after] for change in entry.changes},
    }
