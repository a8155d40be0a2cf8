"""The child process that runs one of llama.cpp's converters: `python -m` this module, with a `Request` as JSON.

The converters are scripts: they exit the process, log what went wrong, and let transformers run code from a model's
folder. Here they run without code from models and without network, get the name of a pre-tokenizer if their own list
does not know the tokenizer, and the result is written to a file as an `Outcome`.

Importing this module needs only the standard library, because readers of an `Outcome` import it too.
"""

import errno
import json
import re
import runpy
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NoReturn

# A text varied enough that tokenizers with different pre-tokenizers give different tokens.
PROBE = (
    "Hello world! It's 12345 o'clock, they'LL say 3.14159 or 1,000,000;  two  spaces\n\n\tand tabs \n done. "
    "caf\u00e9 na\u00efve \u00dcber \u4f60\u597d\u4e16\u754c \u043f\u0440\u0438\u0432\u0435\u0442 \U0001f600\u200d "
    "def f(x):\n    return x**2 # 'quoted' \"text\" http://a.b/c?d=e&f=007 ___ ... !!! ABCdefGHI 9x9 \u00bd"
)
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
ANY_WORDS = "default"  # a pre-tokenizer for when any will do
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"  # files of an adapter in peft's format


class Ending(StrEnum):
    """How a conversion ended."""

    DONE = "done"
    UNKNOWN_FAMILY = "unknown family"  # `detail`: the name of its architecture
    UNKNOWN_TOKENIZER = "unknown tokenizer"  # byte-level and not in the converters' list; see `Request.words`
    UNREADABLE_TOKENIZER = "unreadable tokenizer"  # such as SentencePiece without its tokenizer.model
    UNFIT_ADAPTER = "unfit adapter"  # uses features a GGUF adapter cannot express
    DISK = "disk"  # `detail`: the errno
    NO_MEMORY = "no memory"
    FAILED = "failed"  # `detail`: the type of the error; the rest is in the log


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to convert. `source` is the folder of a model or adapter; `base` the folder or GGUF an adapter belongs to."""

    kind: Literal["model", "adapter"]
    converters: str
    source: str
    target: str
    outtype: str = "f16"
    base: str = ""
    # llama.cpp's name of the pre-tokenizer. "" looks it up in the converters' list of published tokenizers, by a hash of
    # their tokens; if it is not in there, the target becomes a vocabulary-only GGUF to try out pre-tokenizers with.
    words: str = ""
    is_vocabulary: bool = False  # convert only the vocabulary, no weights
    outcome: str = ""  # file to write the `Outcome` to
    scratch: str = ""  # folder for intermediate files


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Result of a conversion; `probe` are the tokens of PROBE according to transformers."""

    ending: Ending
    detail: str = ""
    probe: tuple[int, ...] = ()


class _UnknownTokenizerError(Exception):
    """The converters' list has no pre-tokenizer for this tokenizer."""


class _EndedError(Exception):
    """A conversion cannot continue; `outcome` says why."""

    def __init__(self, ending: Ending, detail: str = "") -> None:
        super().__init__(ending.value)
        self.outcome = Outcome(ending=ending, detail=detail)


def main() -> None:
    """Run the conversion requested by the first argument; exit with status 1 on an unexpected error."""
    from core.offline import refuse_connections, set_offline_variables

    set_offline_variables()
    refuse_connections()
    request = Request(**json.loads(sys.argv[1]))
    # Before transformers imports gguf: the converters bring a newer version than it would find.
    sys.path[:0] = [request.converters, str(Path(request.converters) / "gguf-py")]
    outcome = _outcome(request)
    Path(request.outcome).write_text(json.dumps(asdict(outcome)), encoding="utf-8")
    sys.exit(outcome.ending is Ending.FAILED)


def _outcome(request: Request) -> Outcome:
    try:
        _refuse_code()
        return _convert_model(request) if request.kind == "model" else _convert_adapter(request)
    except _EndedError as ended:
        return ended.outcome
    except MemoryError:
        traceback.print_exc()
        return Outcome(ending=Ending.NO_MEMORY)
    except BaseException as error:  # including SystemExit: scripts use it to exit
        traceback.print_exc()
        if isinstance(error, OSError) and error.errno in DISK_ERRORS:
            return Outcome(ending=Ending.DISK, detail=str(error.errno))
        return Outcome(ending=Ending.FAILED, detail=type(error).__name__)


