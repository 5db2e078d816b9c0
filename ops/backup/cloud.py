"""What `make backup` and its like say of a stack on Google Cloud."""

from ops.commands import OpsError
from ops.context import Context

WORDS = """{stack} is on Google Cloud, where each service keeps backups of its own \
(docs/backup.md, «On Google Cloud»). {what}:
{lines}"""

BACKUP = (
    "gcloud sql backups create --instance=INSTANCE",
    "gcloud redis instances export gs://BUCKET/cache.rdb INSTANCE --region={region}",
    "gcloud beta container backup-restore backups create BACKUP --backup-plan=PLAN"
    " --location={region}",
)
RESTORE = (
    "gcloud sql backups list --instance=INSTANCE",
    "gcloud sql backups restore BACKUP_ID --restore-instance=INSTANCE",
    "gcloud redis instances import gs://BUCKET/cache.rdb INSTANCE --region={region}",
    "gcloud beta container backup-restore restores create RESTORE --restore-plan=PLAN"
    " --backup=BACKUP --location={region}",
)
VERIFY = (
    "gcloud sql instances clone INSTANCE COPY --point-in-time=2026-01-31T12:00:00Z",
    "gcloud sql backups describe BACKUP_ID --instance=INSTANCE",
)


def _refuse(context: Context, what: str, lines: tuple[str, ...]) -> int:
    stack = context.stack
    options = f" --project={stack.project}" if stack.project else ""
    told = "\n".join(f"  {line}{options}" for line in lines)
    region = stack.region or "REGION"
    raise OpsError(WORDS.format(stack=stack.name, what=what, lines=told.format(region=region)))


def gcp_backup(context: Context) -> int:
    return _refuse(context, "One more now", BACKUP)


def gcp_restore(context: Context) -> int:
    return _refuse(context, "To restore one", RESTORE)


def gcp_verify(context: Context) -> int:
    return _refuse(context, "To try one", VERIFY)
