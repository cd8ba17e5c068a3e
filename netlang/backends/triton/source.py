"""kernels.py: each distinct kernel once, under the layers that launch it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from netlang import __version__
from netlang.kernels.kernel import IMPORTS
from netlang.plan import Function, Plan


def source(plan: Plan) -> str:
    """The text of kernels.py."""
    return "\n\n".join([_head(plan), *(_function(function) for function in plan.functions)])


def _head(plan: Plan) -> str:
    launches, kernels = len(plan.calls), len(plan.functions)
    return f'''"""Kernels of {plan.network} in {plan.precision}, written by netlang {__version__}.

{launches} launches of {kernels} kernels. `batch` is the number of images; an activation is an array
of height x width x batch x channels. plan.json says which kernel runs when, and on which memory.
"""

{IMPORTS}'''


def _function(function: Function) -> str:
    comment = "\n".join(_comment(function.layers))
    return f"{comment}\n{function.kernel.source(function.name)}"


def _comment(layers: tuple[str, ...]) -> Iterator[str]:
    # A name is never cut: whoever looks for a layer searches for it.
    wrap = textwrap.TextWrapper(97, break_long_words=False, break_on_hyphens=False)
    for line in wrap.wrap(", ".join(layers)):
        yield f"# {line}"
