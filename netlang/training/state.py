"""What lies beside the weights, so that training can go on: `resnet20.safetensors.state`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from netlang.diagnostic import error
from netlang.ground.files import write_whole
from netlang.ir.printer import print_graph
from netlang.training.loop import Row, Training
from netlang.weights import write_weights


def path_beside(weights: Path) -> Path:
    """Where the state of a training lies that writes such weights."""
    return weights.with_name(f"{weights.name}.state")


def save(path: Path, training: Training) -> None:
    """Writes the weights so far to `path`, and then the state beside it, each whole."""
    from netlang.backends.torch.learner import dump

    write_weights(
        path,
        training.learner.weights(),
        training.learner.network.graph,
        training.samples.augmentation.preparation.mean_image,
    )
    rows = [asdict(row) for row in training.rows]
    state = {"facts": _facts(training), "rows": rows} | training.state()
    write_whole(path_beside(path), dump(state))


def require_state(weights: Path) -> None:
    """`NetError` where no training that wrote these weights can go on."""
    beside = path_beside(weights)
    if not beside.is_file():
        raise error(f"there is no '{beside}' to go on from", help="train anew: do not resume")


def resume(path: Path, training: Training) -> None:
    """Brings a training to where the one stopped that wrote these weights.

    It is done where the weights are those of its end. NetError where there was none, or one that
    would have gone on otherwise.
    """
    require_state(path)
    beside = path_beside(path)
    state = _read(beside)
    _require_alike(beside, state["facts"], _facts(training))
    training.restore(state)
    training.rows = [Row(**row) for row in state["rows"]]
    if not (training.is_done and path.is_file()):
        # An epoch that was cut short is trained anew.
        del training.rows[training.progress.epoch :]


def epochs_kept(path: Path) -> int | None:
    """After how many epochs `resume` goes on; None where there is nothing to go on from."""
    beside = path_beside(path)
    return _read(beside)["progress"]["epoch"] if beside.is_file() else None


def _read(beside: Path) -> dict[str, Any]:
    from netlang.backends.torch.learner import undump

    try:
        state = undump(beside.read_bytes())
        state["facts"]
    except Exception as fault:  # torch meets damage with errors of every kind
        raise error(f"'{beside}' is no whole state of a training: {fault}") from None
    return state


def _require_alike(beside: Path, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for fact, value in now.items():
        if was.get(fact) != value:
            raise error(
                f"'{beside}' is of a training with another {fact}",
                help=f"train with the same {fact}, or anew: do not resume",
            )


def _facts(training: Training) -> dict[str, Any]:
    """What has to be the same for the weights to be those of a training that did not stop."""
    samples = training.samples
    facts = {
        "network or recipe": sha256(
            print_graph(training.learner.network.graph).encode()
        ).hexdigest(),
        "batch": training.recipe.batch,
        "learning rate": training.recipe.sgd.lr,
        "seed": samples.seed,
        "number of images": len(samples.data),
    }
    # An average begins where the end is so far off; nothing else depends on how long it takes.
    return facts | ({"length": training.iterations} if training.recipe.average else {})
