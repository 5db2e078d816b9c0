"""`make bootstrap-gcp`: a project is made ready for the first deployment of a stack.

Each step lists what there is and makes what is missing, so it can be run again at any time. It
makes no key file and prints no token: whoever deploys acts as the account `deployer`.
"""

import shlex
import time
from dataclasses import replace

from ops.bootstrap.deployer import BILLING
from ops.bootstrap.steps import SECRETS_KEY, Command, Plan, Step, all_steps, gcloud
from ops.commands import OpsError, Result
from ops.console import duration, say
from ops.context import Context
from policy.google import PROJECT_ID, REGIONS

ATTEMPTS, PAUSE_SECONDS = 42, 10
NOT_YET = (
    "has not been used in project",  # an API that was just enabled
    "SERVICE_DISABLED",
    "Permission denied on Cloud KMS key",  # a grant that was just made
    "does not exist",  # an account that was just made, in a grant
)
"""Google takes up to two minutes, seldom seven, until a change holds everywhere:
https://cloud.google.com/iam/docs/access-change-propagation"""


def bootstrap(context: Context) -> int:
    if context.dry_run:
        return shown(planned(context, number="PROJECT_NUMBER", account="YOU", billing="BILLING"))
    plan = examined(context)
    todo = all_steps(plan)
    say(
        f"\nThis makes project {plan.project} ready for stack {plan.stack} in {plan.region}: "
        f"{len(todo)} steps, as {plan.account}. A key ring and its keys can never be deleted; two "
        "HSM keys and a few megabytes are all that costs."
    )
    confirm(context)
    started = time.monotonic()
    made = sum(done(context, step) for step in todo)
    took = duration(time.monotonic() - started)
    say(f"\n{plan.project} is ready: {made} things made. Took {took}.\n")
    say(what_next(plan))
    return 0


def shown(plan: Plan) -> int:
    say("Nothing is run. Of each step, `list`, `describe` and `get-iam-policy` look what is there.")
    for step in all_steps(plan):
        say(f"\n# {step.what}")
        for command in [*([step.find] if step.find else []), *step.makes.values()]:
            say(shlex.join(command))
    return 0


def planned(context: Context, *, number: str, account: str, billing: str) -> Plan:
    stack = context.stack
    project, region = context.project or stack.project, context.region or stack.region
    if not project or not region:
        raise OpsError(
            f"which project and region? Pulumi.{stack.name}.yaml names "
            f"{project or 'no gcp:project'} and {region or 'no gcp:region'}: "
            "make bootstrap-gcp PROJECT=… REGION=…"
        )
    if not PROJECT_ID.fullmatch(project):
        raise OpsError(f"given {project!r} as the project; allowed: text like {PROJECT_ID.pattern}")
    if region not in REGIONS:
        raise OpsError(f"given {region!r} as the region; allowed: one of {', '.join(REGIONS)}")
    return Plan(stack.name, project, region, number, account, billing)


def examined(context: Context) -> Plan:
    """The plan, with what only Google knows; refuses what a person must do first."""
    plan = planned(context, number="", account="", billing="")
    signed_in = asked(context, gcloud("auth list --filter=status:ACTIVE --format=value(account)"))
    if not (account := signed_in.out.strip()):
        raise OpsError("gcloud is not signed in. Run: gcloud auth login")
    describe = f"projects describe {plan.project} --format=value(projectNumber)"
    found = asked(context, gcloud(describe))
    if not found.ok:
        raise OpsError(
            f"{account} sees no project {plan.project}: {found.words}\n"
            f"To make it: gcloud projects create {plan.project} --organization=ORGANIZATION_ID"
        )
    describe = f"billing projects describe {plan.project} --format=value(billingAccountName)"
    billing = asked(context, gcloud(describe))
    if not billing.ok:
        raise OpsError(f"can't tell who pays for {plan.project}: {billing.words}")
    if not billing.out.strip():
        raise OpsError(
            f"nobody pays for {plan.project}, so its APIs can't be enabled. Run: "
            f"gcloud billing projects link {plan.project} --billing-account=BILLING_ACCOUNT"
        )
    return replace(
        plan,
        number=found.out.strip(),
        account=account,
        billing=billing.out.strip().removeprefix("billingAccounts/"),
    )


def confirm(context: Context) -> None:
    if context.force:
        return
    if not context.interactive:
        raise OpsError(
            "nobody is there to say yes, so nothing was made. FORCE=1 doesn't ask; DRY_RUN=1 shows "
            "the commands."
        )
    if input("Go on? Type yes: ").strip() != "yes":
        raise OpsError("nothing was made.")


def done(context: Context, step: Step) -> int:
    """Make what is missing of a step; how many things that were."""
    say(f"\n# {step.what}")
    there = set(must(context, step.find).out.splitlines()) if step.find else set[str]()
    missing = [command for line, command in step.makes.items() if line not in there]
    for command in missing:
        must(context, command)
    if not missing:
        say("  there already")
    return len(missing) if step.find else 0


def must(context: Context, command: Command) -> Result:
    """Run a command, again where Google needs time until what was just made holds."""
    left = ATTEMPTS
    while not (result := asked(context, command)).ok:
        left -= 1
        if not left or not any(words in result.words for words in NOT_YET):
            raise OpsError(
                f"{result.words}\nThat was: {shlex.join(command)}\n"
                "What was made stays. Run it again: it goes on from here."
            )
        say(f"  not yet: {result.words}\n  again in {PAUSE_SECONDS} s")
        time.sleep(PAUSE_SECONDS)
    return result


def asked(context: Context, command: Command) -> Result:
    say(f"$ {shlex.join(command)}")
    # Its own questions would wait for an answer that can't be typed.
    return context.commands.ask(command, env={"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}, timeout=300)


def what_next(plan: Plan) -> str:
    return f"""Next:
1. In Pulumi.{plan.stack}.yaml, under `config`:
     alphintra:target: gcp
     gcp:project: {plan.project}
     gcp:region: {plan.region}
     alphintra:foundation:
       project_number: "{plan.number}"
       billing_account: {plan.billing}
       alert_email: …
2. Whoever administers the billing account lets the deployer keep the budget:
     gcloud billing accounts add-iam-policy-binding {plan.billing} \\
       --member=serviceAccount:{plan.deployer} --role={BILLING.name}
3. Act as the deployer, and make the stack:
     gcloud auth application-default login --impersonate-service-account={plan.deployer}
     export CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT={plan.deployer}
     export PULUMI_BACKEND_URL=gs://{plan.bucket}
     make setup && . .toolchain/env
     pulumi stack init {plan.stack} --secrets-provider=gcpkms://{plan.key(SECRETS_KEY)}
4. make preview STACK={plan.stack}, then make up STACK={plan.stack}

docs/deploying-to-gcp.md tells the rest: quota, CI, costs, how to get in, how to remove it."""
