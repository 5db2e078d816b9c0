"""What an API does differently from the others: each row with its reason."""

import re
from collections.abc import Callable

from rehearsal.cloud import handlers as own
from rehearsal.cloud import handlers_network as network
from rehearsal.cloud.documents import Json
from rehearsal.cloud.state import Call, Cloud

DOCUMENTS = (
    *("compute.v1", "container.v1beta1", "sqladmin.v1beta4", "redis.v1", "artifactregistry.v1"),
    *("secretmanager.v1", "iam.v1", "cloudresourcemanager.v1", "serviceusage.v1", "dns.v1"),
    *("servicenetworking.v1", "cloudkms.v1", "storage.v1", "pubsub.v1", "monitoring.v3"),
    *("logging.v2", "billingbudgets.v1", "binaryauthorization.v1", "gkebackup.v1"),
    "containeranalysis.v1",
)
"""Read at the start, so that references into them are checked; others when they are called."""
ALIASES = {"oauth2.googleapis.com": "www.googleapis.com"}
"""Host → the host that its document names."""
ANSWERS: dict[str, Json] = {
    "openidconnect.googleapis.com/v1/userinfo": {"email": "rehearsal@example.com"},
    "www.googleapis.com/oauth2/v2/userinfo": {"email": "rehearsal@example.com"},
}
"""What no document has: the provider asks whose its token is."""
ALWAYS_ENABLED = frozenset(
    f"{one}.googleapis.com"
    for one in ("serviceusage", "www", "oauth2", "openidconnect", "billingbudgets")
)
"""APIs that answer whatever the project has enabled: the first enables the others; the budgets'
is asked with the caller's own project."""
WIDER = frozenset({"global", "us", "eu", "europe", "asia", "-"})
"""Locations that are no region."""
UNDOCUMENTED = frozenset({"deleteBgpAlwaysCompareMed", "initialNatIps"})
"""Fields that the provider sends and no document has; Google ignores them."""
PRUNING = frozenset({"dns", "compute"})
"""APIs that keep no message of which every field is empty."""
NOT_OURS = (
    r"/instanceConfigs/|/global/networks/default$|"
    r"/zones/[^/]+/(machineTypes|diskTypes|acceleratorTypes)/"
)
"""Resources that are named and that Google has: nobody creates them."""
IDENTIFIERS = {"iam.ServiceAccount": "{}@{project}.iam.gserviceaccount.com"}
"""Schema → the last part of its path, where that is more than the id that was asked for."""
KEPT_BY_PUT = {
    "sqladmin.DatabaseInstance": {
        *("name", "region", "project", "state", "databaseVersion", "ipAddresses", "serverCaCert"),
        *("connectionName", "gceZone", "backendType", "instanceType", "masterInstanceName"),
        *("serviceAccountEmailAddress", "replicaNames", "diskEncryptionConfiguration"),
        *("dnsNames", "createTime"),
    },
    "sqladmin.User": {"name", "host", "instance", "project"},
    "storage.Bucket": {"name", "location", "projectNumber"},
}
"""Fields that a PUT leaves alone and that no document marks as Google's own."""
SINGULAR_STATES = {
    "enable": "ENABLED",
    "disable": "DISABLED",
    "destroy": "DESTROYED",
    "undelete": "ACTIVE",
}
"""Verb → the state that it brings about."""

Handler = Callable[[Cloud, Call], Json]
HANDLERS: tuple[tuple[str, Handler], ...] = (
    (r"serviceusage\.services\.(batchEnable|enable|disable)", own.enable),
    (r"serviceusage\.services\.list", own.services),
    (r"serviceusage\.services\.get", own.service),
    (r"servicenetworking\.services\.connections\.(create|patch)", network.connect),
    (r"servicenetworking\.services\.connections\.list", network.connections),
    (r"servicenetworking\.services\.connections\.deleteConnection", network.disconnect),
    (r"compute\.networks\.updatePeering", network.update_peering),
    (r"compute\.\w*[fF]irewallPolicies\.addRule", network.add_rule),
    (r"compute\.\w*[fF]irewallPolicies\.getRule", network.get_rule),
    (r"compute\.\w*[fF]irewallPolicies\.patchRule", network.patch_rule),
    (r"compute\.\w*[fF]irewallPolicies\.removeRule", network.remove_rule),
    (r"compute\.\w*[fF]irewallPolicies\.addAssociation", network.add_association),
    (r"compute\.\w*[fF]irewallPolicies\.getAssociation", network.get_association),
    (r"compute\.\w*[fF]irewallPolicies\.removeAssociation", network.remove_association),
    (r"compute\.(regions|zones)\.get", network.region),
    (r"secretmanager\..*addVersion", own.add_version),
    (r"secretmanager\..*access", own.access_version),
    (r"dns\.changes\.create", own.change_records),
    (r"redis\..*getAuthString", own.auth_string),
    (r"container\..*clusters\.update", own.update_cluster),
    (r"container\..*nodePools\.update", own.update_pool),
    (r"container\..*nodePools\.setSize", own.size_pool),
)
"""Methods that are not what their verb says, by id."""


def handler(method: str) -> Handler | None:
    return next((one for pattern, one in HANDLERS if re.fullmatch(pattern, method)), None)
