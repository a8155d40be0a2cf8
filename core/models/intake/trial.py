"""The child process that asks llama.cpp whether it reads a GGUF file: `python -m` this module, with two paths.

A file that somebody brought may crash llama.cpp, which must not take a dashboard along. The weights are mapped, not read:
llama.cpp compares the tensors of the file with those of its family, and says in its log what it misses.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

ERROR_LEVEL = 4  # ggml.h, GGML_LOG_LEVEL_ERROR


@dataclass(frozen=True, slots=True)
class Trial:
    """Whether llama.cpp reads a file and, if not, the errors in its log."""

    is_read: bool
    errors: tuple[str, ...] = ()


def main() -> None:
    """Try the GGUF named by the first argument and write the `Trial` as JSON to the second."""
    from core.offline import refuse_connections, set_offline_variables

    set_offline_variables()
    refuse_connections()
    trial = _try(Path(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(asdict(trial)), encoding="utf-8")


def _try(path: Path) -> Trial:
    import llama_cpp.llama_cpp as C

    from core.models.llama import start_library

    errors: list[str] = []

    @C.llama_log_callback  # type: ignore[misc, untyped-decorator, unused-ignore]
    def keep(level: int, text: bytes, _: object) -> None:
        if level >= ERROR_LEVEL:
            errors.append(text.decode("utf-8", errors="replace").strip())

    start_library()
    C.llama_log_set(keep, None)
    params = C.llama_model_default_params()
    params.n_gpu_layers = 0
    params.use_mmap = True
    params.use_extra_bufts = False  # would copy the weights to repack them
    model = C.llama_model_load_from_file(str(path).encode(), params)
    if model:
        C.llama_model_free(model)
    return Trial(bool(model), tuple(errors))


if __name__ == "__main__":
    main()