def _refuse_code() -> None:
    """Patch transformers so that no code from a model's folder runs, whatever a converter asks for."""
    import transformers.dynamic_module_utils as dynamic

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise _EndedError(Ending.FAILED, "code in the model's folder")

    dynamic.resolve_trust_remote_code = lambda *_, **__: False
    for name in ("get_class_in_module", "get_class_from_dynamic_module", "get_cached_module_file"):
        setattr(dynamic, name, refuse)


def _convert_model(request: Request) -> Outcome:
    source = Path(request.source)
    _prepare(request, source)
    script, options = "convert_hf_to_gguf.py", ["--outtype", request.outtype, str(source)]
    options += ["--vocab-only"] if request.is_vocabulary else []
    ending = Ending.DONE
    try:
        _run(request, script, *options)
    except _UnknownTokenizerError:
        ending = Ending.UNKNOWN_TOKENIZER
        _prepare(replace(request, words=ANY_WORDS), source)
        _run(request, script, *options, *([] if request.is_vocabulary else ["--vocab-only"]))
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(source), local_files_only=True, trust_remote_code=False)
    return Outcome(ending=ending, probe=tuple(tokenizer(PROBE, add_special_tokens=False)["input_ids"]))


def _convert_adapter(request: Request) -> Outcome:
    base, scratch = Path(request.base), Path(request.scratch)
    folder = base if base.is_dir() else _described(base, scratch / "base")
    _prepare(request, folder)
    adapter = _staged(Path(request.source), scratch / "adapter")
    _run(request, "convert_lora_to_gguf.py", "--outtype", request.outtype, "--base", str(folder), str(adapter))
    return Outcome(ending=Ending.DONE)


def _described(base: Path, folder: Path) -> Path:
    """Write a config.json for the GGUF `base` to `folder`, as transformers derives it from the file; return the folder."""
    from transformers import AutoConfig, AutoModelForCausalLM

    _read_plainly()
    config = AutoConfig.from_pretrained(
        str(base.parent), gguf_file=base.name, local_files_only=True, trust_remote_code=False
    )
    config.architectures = [AutoModelForCausalLM._model_mapping[type(config)].__name__]
    config.save_pretrained(str(folder))
    return folder


def _read_plainly() -> None:
    """Make gguf's reader slice plain arrays: slicing a `memmap` is three times as slow, and a vocabulary takes a million."""
    import numpy as np

    mapped = np.memmap
    np.memmap = lambda *given, **named: mapped(*given, **named).view(np.ndarray)  # type: ignore[misc, assignment]


