"""`key` and `bundle`, run on the environment's Python: they need `cryptography`."""

import sys
import time
from pathlib import Path

import commands
from bundle import build
from carry import signature
from console import Stop, complain, duration, say
from environment import Place


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    chosen = commands.parser().parse_args(arguments)
    place = Place(Path(__file__).resolve().parent.parent)
    started = time.monotonic()
    try:
        if chosen.command == "key":
            say(f"fingerprint: {signature.make_key(chosen.file)}")
            say(f"private: {chosen.file} (keep it off the network)")
            say(f"public: {chosen.file.with_suffix('.pub.pem')} (goes to the site)")
            return 0
        build.bundle(
            place,
            build.Wishes(
                target=chosen.target,
                out=(chosen.out or place.wheelhouse / "bundles").absolute(),
                part_bytes=chosen.part_size,
                key=chosen.sign,
                since=chosen.since,
                models=tuple(chosen.models),
                model_paths=tuple(chosen.model_path),
                version=chosen.version,
                valid_days=chosen.valid_days,
            ),
        )
        say(f"built in {duration(time.monotonic() - started)}")
    except Stop as stop:
        complain(stop)
        return stop.exit_code
    except KeyboardInterrupt:
        complain(Stop("Stopped.", "Run the same command again to go on from here."))
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
