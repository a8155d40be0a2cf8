"""Where the models lie that came with Garrison."""

import sys
from pathlib import Path


def embedded_folder() -> Path:
    """Return the folder where the installer puts the embedded models, inside the virtual environment."""
    return Path(sys.prefix) / "share" / "garrison" / "models"
