"""What turns a network as it is written into one for inference, for any backend."""

from netlang.passes.report import Pass
from netlang.passes.simplify.drop_heads import drop_heads
from netlang.passes.simplify.drop_identity import drop_identity
from netlang.passes.simplify.eliminate_dead import eliminate_dead
from netlang.passes.simplify.flatten_concat import flatten_concat
from netlang.passes.simplify.fold_affine import fold_affine
from netlang.passes.simplify.fold_bn import fold_bn
from netlang.passes.simplify.fold_shortcut import fold_shortcut
from netlang.passes.simplify.lift_stride import lift_stride
from netlang.passes.simplify.merge_equal import merge_equal
from netlang.passes.simplify.pool_first import pool_first

SIMPLIFY: tuple[Pass, ...] = (
    drop_heads,
    eliminate_dead,
    drop_identity,
    flatten_concat,
    pool_first,
    merge_equal,  # the two before it may leave values that are equal
    fold_bn,
    fold_affine,
    drop_identity,  # again: a flatten may stand right ahead of its linear layer by now
    lift_stride,  # through what is pointwise: a batch norm is not, a fused operator hides it
    fold_shortcut,  # and shortcuts that got a stride just now
)
