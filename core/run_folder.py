"""What lies in the folder of a run, by name: the one place that knows its layout."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run; see `core/training/recipe.py` for what writes each of its files."""

    path: Path

    @property
    def record(self) -> Path:
        """The run's record as JSON, for whoever takes the folder elsewhere."""
        return self.path / "run.json"

    @property
    def settings(self) -> Path:
        """The settings of the training, as used."""
        return self.path / "settings.json"

    @property
    def template(self) -> Path:
        """The chat template (Jinja) that the tuned model is asked with."""
        return self.path / "template.jinja"

    @property
    def metrics(self) -> Path:
        """A line of JSON for each step."""
        return self.path / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        """A line of JSON for each measurement: how a few questions were answered then."""
        return self.path / "samples.jsonl"

    @property
    def stop_request(self) -> Path:
        """A file that is there once somebody asked the training to stop and keep what it has learned."""
        return self.path / "stop-and-keep"

    @property
    def checkpoints(self) -> Path:
        """A folder; there only while the run trains."""
        return self.path / "checkpoints"

    @property
    def adapter(self) -> Path:
        """A folder in peft's format: what the run learned."""
        return self.path / "adapter"

    @property
    def weights(self) -> Path:
        """A folder with a complete model in safetensors, in place of `adapter` if the run trained all weights."""
        return self.path / "weights"

    @property
    def is_whole(self) -> bool:
        """Whether the run trained all weights and is a model by itself."""
        return self.weights.is_dir()

    @property
    def learned(self) -> Path:
        """The folder of what the run learned: its weights, or its adapter."""
        return self.weights if self.is_whole else self.adapter

    @property
    def result(self) -> Path:
        """The hash of what was learned and the run's numbers, as JSON; there once the run has finished."""
        return self.path / "result.json"

    @property
    def leaks(self) -> Path:
        """The newest leak test of the finished run, as JSON: figures and ids of passages, never a text."""
        return self.path / "leaks.json"

    def read_template(self) -> str:
        """Return the chat template."""
        return self.template.read_text(encoding="utf-8")
