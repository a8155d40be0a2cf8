"""The formats that a run is exported in.

A new one is a function and a record here, and its name in `core.records.ReleaseFormat`: the command, the page and the job
follow. What writes it loads torch and is therefore imported inside the function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.models.card import SUMS, Origin
from core.records import ModelFormat, ReleaseFormat

if TYPE_CHECKING:
    from core.models.conversion.child import Report
    from core.models.export import Checksum


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExport:
    """What is exported: the run in `folder` on its base model, to the folder `target`, which is new or empty."""

    base: Path
    base_format: ModelFormat
    folder: Path
    target: Path
    cache: Path  # folder for unpacked models
    quantization: str  # a name of `QUANTIZATIONS`
    origin: Origin  # content of the model card
    report: "Report"  # called with progress


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFormat:
    """A format that a run is exported in; `export` writes it, complete or not at all, and returns its checksum.

    `mark` is a file that every complete export holds, and `checked` the one whose SHA-256 is stored; `{quantization}` in
    their names is filled in.
    """

    name: ReleaseFormat  # on the command line, and stored with the release
    words: str  # on the page
    description: str  # below the words
    place: int  # on the page, the usual choice first
    export: Callable[[RunExport], "Checksum"]
    mark: str
    checked: str = SUMS
    is_whole: bool = True  # holds the base model's weights too
    is_quantized: bool = False  # in the quantization that was chosen

    def files(self, quantization: str) -> tuple[str, str]:
        """Return the names of `mark` and `checked` in an export."""
        return self.mark.format(quantization=quantization), self.checked.format(quantization=quantization)


def _export_adapter(export: RunExport) -> "Checksum":
    from core.models.export import export_adapter

    return export_adapter(export.folder, export.target, origin=export.origin)


def _export_merged(export: RunExport) -> "Checksum":
    from core.models.export import export_merged

    return export_merged(
        export.base,
        export.base_format,
        folder=export.folder,
        target=export.target,
        cache=export.cache,
        origin=export.origin,
    )


def _export_gguf(export: RunExport) -> "Checksum":
    from core.models.export import export_gguf

    return export_gguf(
        export.base,
        export.base_format,
        folder=export.folder,
        target=export.target,
        quantization=export.quantization,
        cache=export.cache,
        origin=export.origin,
        report=export.report,
    )


RELEASE_FORMATS: dict[str, RunFormat] = {
    form.name: form
    for form in (
        RunFormat(
            name="adapter",
            words="The adapter alone",
            description="Small; whoever uses it needs the same base model.",
            place=3,
            export=_export_adapter,
            mark="adapter_config.json",
            is_whole=False,
        ),
        RunFormat(
            name="merged",
            words="A complete model folder",
            description="Safetensors, for transformers and servers such as vLLM.",
            place=2,
            export=_export_merged,
            mark="config.json",
        ),
        RunFormat(
            name="gguf",
            words="One GGUF file",
            description="For llama.cpp and programs built on it. The usual choice.",
            place=1,
            export=_export_gguf,
            mark="model-{quantization}.gguf",
            checked="model-{quantization}.gguf",
            is_quantized=True,
        ),
    )
}
