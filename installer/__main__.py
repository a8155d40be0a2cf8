"""Set Garrison up and start it: `python3 installer run | test | doctor | lock`.

Run as a folder, so that the modules beside this file can be imported by their own names. Standard
library only, and nothing newer than Python 3.6 in this file: an old Python gets a sentence, not a
traceback.
"""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the installer is what tells people so
        sys.exit("Garrison needs Python 3.11, and this is Python %d.%d." % sys.version_info[:2])  # noqa: UP031
    if sys.platform == "win32":
        sys.exit("Garrison's installer runs on Linux and macOS, and this is Windows.")
    from pathlib import Path

    sys.path.append(str(Path(__file__).resolve().parent.parent))  # core.errors and core.carry, standard library alone
    from commands import main

    sys.exit(main(sys.argv[1:]))
