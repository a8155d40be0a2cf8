"""What can be measured, and what stands beside it."""

from pathlib import Path

from tests.benchmarks.adapting import SHAPES
from tests.benchmarks.frame import PEAK, Benchmark, Case, Row

PAGES = 200
PASSAGES = 16
STEPS = 4
MEGABYTES = 500
COPIES = 8  # of the sample's paragraphs, 39,000 characters


def _case(label: str, function: str, **arguments: object) -> Case:
    return Case(label, f"tests.benchmarks.{function}", arguments)


def benchmarks(pdf: Path | None = None) -> tuple[Benchmark, ...]:
    """All of them; `pdf` is a real PDF to read besides the made one."""
    return (
        _start(),
        _reading(pdf),
        _anonymizing(),
        _generating(),
        _curating(),
        _freezing(),
        _training(),
        _chatting(),
        _adapting(),
        _agreeing(),
        _evaluating(),
        _carrying(),
        _memory(),
    )


def _start() -> Benchmark:
    garrison = _case("Garrison", "start:start", program="from core.cli.app import main; main(['--help'])")
    bare = _case("bare interpreter", "start:start", program="pass")
    row = Row(title="seconds to show the help", figure="seconds", garrison=garrison, beside=bare, is_lower_better=True)
    return Benchmark(name="start", title="Starting the command line", rows=(row,))


def _reading(pdf: Path | None) -> Benchmark:
    sources: list[tuple[str, str, dict[str, object]]] = [
        (f"pages/s, a made PDF of {PAGES} pages", "made PDF", {"pages": PAGES})
    ]
    if pdf:
        sources.append((f"pages/s, {pdf.name}", pdf.name, {"pdf": str(pdf.resolve())}))
    rows = tuple(
        Row(
            title=title,
            figure="pages_per_s",
            garrison=_case(f"Garrison, {source}", "reading:garrison", **arguments),
            beside=_case(f"bare pypdfium2, {source}", "reading:pdfium", **arguments),
        )
        for title, source, arguments in sources
    )
    return Benchmark(name="reading", title="Reading", rows=rows)


def _anonymizing() -> Benchmark:
    garrison, stock = _case("Garrison", "anonymizing:garrison"), _case("stock Presidio", "anonymizing:presidio")
    rows = tuple(
        Row(title=f"characters/s, {name}", figure=f"{figure}_per_s", garrison=garrison, beside=stock)
        for name, figure in (("the sample's paragraphs", "paragraphs"), ("its whole documents", "documents"))
    )
    detection = tuple(
        Row(
            title=f"characters/s, {level}, {workers} process{'es' if workers > 1 else ''}",
            figure="characters_per_s",
            garrison=_case(
                f"Garrison, {level}, {workers}", "anonymizing:detection", level=level, workers=workers, copies=COPIES
            ),
            beside=_case("stock Presidio, paragraphs", "anonymizing:stock", copies=2),
        )
        for level in ("standard", "thorough")
        for workers in (1, 2)
    )
    growth = Row(
        title="characters/s and peak MB, standard, 10 times the text",
        figure="characters_per_s",
        garrison=_case("Garrison, 10 times", "anonymizing:detection", level="standard", workers=2, copies=10 * COPIES),
        beside=_case("Garrison, standard, 2", "anonymizing:detection", level="standard", workers=2, copies=COPIES),
    )
    return Benchmark(name="anonymizing", title="Anonymizing", rows=(*rows, *detection, growth))


