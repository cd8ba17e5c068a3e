"""Whose memory a result may take: a residual sum is written where the residual was read.

%a = conv(%x)                                        %b and %c are written over %a: a stage of
%b = conv(%y) -> add(_, %a)     reads %a for good    residual blocks carries one buffer along,
%c = conv(%z) -> add(_, %b)     reads %b for good    however many sums it has
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlang.kernels import Layer, dense
from netlang.plan.arena import Lifetime
from netlang.plan.plan import Call, Memory


def owners(
    calls: Sequence[Call], kernels: Mapping[str, Layer], lifetimes: Mapping[str, Lifetime]
) -> dict[str, str]:
    """For each buffer the one whose memory it shares, which is the first to have it: often itself.

    `kernels` are those of the calls, by function; `lifetimes` are those of the buffers.
    """
    owner = {name: name for name in lifetimes}
    for moment, call in enumerate(calls):
        target = call.arguments[-1]
        if isinstance(target, Memory):
            new = lifetimes[target.buffer]
            for source in _replaceable(call, kernels[call.function]):
                old = lifetimes[source]
                if old.last == moment == new.first and old.size == new.size:
                    owner[target.buffer] = owner[source]
    return owner


def _replaceable(call: Call, kernel: Layer) -> Iterator[str]:
    """The buffers that a launch may write over, if nobody needs them any more."""
    # A kernel answers for the slice that it writes; of what lies beside, it knows nothing.
    if kernel.y != dense(kernel.y.channels, kernel.y.height, kernel.y.width):
        return
    for parameter, argument in zip(kernel.parameters, call.arguments, strict=True):
        # Through another parameter the same buffer may be read anywhere.
        is_alone = call.arguments.count(argument) == 1
        if is_alone and isinstance(argument, Memory) and parameter.name in kernel.in_place:
            yield argument.buffer


def merged(lifetimes: Mapping[str, Lifetime], owner: Mapping[str, str]) -> dict[str, Lifetime]:
    """The memory of each owner, in use as long as any of those that share it."""
    spans: dict[str, Lifetime] = {}
    for name, life in lifetimes.items():
        first = spans.get(owner[name], life).first
        spans[owner[name]] = Lifetime(life.size, first, life.last)
    return spans
