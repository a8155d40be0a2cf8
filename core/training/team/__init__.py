"""Several processes that train one adapter together, each on its share of the rows of every step."""

from core.training.team.team import Team

__all__ = ["Team"]