def _generating() -> Benchmark:
    garrison = _case("Garrison", "generating:garrison", passages=PASSAGES)
    single = _case("one sequence at a time", "generating:one_by_one", passages=PASSAGES)
    decoding = _case("bare llama.cpp, one sequence", "generating:decoding")
    served = tuple(
        Row(
            title=f"pairs kept per minute, {slots} side by side",
            figure="pairs_per_minute",
            garrison=_case(f"Garrison, {slots} sequences", "generating:garrison", passages=PASSAGES, sequences=slots),
            beside=_case(f"llama-server, {slots} slots", "generating:through_server", passages=PASSAGES, slots=slots),
        )
        for slots in (8, 16)
    )
    rows = (
        Row(title="pairs kept per minute", figure="pairs_per_minute", garrison=garrison, beside=single),
        Row(title="tokens/s written", figure="tokens_per_s", garrison=garrison, beside=decoding),
        Row(title="tokens/s read", figure="read_per_s", garrison=garrison, beside=decoding),
        *served,
    )
    return Benchmark(name="generating", title="Generating question pairs", rows=rows)


def _curating() -> Benchmark:
    large, small = (_case(f"{pairs:,} pairs", "curating:measure", pairs=pairs) for pairs in (200_000, 20_000))
    rows = tuple(
        Row(title=f"ms, {figure}", figure=figure, garrison=large, beside=small, is_lower_better=True)
        for figure in (
            "first page",
            "last page",
            "page of one document",
            "page of a filter that finds nothing",
            "search, 2 words",
            "search, a word of every pair",
            "counts by every filter",
            "counts by every filter, 2 words",
            "heat map",
            "one decision and its undo",
            "all decided at once",
            "all undone at once",
        )
    )
    return Benchmark(name="curating", title="Working on question pairs", rows=rows)


def _freezing() -> Benchmark:
    large, small = (_case(f"{pairs:,} pairs", "freezing:measure", pairs=pairs) for pairs in (200_000, 20_000))
    rows = tuple(
        Row(title=title, figure=figure, garrison=large, beside=small, is_lower_better=True)
        for title, figure in (("seconds", "seconds"), ("seconds of the processor", "processor_s"))
    )
    return Benchmark(name="freezing", title="Freezing question pairs", rows=rows)


def _training() -> Benchmark:
    garrison = _case("Garrison", "training:garrison", steps=STEPS)
    trainer = _case("Trainer", "training:trainer", steps=STEPS)
    small = _case("Garrison in bf16", "training:garrison", steps=STEPS, precision="bf16")
    small_trainer = _case("Trainer in bf16", "training:trainer", steps=STEPS, precision="bf16")
    plain = _case("plain PyTorch loop", "training:plain_loop", steps=STEPS)
    product = _case("matrix product", "training:matrix_product")
    rows = (
        *(
            Row(title=title, figure=figure, garrison=ours, beside=beside)
            for title, ours, beside in (
                ("fp32", garrison, trainer),
                ("bf16", small, small_trainer),
                ("bf16, beside fp32", small, trainer),
            )
            for title, figure in (
                (f"tokens/s, {title}", "tokens_per_s"),
                (f"tokens a second of processor time, {title}", "tokens_per_processor_s"),
            )
        ),
        Row(title="tokens/s, fp32, beside a plain loop", figure="tokens_per_s", garrison=garrison, beside=plain),
        Row(title="GFLOP/s, 4 per weight and token", figure="gflop_per_s", garrison=garrison, beside=product),
    )
    return Benchmark(name="training", title="Training", rows=rows)


def _agreeing() -> Benchmark:
    run, base = _case("a run, adapter beside its base", "agreeing:adapter"), _case("the base alone", "agreeing:base")
    rows = tuple(
        Row(
            title=f"of 100 prompts, the same first 32 tokens as in transformers, {title}",
            figure=figure,
            garrison=run,
            beside=base,
        )
        for title, figure in (("base in fp16", "f16"), ("base in 4 bits", "as_it_came"))
    )
    return Benchmark(name="agreeing", title="A run in llama.cpp and in transformers", rows=rows)


def _evaluating() -> Benchmark:
    row = Row(
        title="seconds for 60 questions, base and run",
        figure="seconds",
        garrison=_case("Garrison, by llama.cpp", "evaluating:by_llama"),
        beside=_case("by transformers", "evaluating:by_transformers"),
        is_lower_better=True,
    )
    return Benchmark(name="evaluating", title="Evaluating a run", rows=(row,))


