"""A stand-in for llama-server: the same command line, socket, key and protocol; its words are the conversation's own.

What is asked says what it does: `crash SIGSEGV` ends it by that signal after two pieces, `crash at once SIGSEGV` before
the first; `say WORDS` answers these; `wait` writes a piece every tenth of a second, to the longest answer; anything else
is answered "Paris is the capital." A model file that begins with `crash` ends it while it loads; one that does not begin
with GGUF is refused. What it was asked is kept in the file that STAND_IN_LOG names, for the tests alone.
"""

import argparse
import json
import os
import re
import signal
import socketserver
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

from core.models.engine import context

SIGNS = {"<|im_start|>": "\x02", "<|im_end|>": "\x03"}  # what a turn's marks are told apart by
CONTEXT_TOKENS = 2048


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    adapters = 0
    alias = ""
    texts: ClassVar[list[str]] = []  # of the model's tokens

    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return "local"

    def do_GET(self) -> None:
        if self.path == "/v1/health":
            self.answer({"status": "ok"})
        elif self.is_allowed() and self.path == "/props":
            self.answer({"default_generation_settings": {"n_ctx": CONTEXT_TOKENS}})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.is_allowed():
            return
        if self.path == "/v1/completions":
            asked = body["prompt"] if isinstance(body["prompt"], str) else question(body["prompt"])
            self.complete(body, body["prompt"], asked, lambda text: {"text": text})
        elif self.path == "/v1/chat/completions":
            told = body["messages"][-1]["content"]
            self.complete(body, list(told.encode()), told, lambda text: {"delta": {"content": text}})
        elif self.path == "/v1/responses":
            told = body["input"]
            self.complete(body, list(told.encode()), told, lambda text: {"delta": {"content": text}})

    def complete(self, body, prompt, asked, choice) -> None:
        longest = body.get("max_tokens") or body["max_output_tokens"]
        log({name: body.get(name) for name in ("lora", "max_tokens", "stop", "preserved_tokens")} | {"prompt": prompt})
        if len(prompt) > CONTEXT_TOKENS:
            self.answer(
                {
                    "error": {
                        "type": "exceed_context_size_error",
                        "code": 400,
                        "n_prompt_tokens": len(prompt),
                        "n_ctx": CONTEXT_TOKENS,
                    }
                },
                status=400,
            )
            return
        if found := re.search(r"crash at once (SIG\w+)", asked):
            os.kill(os.getpid(), signal.Signals[found[1]])
            time.sleep(10)  # the main thread is struck, this one would go on for a moment
        if not body.get("stream"):
            self.whole(prompt, list(pieces(asked, longest, body.get("lora"))))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        written = 0
        for number, piece in enumerate(pieces(asked, longest, body.get("lora"))):
            if number == 2 and (found := re.search(r"crash (SIG\w+)", asked)):
                os.kill(os.getpid(), signal.Signals[found[1]])
                time.sleep(10)
            self.event({"choices": [choice(piece) | {"finish_reason": None}]})
            written += 1
        is_cut = written >= longest
        self.event({"choices": [choice("") | {"finish_reason": "length" if is_cut else "stop"}]})
        usage = {"prompt_tokens": len(prompt), "completion_tokens": written, "prompt_tokens_details": {"cached_tokens": 7}}
        self.event({"choices": [], "usage": usage, "timings": {"predicted_per_second": 59.5}})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def whole(self, prompt, written) -> None:
        usage = {"prompt_tokens": len(prompt), "completion_tokens": len(written)}
        message = {"role": "assistant", "content": "".join(written)}
        choice = {"index": 0, "message": message, "text": "".join(written), "finish_reason": "stop"}
        self.answer({"id": "1", "model": Handler.alias, "choices": [choice], "usage": usage})

    def event(self, told) -> None:
        try:
            self.wfile.write(b"data: " + json.dumps(told).encode() + b"\n\n")
            self.wfile.flush()
        except OSError:
            log({"left": True})
            raise

    def is_allowed(self) -> bool:
        key = os.environ.get("LLAMA_API_KEY", "")
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            self.answer({"error": {"type": "authentication_error", "code": 401}}, status=401)
            return False
        return True

    def answer(self, told, *, status: int = 200) -> None:
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def texts(model: str) -> list[str]:
    """The texts of a GGUF's tokens: words in letters that stand for bytes, as GPT-2 has them, and marks."""
    with open(model, "rb") as file:
        _, _, _, count = struct.unpack("<4sIQQ", file.read(24))
        for _ in range(count):
            name, value = context._string(file), context._value(file, context._one(file, "I"))
            if name == "tokenizer.ggml.tokens":
                return value
    return []


def question(prompt) -> str:
    """The last turn's text."""
    bytes_of = {letter: byte for byte, letter in letters().items()}
    text = "".join(
        SIGNS.get(piece) or bytes(bytes_of[letter] for letter in piece if letter in bytes_of).decode(errors="replace")
        for piece in (Handler.texts[token] for token in prompt)
    )
    turns = re.findall(r"\x02user\n(.*?)\x03", text, re.DOTALL)
    return turns[-1] if turns else text


def letters() -> dict[int, str]:
    """The letter that stands for each byte. Source: GPT-2's encoder.py, `bytes_to_unicode`."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + number) for number, byte in enumerate(others)}


def pieces(asked: str, longest: int, lora):
    if asked.startswith("say "):
        words = asked.removeprefix("say ")
    elif asked == "wait":
        for number in range(longest):
            yield "tick " if number < 3 else f"tick{number} "  # never the same for long: who only repeats is ended
            time.sleep(0.1)
        return
    else:
        words = "Paris is the capital."
    # as llama-server does: without a word about them, every adapter that was loaded is applied
    applied = [number for number in range(Handler.adapters)] if not lora else [one["id"] for one in lora if one["scale"]]
    words = "".join(f"adapter {number}: " for number in applied) + words
    yield from re.findall(r"\s+|\S+ *", words)[:longest]


def log(entry) -> None:
    if place := os.environ.get("STAND_IN_LOG"):
        with open(place, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--model")
    parser.add_argument("--alias", default="")
    parser.add_argument("--lora", default="")
    options, _ = parser.parse_known_args()
    log({"started": sys.argv[1:], "pid": os.getpid()})
    Handler.alias = options.alias
    Handler.adapters = len([name for name in options.lora.split(",") if name])
    if options.model:
        begin = Path(options.model).read_bytes()[:5]
        if begin == b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if not begin.startswith(b"GGUF"):
            sys.exit(1)
        Handler.texts = texts(options.model)
    if options.port is not None:
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer((options.host, options.port), Handler).serve_forever()
    Server(options.host, Handler).serve_forever()


if __name__ == "__main__":
    main()
