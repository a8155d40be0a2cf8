"""Garrison: fine-tune language models on private documents, without a network.

Importing this package sets the offline variables (see `core.offline`) before any model library
can read them. It loads nothing heavy.
"""

from core.offline import set_offline_variables

__version__ = "0.1.0"
__all__ = ["__version__"]

set_offline_variables()
