"""Garrison: fine-tune language models on private documents, without a network.

Importing this package sets the offline variables (see `core.offline`) and how threads wait, before any
model library can read them. It loads nothing heavy.
"""

import logging
import os

from core.offline import set_offline_variables

__version__ = "0.1.0"
__all__ = ["__version__"]

set_offline_variables()
logging.getLogger(__name__).addHandler(logging.NullHandler())  # else Python writes errors to a terminal that has no log
# Threads of torch spin briefly, then sleep: long spinning takes three times as long on busy cores, none twice on idle ones.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# numpy's products here are small: a second thread halved the search for personal data on two busy cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
