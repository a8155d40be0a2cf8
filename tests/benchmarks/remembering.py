"""`python -m tests.benchmarks.remembering [--rounds N]`: what remembering costs and finds, and a note of the embedded model.

Prints three things: how many questions of a small set bring up the turn that helps, and how many others bring up anything;
what a follow-up costs in a conversation that remembers, in turn with one that does not; and the note that the embedded model
writes of a conversation of twelve turns, which somebody has to read to say how good it is.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from core.chat import ChatModel, Message, open_model
from core.chat.noting import Told, noted
from core.records import ChatPace, ChatSetup, ChatTurn, Project, new_id, now
from core.services.chat.conversations import begin
from core.services.chat.earlier.remembering import recall
from core.services.chat.turns import turns
from core.storage import Workspace, insert
from tests.benchmarks.conversing import asked
from tests.benchmarks.material import gguf
from tests.services.chat.said_before import HELPED, NEAR, SAID, UNRELATED

FOLLOW_UPS = [*(question for question, _ in HELPED[::3]), *UNRELATED[13::3]]
SETUP = ChatSetup(answerer="bare", instruction="Answer in one short sentence.", longest_tokens=32)
NOTED = 12


def say(workspace: Workspace, project: Project) -> list[str]:
    """Store the small set as conversations of one turn each; return the turns' ids."""
    ids = []
    for question, answer in SAID:
        conversation = begin(workspace, project, question, setup=ChatSetup(answerer="bare"))
        turn = ChatTurn(
            id=new_id("turn"),
            conversation_id=conversation.id,
            number=1,
            question=question,
            answer=answer,
            state="complete",
            answerer="bare",
            created_at=now(),
            written_at=now(),
        )
        insert(workspace.db, turn)
        ids.append(turn.id)
    return ids


def show_found(workspace: Workspace, project: Project, ids: list[str]) -> None:
    """Print how many questions bring up what helps, and how many others bring up anything."""

    def found(question: str) -> list[str]:
        return [each.place.turn_id for each in recall(workspace, project, question)]

    print(f"brings up the turn that helps: {sum(ids[at] in found(each) for each, at in HELPED)} of {len(HELPED)}")
    for name, questions in (("small talk and other subjects", UNRELATED), ("the same words, another matter", NEAR)):
        print(f"{name}: {sum(bool(found(each)) for each in questions)} of {len(questions)} bring up anything")


def show_follow_ups(workspace: Workspace, model: ChatModel, rounds: int) -> None:
    """Print what the same follow-ups cost with and without remembering, in turn; each in a project of its own."""
    pairs: defaultdict[str, list[tuple[ChatPace, ChatPace]]] = defaultdict(list)
    for number in range(rounds):
        talks = []
        for remembers in (False, True):
            project = workspace.create_project(f"Round {number}, remembering: {remembers}")
            say(workspace, project)
            talks.append(begin(workspace, project, "x", setup=replace(SETUP, remembers=remembers)))
        for place, question in enumerate(FOLLOW_UPS):
            without, remembering = (asked(workspace, talk, question, model) for talk in talks)
            told = "told something" if turns(workspace, talks[1].id)[-1].remembered else "told nothing"
            if place and None not in (without.read_count, remembering.read_count):  # it is if an answer repeated itself
                pairs[told].append((without, remembering))
    for told, found in pairs.items():
        for name, paces in zip(("not remembering", f"remembering, {told}"), zip(*found, strict=True), strict=True):
            counts = [((each.read_count or 0), (each.read_count or 0) - (each.cached_count or 0)) for each in paces]
            prompt, anew = (statistics.median(count[which] for count in counts) for which in (0, 1))
            first_s = statistics.median(each.first_s for each in paces)
            print(f"{len(paces)} follow-ups, {name}: prompt {prompt:.0f}, read anew {anew:.0f}, first words {first_s:.2f} s")


def show_looking(workspace: Workspace, project: Project, model: ChatModel) -> None:
    """Print the processor time that looking takes, and measuring how much of a conversation the model reads."""
    began_s = time.process_time()
    for question in UNRELATED:
        recall(workspace, project, question)
    between_s = time.process_time()
    for question in UNRELATED:
        model.room([Message("user", question)] * 9)
    ended_s = time.process_time()
    looking, measuring = (1000 * each / len(UNRELATED) for each in (between_s - began_s, ended_s - between_s))
    print(f"processor time of a question: looking {looking:.0f} ms, measuring its length {measuring:.0f} ms")


def show_note(model: ChatModel) -> None:
    """Print the note of a conversation that the model writes."""
    told = [Told(number, question, answer) for number, (question, answer) in enumerate(SAID[:NOTED], start=1)]
    for step in noted(model, told):
        if step.is_whole:
            print(f"note of {step.note.until} turns ({step.note.origin}):\n{step.note.text}")


def main() -> None:
    """Measure in a workspace of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.remembering", description="Measure remembering.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"load {', '.join(f'{average:.1f}' for average in os.getloadavg())}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        project = workspace.create_project("Measured")
        model = open_model(gguf(), "gguf")
        for _ in model.stream([Message("user", "What is a valve?")], max_tokens=8, temperature=0.0):
            pass
        show_found(workspace, project, say(workspace, project))
        show_looking(workspace, project, model)
        show_follow_ups(workspace, model, rounds)
        show_note(model)
        workspace.close()


if __name__ == "__main__":
    main()
