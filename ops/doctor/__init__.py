"""`make doctor`: what of this machine would keep a stack from coming up, each with the remedy.

`make up` first runs those that are quick and apply: `before_up`.
"""

import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from ops.commands import OpsError
from ops.console import GREEN, RED, YELLOW, paint, say
from ops.context import Context
from ops.doctor.model import (
    ALWAYS,
    FAIL,
    OK,
    SKIPPED,
    WARN,
    WHEN_DOWN,
    Finding,
    Question,
    Questions,
)
from ops.doctor.questions import QUESTIONS
from toolchain import env

COLOURS = {OK: GREEN, WARN: YELLOW, FAIL: RED, SKIPPED: YELLOW}


def doctor(context: Context) -> int:
    """Ask everything; 1 if anything fails."""
    started = time.monotonic()
    # As `.toolchain/env` would say, which may not be there yet.
    os.environ.update(env.for_commands())
    findings = ask(
        Questions(context), [one for one in QUESTIONS if context.stack.target in one.targets]
    )
    if context.json:
        print(json.dumps({name: asdict(finding) for name, finding in findings.items()}, indent=1))
    else:
        for name, finding in findings.items():
            state = paint(f"{finding.state:<7}", COLOURS[finding.state])
            say(f"{state}  {name:<16} {finding.words}")
            if finding.remedy:
                say(f"{'':27}{finding.remedy}")
        count = {state: sum(one.state == state for one in findings.values()) for state in COLOURS}
        say(
            f"{count[OK]} ok, {count[WARN]} to look at, {count[FAIL]} wrong "
            f"({time.monotonic() - started:.1f} s)."
        )
    return 1 if any(one.state == FAIL for one in findings.values()) else 0


def before_up(context: Context) -> None:
    """Refuse what could only fail, before anything is made."""
    known = Questions(context)
    when = {ALWAYS} if known.runs else {ALWAYS, WHEN_DOWN}
    quick = [
        one for one in QUESTIONS if one.before_up in when and context.stack.target in one.targets
    ]
    found = {name: one for name, one in ask(known, quick).items() if one.state == FAIL}
    if found:
        lines = "".join(f"\n  {name}: {one.words}\n    {one.remedy}" for name, one in found.items())
        raise OpsError(f"{context.stack.name} can't come up on this machine:{lines}")


def ask(known: Questions, questions: Iterable[Question]) -> dict[str, Finding]:
    """All at once, in their order."""
    with ThreadPoolExecutor(max_workers=len(QUESTIONS)) as pool:
        asked = {one.name: pool.submit(_answer, one, known) for one in questions}
        return {name: finding.result() for name, finding in asked.items()}


def _answer(question: Question, known: Questions) -> Finding:
    try:
        return question.look(known)
    except OpsError as error:
        return Finding(WARN, f"could not be found out: {error}")
    except OSError as error:
        return Finding(WARN, f"could not be found out: {error.strerror or error}")
