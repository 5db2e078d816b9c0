"""One call, from its URL to its answer."""

import re

from components.foundation.services import LATE_AGENTS, SERVICE_AGENTS
from ops.bootstrap.steps import AGENTS, APIS, MADE_WITH_THEIR_API
from policy.google import PLACES
from rehearsal.cloud import references, rules, special
from rehearsal.cloud.bodies import complaints
from rehearsal.cloud.documents import Json
from rehearsal.cloud.fields import strings
from rehearsal.cloud.methods import KINDS, kind
from rehearsal.cloud.refused import Refused
from rehearsal.cloud.state import Call, Cloud


def new_project(project: str, number: str, billing_account: str) -> Cloud:
    """A project as `make bootstrap-gcp` leaves it: a few APIs, the agents, nothing else."""
    cloud = Cloud(project, number)
    cloud.load(special.DOCUMENTS)
    cloud.store[f"cloudresourcemanager:projects/{project}"] = {
        "projectId": project,
        "projectNumber": number,
        "name": project,
        "lifecycleState": "ACTIVE",
    }
    cloud.store[f"billingbudgets:billingAccounts/{billing_account}"] = {}
    for bucket in ("_Default", "_Required"):  # every project has them
        name = f"projects/{project}/locations/global/buckets/{bucket}"
        cloud.store[f"logging:{name}"] = {"name": name, "lifecycleState": "ACTIVE"}
    for api in {*APIS, *AGENTS, *MADE_WITH_THEIR_API}:
        cloud.enable(f"{api}.googleapis.com")
    there = {*LATE_AGENTS, *MADE_WITH_THEIR_API, "storage"}
    cloud.agents = {SERVICE_AGENTS[api].format(number=number) for api in there}
    return cloud


def routed(cloud: Cloud, call: Call) -> None:
    """Find which method of which API is called, and what about."""
    call.host = special.ALIASES.get(call.host, call.host)
    document = cloud.document(call.host, call.path)
    found = document.route(call.http, call.path)
    if found is None:
        raise Refused(
            501, f"{document.name} has no method {call.http} https://{call.host}/{call.path}"
        )
    call.method = found
    call.key = cloud.keyed(found, acted_on(call))


def undocumented(call: Call) -> Json | None:
    """The answer to what no document has, and the provider asks for all the same."""
    return special.ANSWERS.get(f"{call.host}/{call.path}")


def handle(cloud: Cloud, call: Call) -> Json:
    """Answer a call that is routed, or refuse it as the API would: allowed, well formed, referring
    to what is there, and not against a rule."""
    found = call.method
    _enabled(cloud, call)
    _place(cloud, call)
    if found.http != "GET":
        _well_formed(call)
        references.check(cloud, call.body)
        refused = rules.complaint(cloud, call)
        if refused:
            raise Refused(*refused)
    answers = special.handler(found.id) or KINDS[kind(found)]
    return answers(cloud, call)


def acted_on(call: Call) -> str:
    """The path without the verb that ends it (`…/topics/t:setIamPolicy`, `…/b/name/iam`)."""
    verb = call.method.verb
    words = (
        "(?:iam|iam/testPermissions)" if call.method.api == "storage" and "Iam" in verb else verb
    )
    found = re.search(rf"[:/]{words}$", call.path)
    literal = found and call.method.template.endswith(found[0])
    return call.path[: found.start()] if found and literal else call.path


def _enabled(cloud: Cloud, call: Call) -> None:
    document = call.method.document
    service = document.host
    if service in special.ALWAYS_ENABLED or cloud.enabled(service):
        return
    raise Refused(
        403,
        f"{document.title} has not been used in project {cloud.number} before or it is disabled. "
        f"Enable it by visiting https://console.developers.google.com/apis/api/{service}/overview"
        f"?project={cloud.number} then retry. If you enabled this API recently, wait a few minutes "
        "for the action to propagate to our systems and retry.",
        reason="accessNotConfigured",
    )


PLACED = ("region", "location")
"""Fields that name a place, wherever in a body."""


def _place(cloud: Cloud, call: Call) -> None:
    """Regions, zones and locations have to exist."""
    places = re.findall(r"/(region|zone|location)s/([^/:]+)", call.path)
    if call.method.verb in ("create", "insert"):
        named = ((re.split(r"[.\[]", at)[-1], text) for at, text in strings(call.body))
        places += [pair for pair in named if pair[0] in PLACED and "/" not in pair[1]]
    for kind_, place in places:
        if place in PLACES or place.lower() in special.WIDER | cloud.locations:
            continue
        if call.method.api == "compute":
            raise Refused(400, f"Invalid value for field '{kind_}': '{place}'. Unknown {kind_}.")
        raise Refused(403, f"Permission denied on 'locations/{place}' (or it may not exist).")


def _well_formed(call: Call) -> None:
    method = call.method
    if call.body and method.request:
        found = complaints(call.body, method.request, method.document.schemas, special.UNDOCUMENTED)
        if found:
            raise Refused(400, "\n".join(found))
