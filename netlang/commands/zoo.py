"""`netlang zoo`: the published networks that come with netlang."""

import argparse
from pathlib import Path

from netlang.resources import network, zoo_dir, zoo_networks

HELP = "List the published networks that come with netlang, or print one of them."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("network", nargs="?", help="print this network's text")
    parser.add_argument("--path", action="store_true", help="print where the files are")


def run(args: argparse.Namespace) -> int:
    if args.path:
        print(network(args.network) if args.network else zoo_dir())
    elif args.network:
        print(network(args.network).read_text(encoding="utf-8"), end="")
    else:
        _list(zoo_networks())
    return 0


def _list(networks: dict[str, Path]) -> None:
    width = max(map(len, networks), default=0)
    for name, path in networks.items():
        print(f"{name:{width}}  {_description(path)}".rstrip())


def _description(path: Path) -> str:
    """The file's first comment, which by custom names the network and its paper."""
    with path.open(encoding="utf-8") as lines:
        return next((line.strip("# \n") for line in lines if line.startswith("#")), "")
