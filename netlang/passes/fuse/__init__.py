"""What makes one node of what one kernel computes, for a target."""

from netlang.passes.fuse.back_to_back import back_to_back
from netlang.passes.fuse.fuse_epilogue import fuse_epilogue
from netlang.passes.fuse.launch_together import launch_together
from netlang.passes.fuse.merge_siblings import merge_siblings
from netlang.passes.fuse.pad_channels import pad_channels
from netlang.passes.fuse.pool_ahead import pool_ahead
from netlang.passes.fuse.pool_behind import pool_behind
from netlang.passes.fuse.softmax_behind import softmax_behind
from netlang.passes.fuse.sum_products import sum_products
from netlang.passes.fuse.swap_relu_pool import swap_relu_pool
from netlang.passes.report import Pass

FUSE: tuple[Pass, ...] = (
    swap_relu_pool,  # so that the pool's epilogue takes the relu
    fuse_epilogue,
    sum_products,
    merge_siblings,
    pool_behind,
    pad_channels,  # a stem that computes for each window of its pool reads more of the image
    pool_ahead,
    softmax_behind,
    back_to_back,
    launch_together,
)
