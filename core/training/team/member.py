"""`python -m core.training.team.member`: another process of a team. It computes gradients, and writes nothing.

It reads what it works on from its standard input, as JSON (`core/training/team/starting.py`).
"""

import json
import sys
from pathlib import Path

from core.errors import GarrisonError
from core.offline import refuse_connections


def main() -> None:
    """Take the steps that the first process takes, until that says that there is none left."""
    refuse_connections()
    told = json.load(sys.stdin)
    from core.training import checkpoints, rows, samples
    from core.training.loop import Trainer
    from core.training.team.starting import Work, join, leave
    from core.training.team.team import Team
    from core.training.whole import load_to_train

    work = Work.from_json(told["work"])
    team = Team(rank=told["rank"], size=told["size"], is_divided=work.settings.weights == "divided")
    join(Path(told["meeting"]), team)
    causal = load_to_train(work.path, work.format, settings=work.settings, template=work.template, cache=work.cache)
    trainer = Trainer(
        causal,
        rows.tokenized_before(work.tokens),
        texts=work.texts,
        general=rows.general_rows(causal, work.settings),
        rejected=work.rejected,
        validation=work.validation,
        settings=work.settings,
        facts=work.facts,
        start=work.start,
        team=team,
    )
    if team.is_divided:
        trainer.rehearse()
    checkpoints.resume(work.folder, trainer)
    if trainer.step == 0:
        samples.answers_now(trainer, work.asked)
    while team.goes_on():
        trainer.take_step()
        if trainer.is_measured or trainer.step == trainer.steps:
            samples.answers_now(trainer, work.asked)
    trainer.measure()
    leave()


if __name__ == "__main__":
    try:
        main()
    except GarrisonError:  # the first process tells what happened
        sys.exit(1)
