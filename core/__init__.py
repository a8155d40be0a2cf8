"""Garrison: fine-tune language models on private documents, without a network.

Importing this package sets the offline variables (see `core.offline`) and the threading variables before any
model library can read them. It imports nothing heavy.
"""

import logging
import os

from core.offline import set_offline_variables

__version__ = "0.1.0"
__all__ = ["__version__"]

set_offline_variables()
logging.getLogger(__name__).addHandler(logging.NullHandler())  # or Python prints errors to stderr if no log is set up
# Let torch's threads spin briefly, then sleep: long spinning takes 3x as long on busy cores, no spinning 2x on idle ones.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Matrix products are small here: a second numpy thread halved the speed of the personal data search on two busy cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
