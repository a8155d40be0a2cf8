"""`key` and `bundle`, which need `cryptography` and so run on the environment's Python."""

import argparse
import sys
import time
from pathlib import Path

import commands
from bundle import build, plan, wheels
from bundle.media import Wishes
from console import duration, exit_status, say
from environment import Place

from core.carry import signature


def main(arguments: list[str]) -> int:
    """Run the command and return the exit status."""
    chosen = commands.parser().parse_args(arguments)
    return exit_status(lambda: (make_key if chosen.command == "key" else make_bundle)(chosen))


def make_key(chosen: argparse.Namespace) -> None:
    """Create a signing key, and say what to do with its private and public half."""
    say(f"fingerprint: {signature.make_key(chosen.file)}")
    say(f"private: {chosen.file} (keep it off the network)")
    say(f"public: {chosen.file.with_suffix('.pub.pem')} (goes to the site)")


def make_bundle(chosen: argparse.Namespace) -> None:
    """Plan a bundle, fetch its wheels or build it, as the options ask."""
    place = Place(Path(__file__).resolve().parent.parent)
    started = time.monotonic()
    out = (chosen.out or place.wheelhouse / "bundles").absolute()
    if chosen.plan:
        plan.show(place, wheels.TARGETS[chosen.target])
        return
    if chosen.wheels_only:
        plan.fetch_wheels(place, wheels.TARGETS[chosen.target], out / f"wheels-{chosen.target}")
        return
    wishes = Wishes(
        target=chosen.target,
        out=out,
        part_bytes=chosen.part_size,
        key=chosen.sign,
        since=chosen.since,
        models=tuple(chosen.models),
        model_paths=tuple(chosen.model_path),
        models_only=chosen.models_only,
        version=chosen.version,
        valid_days=chosen.valid_days,
        is_fresh=chosen.fresh,
    )
    (build.model_bundle if wishes.models_only else build.bundle)(place, wishes)
    say(f"built in {duration(time.monotonic() - started)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
