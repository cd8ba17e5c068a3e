"""All that training needs, checked before it begins."""

from __future__ import annotations

from dataclasses import replace

from netlang.diagnostic import error
from netlang.engines.cpu import require_threads
from netlang.engines.process import keep_memory, wait_briefly
from netlang.ground.arrays import Checkpoint
from netlang.images import Preparation
from netlang.ir.graph import Graph
from netlang.training.augment import Augmentation
from netlang.training.colour import lighting
from netlang.training.data import Dataset, require_alike
from netlang.training.loop import Training
from netlang.training.mean import mean_image
from netlang.training.recipe import Recipe
from netlang.training.samples import Samples
from netlang.training.start import starting_weights


def begin(
    graph: Graph,
    recipe: Recipe,
    data: Dataset,
    validation: Dataset | None,
    weights: Checkpoint | None = None,
    seed: int = 0,
    device: str | None = None,
    threads: int | None = None,
) -> Training:
    """A network at the first iteration, with `weights`, or those that its recipe starts from.

    `device` is `cpu`, `cuda`, or a GPU where there is one (None); `threads` are those of the CPU
    (None: all). Where colours change or a mean image is subtracted, the training set is looked at.
    """
    preparation = Preparation.of(graph)
    augmentation = Augmentation.of(recipe.words, preparation)
    _require_validation(recipe, data, validation)
    require_threads(threads)
    started = starting_weights(graph, recipe.words, seed) | dict(weights or {})
    wait_briefly()  # images are read beside it
    from netlang.backends.torch.learner import Learner, device_for

    where = device_for(device, threads)
    if augmentation.color:
        augmentation = replace(augmentation, lighting=lighting(data))
    if augmentation.subtracts_image:
        preparation = replace(preparation, mean_image=mean_image(data, preparation))
        augmentation = replace(augmentation, preparation=preparation)
    samples = Samples(data, augmentation, recipe.batch, seed)
    learner = Learner(graph, started, recipe.sgd, where, bool(recipe.average))
    keep_memory()
    return Training(recipe, samples, validation, learner)


def _require_validation(recipe: Recipe, data: Dataset, validation: Dataset | None) -> None:
    if validation:
        require_alike(data, validation)
    elif recipe.plateau:
        raise error(
            "'plateau' watches the validation error, and there are no images to validate with",
            help="name some",
        )
