"""`python -m tests.benchmarks.conversing [--rounds N]`: conversations as the page Chat has them, beside the bare engine.

Prints three things: the rate at which an answer comes through Garrison, stored each second, as a share of the engine asked
directly with the same prompt, in turn with it; what the engine reads anew for a follow-up in a conversation of 2, 10 and 20
turns, which does not depend on how busy the machine is; and the rate of two people who ask at the same time.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path

import psutil

from core.chat import ChatModel, Message, open_model
from core.models.conversation import prompt_tokens
from core.models.engine.client import Asked
from core.models.engine.supervisor import shared
from core.models.llama import cached_vocabulary
from core.models.text import Pace
from core.records import ChatPace, ChatSetup, Conversation
from core.services.chat.answering import ask
from core.services.chat.conversations import begin
from core.storage import Workspace
from tests.benchmarks.chatting import QUESTION
from tests.benchmarks.material import gguf

TURNS = (2, 10, 20)
LONGEST = 128
FOLLOW_UP = "And what comes after step {}? Answer in one sentence."


def asked(workspace: Workspace, conversation: Conversation, question: str, model: ChatModel) -> ChatPace:
    """Ask as the page does and return the pace."""
    with ask(workspace, conversation.id, question, opener=lambda: model) as writing:
        for _ in writing:
            pass
    assert writing.turn.pace is not None
    return writing.turn.pace


def bare(question: str) -> float:
    """Ask the engine directly; return its tokens per second, from its first piece to its last."""
    vocabulary = cached_vocabulary(gguf())
    prompt = prompt_tokens(vocabulary, vocabulary.template, [{"role": "user", "content": question}])
    with shared().serving(gguf()) as serving:
        return rate(serving.client.complete(prompt, Asked(max_tokens=LONGEST, scales=serving.scales)))


def engine_cpu_s() -> float:
    """Return the seconds of processor time that the engine has used so far."""
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in shared().pids())


def rate(stream: Generator[str, None, Pace]) -> float:
    """Read a stream to its end; return the tokens after the first over their time."""
    first_s = 0.0
    while True:
        try:
            next(stream)
        except StopIteration as end:
            pace: Pace = end.value
            return (pace.token_count - 1) / (time.perf_counter() - first_s)
        first_s = first_s or time.perf_counter()


def through_garrison(workspace: Workspace, conversation: Conversation, model: ChatModel) -> float:
    """Ask the same in a conversation; return the tokens after the first over their time."""
    pace = asked(workspace, conversation, QUESTION, model)
    return ((pace.token_count or 0) - 1) / (pace.whole_s - pace.first_s)


def show_share(workspace: Workspace, model: ChatModel, rounds: int) -> None:
    """Print the share of the bare engine's rate, and whose processor time an answer takes."""
    project = workspace.project("Measured")
    setup = ChatSetup(answerer="bare", longest_tokens=LONGEST)
    ours, theirs, own_s, engine_s = [], [], 0.0, 0.0
    for _ in range(rounds):
        theirs.append(bare(QUESTION))
        conversation = begin(workspace, project, QUESTION, setup=setup)
        before_s, engine_before = time.process_time(), engine_cpu_s()
        ours.append(through_garrison(workspace, conversation, model))
        own_s += time.process_time() - before_s
        engine_s += engine_cpu_s() - engine_before
    share = statistics.median(ours) / statistics.median(theirs)
    print(f"tokens/s: {statistics.median(ours):.1f} through Garrison, {statistics.median(theirs):.1f} bare: {share:.0%}")
    print(
        f"processor time of an answer of {LONGEST} tokens: Garrison {own_s / rounds:.2f} s, engine {engine_s / rounds:.2f} s"
    )


def show_follow_ups(workspace: Workspace, model: ChatModel) -> None:
    """Print what a follow-up costs by the length of the conversation."""
    setup = ChatSetup(answerer="bare", instruction="Answer in one short sentence.", longest_tokens=48)
    conversation = begin(workspace, workspace.project("Measured"), QUESTION, setup=setup)
    for turn in range(1, max(TURNS) + 1):
        pace = asked(workspace, conversation, QUESTION if turn == 1 else FOLLOW_UP.format(turn), model)
        if turn in TURNS:
            read, cached = pace.read_count or 0, pace.cached_count or 0
            print(f"turn {turn}: prompt {read} tokens, read anew {read - cached}, first words after {pace.first_s:.2f} s")


def show_two(workspace: Workspace, model: ChatModel, rounds: int) -> None:
    """Print the rate of each of two people who ask at once, as a share of one alone."""
    project = workspace.project("Measured")
    setup = ChatSetup(answerer="bare", longest_tokens=LONGEST)
    alone, together, alone_s, together_s = [], [], 0.0, 0.0

    def one() -> None:
        together.append(through_garrison(workspace, begin(workspace, project, QUESTION, setup=setup), model))

    for _ in range(rounds):
        before_s = engine_cpu_s()
        alone.append(through_garrison(workspace, begin(workspace, project, QUESTION, setup=setup), model))
        between_s = engine_cpu_s()
        people = [threading.Thread(target=one) for _ in range(2)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        alone_s += between_s - before_s
        together_s += engine_cpu_s() - between_s
    share = [each / statistics.median(alone) for each in together]
    print(f"two at once: each {statistics.median(share):.0%} of one alone (from {min(share):.0%} to {max(share):.0%})")
    print(f"processor time of the engine for two at once: {together_s / alone_s:.2f} times that for one")


def main() -> None:
    """Measure in a workspace of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.conversing", description="Measure conversations.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"load {', '.join(f'{average:.1f}' for average in os.getloadavg())}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.create_project("Measured")
        model = open_model(gguf(), "gguf")
        for _ in model.stream([Message("user", "What is a valve?")], max_tokens=8, temperature=0.0):
            pass
        show_share(workspace, model, rounds)
        show_follow_ups(workspace, model)
        show_two(workspace, model, rounds)
        workspace.close()


if __name__ == "__main__":
    main()
