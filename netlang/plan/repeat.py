"""A plan's launches over and over, each round on memory that the last one has left to cool.

Timed like this a kernel finds its numbers where it would in a network: what it reads twice may be
in the cache the second time, and nothing is there from the launch before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from netlang.plan.plan import (
    Argument,
    Buffer,
    Call,
    Constant,
    Counters,
    Memory,
    Plan,
    Scratch,
)


def repeated(plan: Plan, function: str, sets: int, rounds: int) -> Plan:
    """A plan with the launch of one function once for each of `sets`, `rounds` times.

    A set is buffers, weights and counters of its own; what comes ahead of the launch fills each,
    once, and the result is the first one's. No buffer shares memory with another, so that a launch
    finds its input unchanged however often it runs.
    """
    (at,) = (i for i, call in enumerate(plan.calls) if call.function == function)
    ahead, behind = plan.calls[:at], plan.calls[at + 1 :]
    filling = [_in_set(call, plan, i) for i in range(sets) for call in ahead]
    timed = [_in_set(plan.calls[at], plan, i) for i in range(sets)] * rounds
    calls = (*filling, *timed, *(_in_set(call, plan, 0) for call in behind))
    buffers = _apart(plan.buffers, sets, len(calls) - 1)
    size = buffers[-1].offset + buffers[-1].size if buffers else 0
    return replace(
        plan,
        calls=calls,
        buffers=buffers,
        weights=tuple(
            replace(weight, name=_named(weight.name, i))
            for i in range(sets)
            for weight in plan.weights
        ),
        counters=plan.counters * sets,
        arena_bytes=size,
        arena_lower_bound=size,
    )


def _apart(buffers: Sequence[Buffer], sets: int, last: int) -> tuple[Buffer, ...]:
    """The buffers of all sets, one behind the other and in use throughout."""
    every = [replace(b, name=_named(b.name, i)) for i in range(sets) for b in buffers]
    starts = accumulate((buffer.size for buffer in every), initial=0)
    return tuple(
        replace(buffer, first=0, last=last, offset=start)
        for buffer, start in zip(every, starts, strict=False)
    )


def _in_set(call: Call, plan: Plan, number: int) -> Call:
    def own(argument: Argument) -> Argument:
        match argument:
            case Memory(buffer):
                return Memory(_named(buffer, number))
            case Scratch(buffer):
                return Scratch(_named(buffer, number))
            case Constant(weight):
                return Constant(_named(weight, number))
            case Counters(offset):
                return Counters(offset + number * plan.counters)
            case _:
                return argument

    return replace(call, arguments=tuple(map(own, call.arguments)))


def _named(name: str, number: int) -> str:
    return f"{name}.{number}"
