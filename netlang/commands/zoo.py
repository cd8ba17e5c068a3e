"""`netlang zoo`: the published networks that come with netlang."""

import argparse
from pathlib import Path

from netlang.diagnostic import did_you_mean, error
from netlang.ground.resources import zoo_dir, zoo_networks

HELP = "List the published networks that come with netlang, or print one of them."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", nargs="?", help="print this network's text")
    parser.add_argument(
        "--path", action="store_true", help="print where the zoo, or the network, is"
    )


def run(args: argparse.Namespace) -> int:
    if args.network:
        path = _find(args.network)
        print(path if args.path else path.read_text(encoding="utf-8").rstrip("\n"))
    elif args.path:
        print(zoo_dir())
    else:
        _list(zoo_networks())
    return 0


def _find(name: str) -> Path:
    networks = zoo_networks()
    if name not in networks:
        help = did_you_mean(name, networks) or "`netlang zoo` lists those there are"
        raise error(f"the zoo has no network '{name}'", help=help)
    return networks[name]


def _list(networks: dict[str, Path]) -> None:
    width = max(map(len, networks), default=0)
    for name, path in networks.items():
        print(f"{name:{width}}  {_description(path)}".rstrip())


def _description(path: Path) -> str:
    """The file's first comment, which by custom names the network and its paper."""
    with path.open(encoding="utf-8") as lines:
        return next((line.strip("# \n") for line in lines if line.startswith("#")), "")
