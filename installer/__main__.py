"""Set Garrison up and start it: `python3 installer run | test | doctor | lock`.

Run as a folder, so that the modules beside this file can be imported by their plain names. Standard
library only, and nothing newer than Python 3.6 in this file, so that an old Python prints a message
instead of a traceback.
"""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where people learn about the requirement
        sys.exit("Garrison needs Python 3.11, and this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031
    if sys.platform == "win32":
        sys.exit("Garrison's installer runs on Linux and macOS, and this is Windows.")
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parent.parent))  # for core.errors and core.carry: standard library only
    from commands import main

    sys.exit(main(sys.argv[1:]))
