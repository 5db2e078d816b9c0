"""All calls of a rehearsal as one page: it needs no network and no other file."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from ops.preview_report import page as house
from ops.preview_report.mask import Masker
from rehearsal.chart import component
from rehearsal.clock import minutes
from rehearsal.duration import PICTURE

HERE = Path(__file__).parent
PAGE = "calls.html"
LONGEST = 20_000
"""Characters of a message: what is longer is cut, and says so."""
STATUS = {"answered": "answered", "absent": "not there", "refused": "refused"}
"""What became of a call → as a person calls it."""
PROJECT = "project"
"""Where a call belongs that is about nothing that the stack made: the project, its APIs."""


@dataclass(frozen=True)
class Call:
    """A line of `calls.jsonl`, and what belongs to it."""

    number: int
    at: float
    step: str
    api: str
    id: str
    method: str
    url: str
    resource: str
    status: int
    error: str
    ms: float
    component: str

    @property
    def outcome(self) -> str:
        if self.status < 400:
            return "answered"
        return "absent" if self.status == 404 and self.method == "GET" else "refused"


def write(out: Path, stack: str) -> list[str]:
    """Makes the page of what a rehearsal left in `out`; what to say of it."""
    owners = components(json.loads((out / "state.json").read_text()))
    lines = (out / "calls.jsonl").read_text().splitlines()
    calls = [read(json.loads(line), owners) for line in lines]
    file = out / PAGE
    file.write_text(render(stack, calls, messages(out, calls), picture(out)))
    return [f"All {len(calls)} calls, with what was said: {file}"]


def read(line: Mapping[str, Any], owners: Mapping[str, str]) -> Call:
    return Call(
        line["n"],
        line["at"],
        line["step"],
        line["api"] or line["host"],
        line["id"] or line["path"],
        line["method"],
        f"https://{line['host']}/{line['path']}",
        line["resource"],
        line["status"],
        line["error"] or "",
        line["ms"],
        owner(line["resource"], owners),
    )


def components(state: Mapping[str, Any]) -> dict[str, str]:
    """What Google calls a thing → the component that made it, where that is one."""
    found: dict[str, set[str]] = {}
    for one in state["deployment"]["resources"]:
        name = str(one.get("id", "")).rstrip("/").rpartition("/")[2]
        if name and one["type"].startswith("gcp:"):
            found.setdefault(name, set()).add(component(one["urn"]))
    return {name: owners.pop() for name, owners in found.items() if len(owners) == 1}


def owner(resource: str, owners: Mapping[str, str]) -> str:
    """The component of the innermost part of `resource` that one made."""
    parts = reversed(resource.split("/"))
    return next((owners[part] for part in parts if part in owners), PROJECT)


def messages(out: Path, calls: Sequence[Call]) -> Iterator[tuple[str, str]]:
    """Request and response of each call, without what is or looks like a secret."""
    masker = Masker()
    for call in calls:
        file = out / "bodies" / f"{call.number}.json"
        said: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        yield shown(said.get("request"), masker), shown(said.get("response"), masker)


def shown(message: Any, masker: Masker) -> str:
    if not message:
        return ""
    text = json.dumps(masker.value(message), indent=1, ensure_ascii=False)
    cut = len(text) - LONGEST
    return f"{text[:LONGEST]}… ({cut} more characters)" if cut > 0 else text


def picture(out: Path) -> str:
    """The critical path, where it was drawn: `duration.report` escapes what is in it."""
    file = out / PICTURE
    return file.read_text() if file.exists() else ""


def render(stack: str, calls: Sequence[Call], said: Iterable[tuple[str, str]], drawing: str) -> str:
    return "\n".join(_page(stack, calls, said, drawing))


def _page(
    stack: str, calls: Sequence[Call], said: Iterable[tuple[str, str]], drawing: str
) -> Iterator[str]:
    title = f"The rehearsal of {stack}: {len(calls)} calls"
    css = (house.HERE / "page.css").read_text() + (HERE / "page.css").read_text()
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{house.POLICY}">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{escape(title)}</title><style>{css}</style></head><body>"
    yield f"<header><div><h1>{escape(title)}</h1><p class=soft>What the provider asked a played "
    yield "Google Cloud for, and what that answered. Nothing left this machine.</p></div></header>"
    yield '<nav class="bar"><div><input id="query" type="search" aria-label="Search" '
    yield 'placeholder="Search: a method, a resource, an error">'
    for field, every in (
        ("component", {one: one for one in sorted({call.component for call in calls})}),
        ("step", {one: one for one in dict.fromkeys(call.step for call in calls)}),
        ("api", {one: one for one in sorted({call.api for call in calls})}),
        ("outcome", STATUS),
    ):
        yield from _choice(field, every)
    yield '<span id="shown" class="soft"></span></div></nav><main><h2>Steps</h2>'
    yield from _steps(calls)
    if drawing:
        yield "<h2>A first deployment, on a virtual clock</h2>"
        yield f'<div class="drawing picture">{drawing}</div>'
    yield "<h2>Calls</h2>"
    for call, (request, response) in zip(calls, said, strict=True):
        yield from _call(call, request, response)
    yield "<footer>[secret] and [masked] stand for what is or looks like one. Seconds are from the "
    yield f"rehearsal's start.</footer></main><script>{(HERE / 'page.js').read_text()}</script>"
    yield "</body></html>"


def _choice(field: str, every: Mapping[str, str]) -> Iterator[str]:
    yield f'<select data-of="{field}" aria-label="{field}"><option value="">every {field}</option>'
    for value, name in every.items():
        yield f'<option value="{escape(value)}">{escape(name)}</option>'
    yield "</select>"


def _steps(calls: Sequence[Call]) -> Iterator[str]:
    yield '<div class="scroll"><table><thead><tr><th>step</th><th class=number>calls</th>'
    yield "<th class=number>refused</th><th class=number>from first to last</th></tr></thead>"
    yield "<tbody>"
    for step in dict.fromkeys(call.step for call in calls):
        its = [call for call in calls if call.step == step]
        refused = sum(call.outcome == "refused" for call in its)
        lasted = minutes(its[-1].at - its[0].at)
        yield f"<tr><td>{escape(step)}</td><td class=number>{len(its)}</td>"
        yield f"<td class=number>{refused}</td><td class=number>{lasted}</td></tr>"
    yield "</tbody></table></div>"


def _call(call: Call, request: str, response: str) -> Iterator[str]:
    yield (
        f'<details class="call" data-component="{escape(call.component)}" '
        f'data-step="{escape(call.step)}" data-api="{escape(call.api)}" '
        f'data-outcome="{call.outcome}"><summary><span class="soft">{call.number}</span>'
        f'<span class="soft">{call.at:.1f} s</span><span>{escape(call.step)}</span>'
        f"<span>{escape(call.method)}</span><strong>{escape(call.id)}</strong>"
        f"<span>{escape(call.resource)}</span><span class=soft>{escape(call.component)}</span>"
        f'<span class="{call.outcome}">{call.status}</span></summary>'
    )
    yield f'<div><p class="soft">{escape(call.url)}, {call.ms:g} ms</p>'
    if call.error:
        yield f'<p class="{call.outcome}">{escape(call.error)}</p>'
    for name, text in (("Request", request), ("Response", response)):
        if text:
            yield f"<small>{name}</small><pre>{escape(text)}</pre>"
    yield "</div></details>"
