"""The tables of a file of results, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.gpu.contenders import NETLANG, PEERS
from benchmarks.gpu.figures import Row, ratio, share, timed
from benchmarks.markdown import table
from netlang.ground.units import percent, si

LABELS = {
    NETLANG: "netlang",
    "torch": "torch eager",
    "compile": "torch.compile",
    "jax": "JAX",
}

NONE = "—"


def report(rows: Sequence[Row]) -> str:
    """Everything: what it ran on, the tables, the layers, and what went wrong."""
    parts = [f"## {title}\n\n{text}" for title, text in _sections(rows)]
    return "\n\n".join(parts) + "\n"


def alike(rows: Sequence[Row]) -> list[Row]:
    """The rows of the first one's device and precision, in order: what fits into one table."""
    own = (row for row in rows if all(row[key] == rows[0][key] for key in ("device", "dtype")))
    return sorted(own, key=_order)


def _sections(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    for device in dict.fromkeys(row["device"] for row in rows):
        own = sorted((row for row in rows if row["device"] == device), key=_order)
        yield device, "\n".join(_ran_on(own))
        yield "Images a second", "\n".join(throughput(own))
        if any(row["batch"] == 1 for row in own):
            yield "One image at a time", "\n".join(latency(own))
        yield "Memory, and time to be ready", "\n".join(costs(own))
        for row in own:
            if row.get("layers"):
                yield f"Layers of {_what(row)}", "\n".join(layers(row))
        faults = list(_faults(own))
        if faults:
            yield "What has no times", "\n".join(faults)


def throughput(rows: Iterable[Row]) -> Iterator[str]:
    """Medians of images a second, and beside them half of what lies between the quartiles."""
    rows = list(rows)
    names = _names(rows)

    def cells(row: Row) -> Iterator[str]:
        spreads = timed(row)
        for name in names:
            spread = spreads.get(name)
            yield (
                f"{si(row['batch'] / spread.median)} ±{percent(spread.relative)}"
                if spread
                else _no_time(row, name)
            )
        yield _times(ratio(row))
        yield _percent(share(row["floor"], row))

    titles = (*(LABELS[name] for name in names), "to the best peer", "of the floor")
    yield from _by_case(rows, titles, cells)


def latency(rows: Iterable[Row]) -> Iterator[str]:
    """Medians at batch 1: on the device one behind the other, and from launch to result."""
    rows = [row for row in rows if row["batch"] == 1]
    names = _names(rows)

    def cells(row: Row) -> Iterator[str]:
        spreads = timed(row)
        for name in names:
            if name not in spreads:
                yield _no_time(row, name)
                continue
            calls = row["contenders"][name].get("calls")
            whole = si(median(calls), "s") if calls else NONE
            yield f"{si(spreads[name].median, 's')} / {whole}"

    yield from _by_case(rows, [f"{LABELS[name]}: device / call" for name in names], cells)


def costs(rows: Iterable[Row]) -> Iterator[str]:
    """The most memory that a call has in use, and the time from weights to the first result."""
    rows = list(rows)
    names = _names(rows)

    def cells(row: Row) -> Iterator[str]:
        for name in names:
            answer = row["contenders"].get(name, {})
            if "ready" not in answer:
                yield _no_time(row, name)
            else:
                yield f"{si(answer['memory'], 'B')}, {answer['ready']:.1f} s"

    yield from _by_case(rows, [LABELS[name] for name in names], cells)


def layers(row: Row) -> Iterator[str]:
    """The products of a network, each alone, beside torch's kernels for the same operators."""

    def cells(layer: Row) -> Iterator[str]:
        spreads = timed(layer)
        for name in (NETLANG, "torch"):
            yield si(spreads[name].median, "s") if name in spreads else _no_time(layer, name)
        yield _times(ratio(layer))
        yield _percent(share(layer["floor"], layer))

    titles = ("kernel", "launches", "netlang", "torch", "to torch", "of the floor")
    yield from table(
        titles,
        ((f"`{e['function']}`", str(e["launches"]), *cells(e)) for e in row["layers"]),
        left=1,
    )


def _by_case(
    rows: Iterable[Row], titles: Sequence[str], cells: Callable[[Row], Iterable[str]]
) -> Iterator[str]:
    lines = ((row["network"], str(row["batch"]), row["dtype"], *cells(row)) for row in rows)
    yield from table(("network", "batch", "precision", *titles), lines, left=1)


def _ran_on(rows: Sequence[Row]) -> Iterator[str]:
    """What the rows of a device have in common, a line for each way in which they differ."""
    for text in dict.fromkeys(map(_made_by, rows)):
        yield f"- {text}"
    dates = sorted(row["date"][:10] for row in rows)
    yield f"- measured {dates[0]}" + (f" to {dates[-1]}" if dates[0] != dates[-1] else "")


def _made_by(row: Row) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in row["versions"].items())
    gpu = row["gpu"]
    return f"{versions}; CUDA {gpu['cuda']}, driver {gpu['driver']}"


def _faults(rows: Iterable[Row]) -> Iterator[str]:
    """What was wrong or failed, in the networks and in their layers, and where it was so."""
    places: dict[str, list[str]] = {}
    for row in rows:
        for each in (row, *row.get("layers", ())):
            where = f"{_what(row)}, `{each['function']}`" if "function" in each else _what(row)
            for name, answer in each["contenders"].items():
                if "samples" not in answer:
                    places.setdefault(f"{LABELS[name]}: {_fault(answer)}", []).append(where)
    for fault, wheres in places.items():
        yield f"- {fault} ({'; '.join(wheres)})"


def _fault(answer: Mapping[str, Any]) -> str:
    if "wrong" in answer:
        return f"wrong by {answer['wrong']} of the largest logit, not {answer['tolerance']}"
    return answer["failed"]


def _no_time(row: Row, name: str) -> str:
    answer: Mapping[str, Any] = row["contenders"].get(name, {})
    return next((word for word in ("wrong", "failed") if word in answer), NONE)


def _names(rows: Iterable[Row]) -> list[str]:
    asked = {name for row in rows for name in row["contenders"]}
    return [name for name in (NETLANG, *PEERS) if name in asked]


def _what(row: Row) -> str:
    return f"{row['network']}, batch {row['batch']}, {row['dtype']}"


def _order(row: Row) -> tuple[str, str, int]:
    return row["dtype"], row["network"], row["batch"]


def _times(factor: float | None) -> str:
    return NONE if factor is None else f"{factor:.2f}x"


def _percent(part: float | None) -> str:
    return NONE if part is None else percent(part)


TABLES: dict[str, Callable[[Sequence[Row]], Iterable[str]]] = {
    "throughput": throughput,
    "latency": latency,
    "costs": costs,
}
"""By the names that a page's markers have for them."""
