"""Who reaches what, and what is written down of it."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from policy.checks import ABSENT, STATED, beside, equal, must, unless, values
from policy.model import UNKNOWN, Finding, GraphRule, Resource, ResourceRule, Unknown

NETWORK = "gcp:compute/network:Network"
SUBNET = "gcp:compute/subnetwork:Subnetwork"
FIREWALL = "gcp:compute/firewall:Firewall"
POLICY_RULES = "gcp:compute/*irewallPolicyRule:*irewallPolicyRule"
ANYWHERE = {"0.0.0.0/0", "::/0"}


def _ingress(resource: Resource) -> bool:
    """Whether it is a firewall rule that lets something in."""
    inputs = resource.inputs
    if inputs.get("direction", "INGRESS") != "INGRESS" or inputs.get("disabled") is True:
        return False
    return bool(inputs.get("allows")) or inputs.get("action") not in (None, "deny", "goto_next")


def _closed(resource: Resource) -> Iterator[Finding]:
    """No rule lets everybody in. One without any source does."""
    if not _ingress(resource):
        return
    paths = ("sourceRanges", "match.srcIpRanges")
    ranges = [(place, given) for path in paths for place, given in values(resource.inputs, path)]
    listed = [(place, given) for place, given in ranges if given is not None]
    for place, given in listed:
        if given is UNKNOWN or ANYWHERE & set(cast(Sequence[Any], given)):
            yield Finding(place, given, "narrower than the whole internet")
    narrowed = ("sourceTags", "sourceServiceAccounts", "match.srcSecureTags")
    if not listed and not any(
        STATED.holds(given) for path in narrowed for _, given in values(resource.inputs, path)
    ):
        yield Finding("sourceRanges", None, "narrower than the whole internet")


def _denies_all(rule: Resource, direction: str) -> bool | Unknown:
    """Whether it is a firewall rule that denies everything in `direction`."""
    said = rule.inputs.get("direction", "INGRESS")
    denies = rule.inputs.get("denies") or rule.inputs.get("action")
    if UNKNOWN in (said, denies):
        return UNKNOWN
    if said != direction or denies in (None, "allow", "goto_next"):
        return False
    paths = {
        "INGRESS": ("sourceRanges", "match.srcIpRanges"),
        "EGRESS": ("destinationRanges", "match.destIpRanges"),
    }
    ranges = [given for path in paths[direction] for _, given in values(rule.inputs, path)]
    if UNKNOWN in ranges:
        return UNKNOWN
    return any(ANYWHERE & set(cast(list[Any], given)) for given in ranges if given)


def _denied(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Finding]]:
    """Beside a network, in each direction, something denies all that nothing allows."""
    networks = [resource for resource in resources if resource.type == NETWORK]
    for direction in ("INGRESS", "EGRESS") if networks else ():
        denied = [_denies_all(one, direction) for one in resources if "irewall" in one.type]
        if True not in denied:
            given = UNKNOWN if UNKNOWN in denied else None
            wanted = f"a firewall rule that denies all {direction.lower()} that none allows"
            yield networks[0], Finding("beside it", given, wanted)


RULES = (
    ResourceRule(
        id="network-own-subnets",
        title="A network has the subnets that it is given, not one in each region",
        sources=("CIS GCP 4.0 3.1", "CKV_GCP_27", "CFF net-vpc"),
        severity="medium",
        remedy="auto_create_subnetworks=False in components/network.",
        types=(NETWORK,),
        check=must("autoCreateSubnetworks", equal(False)),
    ),
    ResourceRule(
        id="network-flow-logs",
        title="Each subnet logs its flows",
        sources=("CIS GCP 4.0 3.8", "CIS GKE 1.6 5.6.1", "CKV_GCP_26", "CKV_GCP_61"),
        severity="medium",
        remedy="Give the subnet a log_config in components/network.",
        types=(SUBNET,),
        # Google keeps no flow logs of the subnets of its own proxies and service attachments.
        check=unless("purpose", must("logConfig", STATED)),
    ),
    ResourceRule(
        id="network-private-google-access",
        title="Each subnet reaches Google's APIs without a public address",
        sources=("CKV_GCP_74", "GKE hardening guide", "CFF net-vpc"),
        severity="medium",
        remedy="private_ip_google_access=True in components/network.",
        types=(SUBNET,),
        check=unless("purpose", must("privateIpGoogleAccess", equal(True))),
    ),
    ResourceRule(
        id="network-closed-to-internet",
        title="No firewall rule lets the whole internet in",
        sources=("CIS GCP 4.0 3.6, 3.7", "CKV_GCP_2, 3, 75, 77, 88, 106", "CKV2_GCP_12"),
        severity="critical",
        remedy="Name the ranges, tags or accounts that may come in.",
        types=(FIREWALL, POLICY_RULES),
        check=_closed,
    ),
    ResourceRule(
        id="network-firewall-logged",
        title="Each firewall rule writes down what it does",
        sources=("Google: firewall/docs/firewall-rules-logging", "CFF net-vpc-firewall"),
        severity="medium",
        remedy="Logging on the rule in components/network.",
        types=(FIREWALL,),
        check=must("logConfig", STATED),
    ),
    ResourceRule(
        id="network-policy-rule-logged",
        title="Each rule of a firewall policy writes down what it does",
        sources=(
            "Google: firewall/docs/firewall-rules-logging",
            "CFF net-firewall-policy",
        ),
        severity="medium",
        remedy="enable_logging=True on the rule in components/network.",
        types=(POLICY_RULES,),
        # A rule that hands on to the next decides nothing, and can't log.
        check=lambda rule: (
            ()
            if rule.inputs.get("action") == "goto_next"
            else must("enableLogging", equal(True))(rule)
        ),
    ),
    GraphRule(
        id="network-denied-by-default",
        title="What no firewall rule allows is denied and logged, out as well as in",
        sources=("CKV2_GCP_18", "CIS GKE 1.6 5.6.6", "Google: enterprise foundations blueprint"),
        severity="high",
        remedy="A deny rule of the lowest priority for each direction in components/network.",
        check=_denied,
    ),
    ResourceRule(
        id="network-nat-logged",
        title="Address translation writes down what it drops",
        sources=("Google: nat/docs/monitoring", "CFF net-cloudnat"),
        severity="medium",
        remedy="log_config with enable=True in components/network.",
        types=("gcp:compute/routerNat:RouterNat",),
        check=must("logConfig.enable", equal(True)),
    ),
    GraphRule(
        id="network-dns-logged",
        title="Names that are asked for in a network are logged",
        sources=("CIS GCP 4.0 2.12",),
        severity="medium",
        remedy="A DNS policy with enable_logging=True for the network.",
        check=beside(
            NETWORK,
            "gcp:dns/policy:Policy",
            "a DNS policy with logging",
            must("enableLogging", equal(True)),
        ),
    ),
    ResourceRule(
        id="machine-private-address",
        title="No machine has a public address",
        sources=("CIS GCP 4.0 4.9", "CKV_GCP_40"),
        severity="critical",
        remedy="Leave access_configs out; reach the machine through IAP.",
        types=("gcp:compute/instance*:Instance*",),
        check=must("networkInterfaces.accessConfigs", ABSENT),
    ),
)
