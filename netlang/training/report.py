"""What a person is told before training begins."""

from __future__ import annotations

from netlang.training.loop import Training


def opening(training: Training) -> str:
    """What is learned from, on what, how images are prepared, and how long it takes."""
    samples, recipe = training.samples, training.recipe
    network = training.learner.network.graph
    tested = f", {len(training.validation):,} to validate" if training.validation else ""
    lines = [
        f"{network.name}: {len(samples.data):,} images{tested}, on {training.learner.device}",
        f"images: {samples.augmentation}",
        f"{recipe.batch} images an iteration, {samples.an_epoch:,} iterations an epoch, "
        f"{training.iterations:,} in all",
    ]
    if training.rows:
        lines.append(f"{training.progress.epoch:,} epochs are done")
    return "\n".join([*lines, ""])
