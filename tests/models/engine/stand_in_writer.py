"""A stand-in for the writing process: the same lines; a prompt that holds `crash` ends it by a signal before its turn.

With a file before the options it ends so only while the file is not there, and makes it: struck once, then well.
"""

import json
import os
import signal
import sys
from pathlib import Path


def main() -> None:
    marker = Path(sys.argv[1]) if len(sys.argv) > 2 else None
    for line in sys.stdin:
        asked = json.loads(line)
        for index, prompt in enumerate(asked["prompts"]):
            if "crash" in prompt["text"] and not (marker and marker.exists()):
                if marker:
                    marker.touch()
                os.kill(os.getpid(), signal.SIGSEGV)
            if "refuse" in prompt["text"]:
                hint = {"words": "Shorten it.", "command": "garrison shorten"}
                print(json.dumps({"error": "InputError", "message": "Too long.", "hint": hint}), flush=True)
                sys.exit()
            told = {"index": index, "text": prompt["text"].upper(), "token_count": 1, "is_complete": True}
            print(json.dumps(told), flush=True)
        print(json.dumps({"done": True}), flush=True)


if __name__ == "__main__":
    main()