def _staged(adapter: Path, folder: Path) -> Path:
    """Copy the adapter to `folder` as the converter expects it: scaled by alpha over rank, weights as (out, in).

    peft may scale by the square root of the rank instead, or give layers a rank and an alpha of their own, which go into
    their weights; and it stores the adapter of a `Conv1D` (GPT-2) transposed relative to its weight, which the converter
    transposes.

    Raises:
        _EndedError: the adapter uses features a GGUF adapter cannot express.
    """
    from safetensors.torch import load_file, save_file

    config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
    weights = load_file(str(adapter / WEIGHTS))
    # an adapter on an embedding would be applied to the output layer, too, where both share their weights
    more = any(config.get(key) for key in ("use_dora", "modules_to_save", "target_parameters"))
    if more or config.get("bias", "none") != "none" or any("lora_embedding_" in name for name in weights):
        raise _EndedError(Ending.UNFIT_ADAPTER)
    folder.mkdir(parents=True)
    alpha = config["lora_alpha"] * (config["r"] ** 0.5 if config.get("use_rslora") else 1)
    factors = {name: _factor(config, name, weights, alpha) for name in weights if ".lora_B." in name}
    factors = {name: factor for name, factor in factors.items() if abs(factor - 1) > 1e-9}
    if factors:  # in fp32, as the converter wants both halves of a layer in one type
        weights = {name: weight.float() * factors.get(name, 1.0) for name, weight in weights.items()}
    config["lora_alpha"] = alpha
    if config.get("fan_in_fan_out"):
        other = {"lora_A": "lora_B", "lora_B": "lora_A"}
        turned = {}
        for name, weight in weights.items():
            part = "lora_A" if ".lora_A." in name else "lora_B"
            turned[name.replace(part, other[part])] = weight.T.contiguous()
        save_file(turned, str(folder / WEIGHTS))
    elif factors:
        save_file(weights, str(folder / WEIGHTS))
    else:
        shutil.copyfile(adapter / WEIGHTS, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    return folder


def _factor(config: Mapping[str, Any], name: str, weights: Mapping[str, Any], alpha: float) -> float:
    """Return by what the second half of a layer's adapter must be multiplied, so that alpha over rank scales it rightly.

    Args:
        config: peft's description.
        name: that of the half.
        weights: all of the adapter.
        alpha: the one that llama.cpp gets for all layers; it divides by the rank of the tensor.
    """
    layer, rank = name.split(".lora_B.")[0], int(weights[name].shape[-1])

    def own(patterns: str, default: float) -> float:  # as peft's `get_pattern_key`
        found = (config.get(patterns) or {}).items()
        return next((value for pattern, value in found if re.match(rf"(.*\.)?({pattern})$", layer)), default)

    divisor = own("rank_pattern", config["r"])
    divisor = divisor**0.5 if config.get("use_rslora") else divisor
    return own("alpha_pattern", config["lora_alpha"]) / divisor * rank / alpha


def _prepare(request: Request, folder: Path) -> None:
    """Import the converters and patch in what they lack.

    Raises:
        _EndedError: they do not support this model family.
    """
    import conversion

    model = conversion.ModelBase
    if not hasattr(model, "hparams_on_disk"):
        model.hparams_on_disk = model.load_hparams
        model.load_hparams = staticmethod(_hparams)
        conversion.TextModel.words_on_list = conversion.TextModel.get_vocab_base_pre
        conversion.get_model_class = _with_named_faults(conversion.get_model_class)
    family = str(conversion.get_model_architecture(_hparams(folder), conversion.ModelType.TEXT))
    if family not in conversion.TEXT_MODEL_MAP:
        raise _EndedError(Ending.UNKNOWN_FAMILY, family)

    def words(model: Any, tokenizer: Any) -> str:
        if request.words:
            return request.words
        try:
            return str(model.words_on_list(tokenizer))
        except NotImplementedError:
            raise _UnknownTokenizerError from None

    conversion.TextModel.get_vocab_base_pre = words


def _hparams(folder: Path, is_mistral_format: bool = False) -> dict[str, Any]:
    """Return a model's configuration, adding names that the converters need but transformers 5 no longer writes."""
    import conversion

    hparams: dict[str, Any] = conversion.ModelBase.hparams_on_disk(folder, is_mistral_format)
    if "n_positions" in hparams:
        hparams.setdefault("n_ctx", hparams["n_positions"])
    return hparams


def _with_named_faults(find: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `find`, which looks up a family's class, so that tokenizer errors are reported as such."""

    def look_up(name: str, mmproj: bool = False) -> Any:
        model = find(name, mmproj)
        if "set_vocab_unnamed" not in model.__dict__:
            model.set_vocab_unnamed = model.set_vocab
            model.set_vocab = _set_vocabulary
        return model

    return look_up


def _set_vocabulary(model: Any) -> None:
    try:
        model.set_vocab_unnamed()
    except (ValueError, TypeError, KeyError, FileNotFoundError, AssertionError) as error:
        traceback.print_exc()
        raise _EndedError(Ending.UNREADABLE_TOKENIZER) from error
    _name_end(model)


def _name_end(model: Any) -> None:
    """Name the end-of-turn token in the GGUF if it differs from the end-of-text token.

    The converters read only the latter. A model lists its other end tokens in its generation_config.json; if there are
    several, nothing is named, as llama.cpp recognizes the usual ones by their text.
    """
    path = model.dir_model / "generation_config.json"
    ends = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id") if path.is_file() else None
    written = model.gguf_writer.kv_data[0]
    eos, eot = ("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")
    further = {*ends} - {written[eos].value} if isinstance(ends, list) and eos in written else set()
    if len(further) == 1 and eot not in written:
        model.gguf_writer.add_eot_token_id(further.pop())


def _run(request: Request, script: str, *arguments: str) -> None:
    path = str(Path(request.converters) / script)
    sys.argv = [path, "--outfile", request.target, *arguments]
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as error:
        if error.code:
            raise


if __name__ == "__main__":
    main()
