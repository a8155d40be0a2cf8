"""The processes that another one started, looked at while they come and go."""

import psutil


def children_of(parent: int, argument: str) -> list[psutil.Process]:
    """Return those below the process `parent` that were started with `argument`; one that has just ended is none."""
    found = []
    for child in psutil.Process(parent).children(recursive=True):
        try:
            if argument in child.cmdline():
                found.append(child)
        except psutil.Error:
            pass
    return found
