"""A profile as a table for people and as an object for scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from netlang.cost.model import Floor, Profile, Totals
from netlang.ground.columns import aligned
from netlang.ground.units import percent, rate, si

HEADER = ("layer", "op", "MACs", "bytes", "FLOP/byte", "floor", "bound by", "share")
LEFT = 2
"""So many columns are words, which begin at the left."""


def table(before: Profile, after: Profile) -> str:
    """One row per layer of the optimized network, then both networks as wholes."""
    lines = aligned([HEADER, *(_row(after, floor) for floor in after.floors)], LEFT)
    rule = "-" * max(map(len, lines))
    head = f"{title(after)}: {limits(after)}"
    return "\n".join([head, "", lines[0], rule, *lines[1:], rule, *_totals(before, after)])


def title(profile: Profile) -> str:
    """`resnet50 on H100 SXM, float16, batch 256`."""
    device = profile.device
    return f"{profile.network} on {device.name}, {profile.dtype}, batch {profile.batch}"


def limits(profile: Profile) -> str:
    """What the floors are made of: nothing was timed, and nobody shall take them for times.

    `floors of a model at 3 TB/s and 790 TFLOP/s (measured), 132 SMs, 50 MB of L2`
    """
    device = profile.device
    bandwidth = si(device.bandwidth, "B/s", trim=True)
    rate = si(device.rates[profile.dtype], "FLOP/s", trim=True)
    chip = f"{device.sms} SMs, {si(device.l2, 'B', trim=True)} of L2"
    return f"floors of a model at {bandwidth} and {rate} ({device.source}), {chip}"


def gain(before: Profile, after: Profile) -> float:
    """How many times the floor of one network is that of the other."""
    return before.totals.seconds / after.totals.seconds if after.totals.seconds else 1.0


def _row(profile: Profile, floor: Floor) -> tuple[str, ...]:
    work = floor.work
    return (
        work.name,
        work.caption,
        si(work.macs * profile.batch) if work.macs else "",
        si(floor.bytes, "B"),
        f"{floor.intensity:.1f}" if floor.flops else "",
        f"{1e6 * floor.seconds:.2f} µs",
        floor.bound,
        percent(profile.share([floor])),
    )


def _totals(before: Profile, after: Profile) -> list[str]:
    rows = [_total("as written", before.totals), _total("optimized", after.totals)]
    first, last = aligned(rows)
    compute = after.share(floor for floor in after.floors if floor.bound == "compute")
    return [
        first,
        f"{last}  {gain(before, after):.2f}x",
        f"optimized: {percent(1 - compute)} of the time bound by memory, "
        f"{percent(compute)} by compute",
    ]


def _total(what: str, totals: Totals) -> tuple[str, ...]:
    return (
        what,
        f"{totals.layers} layers",
        f"{si(totals.flops // 2)} MACs",
        si(totals.bytes, "B"),
        f"{1e6 * totals.seconds:.1f} µs",
        rate(totals.images_per_second),
    )


def describe(before: Profile, after: Profile) -> dict[str, Any]:
    """The profile as one object of plain values; the form is stable, for scripts.

    Everything is for the whole batch; bytes and seconds are floors.
    """
    device = after.device
    return {
        "network": after.network,
        "device": {
            "name": device.name,
            "bytes_per_second": device.bandwidth,
            "flops_per_second": device.rates[after.dtype],
            "l2_bytes": device.l2,
            "sms": device.sms,
            "source": device.source,
        },
        "dtype": after.dtype,
        "batch": after.batch,
        "before": asdict(before.totals),
        "after": asdict(after.totals),
        "layers": [_layer(after, floor) for floor in after.floors],
    }


def _layer(profile: Profile, floor: Floor) -> dict[str, Any]:
    work = floor.work
    return {
        "name": work.name,
        "op": work.op,
        "caption": work.caption,
        "family": work.family,
        "macs": work.macs * profile.batch,
        "bytes": floor.bytes,
        "intensity": floor.intensity,
        "seconds": floor.seconds,
        "bound": floor.bound,
        "share": profile.share([floor]),
    }