def _chatting() -> Benchmark:
    pairs = (
        ("GGUF", _case("Garrison, GGUF", "chatting:garrison_gguf"), _case("bare llama.cpp", "chatting:bare_llama")),
        (
            "a run",
            _case("Garrison, a run", "chatting:garrison_run"),
            _case("bare transformers", "chatting:bare_transformers"),
        ),
    )
    base = pairs[0][1]
    rows = [Row(title="tokens/s, a run beside its base", figure="tokens_per_s", garrison=pairs[1][1], beside=base)]
    for name, garrison, bare in pairs:
        rows.append(Row(title=f"tokens/s, {name}", figure="tokens_per_s", garrison=garrison, beside=bare))
        rows.append(
            Row(
                title=f"seconds to first token, {name}",
                figure="first_token_s",
                garrison=garrison,
                beside=bare,
                is_lower_better=True,
            )
        )
    return Benchmark(name="chatting", title="Chat", rows=tuple(rows))


def _adapting() -> Benchmark:
    rows = tuple(
        Row(
            title=f"tokens/s, the shape of {shape}",
            figure="tokens_per_s",
            garrison=_case(f"a run of {shape}", "adapting:run", shape=shape),
            beside=_case(f"{shape} alone", "adapting:base", shape=shape),
        )
        for shape in SHAPES
    )
    return Benchmark(name="adapting", title="A run beside its base, by size", rows=rows)


def _carrying() -> Benchmark:
    rows = tuple(
        Row(
            title=f"MB/s, {title}",
            figure="mb_per_s",
            garrison=_case(f"Garrison, {name}", f"carrying:{name}", megabytes=MEGABYTES),
            beside=_case(beside, f"carrying:{beside}", megabytes=MEGABYTES),
        )
        for title, name, beside in (
            ("a bundle checked", "verify", "sha256sum"),
            ("copied into the store, hashed again", "store", "cp"),
        )
    )
    return Benchmark(name="carrying", title="Carrying a bundle", rows=rows)


def _memory() -> Benchmark:
    pairs = (
        ("`garrison detect`, 20 MB", [_case(f"{size} MB of rows", "growing:detect", megabytes=size) for size in (20, 2)]),
        (
            "`garrison detect` without models, 1,000 MB",
            [_case(f"{size} MB of rows", "growing:plumbing", megabytes=size) for size in (1000, 100)],
        ),
        (
            "`garrison detect` without models, 100 MB",
            [_case(f"{size} MB of rows", "growing:plumbing", megabytes=size) for size in (100, 10)],
        ),
        (
            "`garrison detect`, 200,000 mail addresses and links",
            [_case(f"{count:,} addresses", "growing:addresses", count=count) for count in (200_000, 20_000)],
        ),
        (
            "100,000 equal marks of one document, decided at once",
            [_case(f"{count:,} marks", "growing:equal_marks", count=count) for count in (100_000, 10_000)],
        ),
        *(
            (
                f"one line of 5 MB {kind} spaces",
                [_case(f"{size} MB", "growing:line", megabytes=size, unit=unit) for size in (5, 0.5)],
            )
            for kind, unit in (("with", "Sgt Okonkwo met Anna Berg at the gate and "), ("without", "Okonkwo,Berg;part/12,"))
        ),
        (
            f"reading a made PDF of {10 * PAGES} pages",
            [_case(f"{pages} pages", "reading:garrison", pages=pages) for pages in (10 * PAGES, PAGES)],
        ),
        ("checking a bundle of 1,000 MB", [_case(f"{mb} MB", "carrying:verify", megabytes=mb) for mb in (1000, 100)]),
    )
    rows = tuple(
        Row(title=f"peak MB, {title}", figure=PEAK, garrison=large, beside=small, is_lower_better=True)
        for title, (large, small) in pairs
    )
    return Benchmark(name="memory", title="Memory as the data grows tenfold", rows=rows, has_rounds=False)
