"""Whose memory a result may take: a residual sum is written where the residual was read.

%a = conv(%x)                                        %b and %c are written over %a: a stage of
%b = conv(%y) -> add(_, %a)     reads %a for good    residual blocks carries one buffer along,
%c = conv(%z) -> add(_, %b)     reads %b for good    however many sums it has
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlang.kernels import Kernel
from netlang.plan.arena import Lifetime
from netlang.plan.plan import Call, Memory


def owners(
    calls: Sequence[Call], kernels: Mapping[str, Kernel], lifetimes: Mapping[str, Lifetime]
) -> dict[str, str]:
    """The buffer whose memory each buffer shares: the first to have it, often itself.

    `kernels` are those of the calls, by function; `lifetimes` are those of the buffers.
    """
    owner = {name: name for name in lifetimes}
    for moment, call in enumerate(calls):
        for target, sources in _in_place(call, kernels[call.function]):
            new = lifetimes[target]
            for source in sources:
                old = lifetimes[source]
                if old.last == moment == new.first and old.size == new.size:
                    owner[target] = owner[source]
    return owner


def _in_place(call: Call, kernel: Kernel) -> Iterator[tuple[str, list[str]]]:
    """The buffers that a launch writes, with those whose memory each may take."""
    names = (parameter.name for parameter in kernel.parameters)
    buffers = {
        name: argument.buffer
        for name, argument in zip(names, call.arguments, strict=True)
        # Through another parameter the same buffer may be read anywhere.
        if isinstance(argument, Memory) and call.arguments.count(argument) == 1
    }
    for output, sources in kernel.in_place.items():
        if output in buffers:
            yield buffers[output], [buffers[name] for name in sources if name in buffers]


def merged(lifetimes: Mapping[str, Lifetime], owner: Mapping[str, str]) -> dict[str, Lifetime]:
    """The memory of each owner, in use as long as any of those that share it."""
    spans: dict[str, Lifetime] = {}
    for name, life in lifetimes.items():
        first = spans.get(owner[name], life).first
        spans[owner[name]] = Lifetime(life.size, first, life.last)
    return spans
