"""What a cluster does that nobody has to ask for, and what each target makes of it."""

from components.parity import Approximated, Lacking, Same, Statement, contract, rule, tried

TESTS = "tests/components/test_cluster.py"
NAME = "cluster"
IDENTITIES = Same(f"{TESTS}::test_identities_are_googles_and_nobody_is_anonymous")
NO_METADATA = Lacking("There is no metadata server: what asks it for a token fails here.")
NOT_ENCRYPTED = Lacking("Nothing is encrypted at rest: whoever has this machine can read it.")
NO_BACKUP = Lacking("No backup is made: a namespace that is deleted is gone.")

WAY_IN = (
    Statement(
        "The API asks Google's IAM before anybody gets to it",
        Lacking("The API listens on loopback, and knows certificates: no right at Google counts."),
        rule("cluster-private-endpoint"),
        rows="DNS endpoint | no endpoint by address | authorized networks",
    ),
    Statement(
        "A kubeconfig without a credential in it",
        Lacking("The certificate in it opens all, for as long as the cluster stands."),
        Same(f"{TESTS}::test_the_kubeconfig_names_that_endpoint_and_no_credential"),
        rows="no Kubernetes tokens | kubeconfig without",
    ),
    Statement(
        "Private nodes",
        Approximated("On a Docker network that only this machine reaches."),
        rule("cluster-private-nodes"),
        rows="private nodes",
    ),
)

NETWORK = (
    Statement(
        "Pods and Services have ranges of the network's own",
        Approximated("The same ranges, but pods go to the outside by their node's address."),
        rule("cluster-network-policy"),
        rows="VPC-native | 64 pods on a node",
    ),
    contract(
        "NetworkPolicy is enforced", NAME, "default_deny", rows="Dataplane V2, which enforces"
    ),
    Statement(
        "What a client sees that a policy refuses",
        Approximated(
            "«Connection refused», at once: how long it waits on Google Cloud doesn't show.",
            "tests/e2e/test_node_policies.py::test_default_deny_closes_a_namespace_both_ways",
        ),
        Approximated("Nothing: packets are dropped, and the client's own time-out ends it."),
    ),
    Statement(
        "How soon a policy knows a new pod",
        Approximated(
            "At once for itself; as a caller on another node after a second, refused until then.",
            "tests/e2e/test_node_policies.py::test_policies_hold_from_a_pods_first_moment",
        ),
        Approximated("Soon, by Dataplane V2; no test of ours sees how soon."),
    ),
    Statement(
        "Network policies by a domain's name (FQDN)",
        Lacking("Not known here: `internet: true` opens all HTTPS, on both targets."),
        Same(f"{TESTS}::test_dataplane_v2_enforces_network_policies"),
        rows="FQDN network policies",
    ),
    Statement(
        "A Service's name resolves",
        tried(NAME, "service_name_resolves"),
        Approximated("Google runs the DNS; no graph shows it, `make contract` tries it."),
    ),
    Statement(
        "The DNS server itself: Cloud DNS, with a cache on each node",
        Approximated("CoreDNS, the same names; no cache on the node, other time-outs."),
        Approximated("Cloud DNS and NodeLocal DNS cache are asked for; no test of ours sees them."),
        rows="Cloud DNS in the cluster | NodeLocal DNS",
    ),
    Statement(
        "Load balancers: Gateway, Ingress, Service of type LoadBalancer",
        Approximated(
            "A LoadBalancer gets the nodes' addresses, which only this machine reaches; nothing "
            "serves a Gateway or an Ingress. Use `published_ports`."
        ),
        Approximated(
            "Gateway and Ingress, with Google's certificates; external passthrough load balancers "
            "are refused on purpose."
        ),
        rows="Gateway API | internal load balancers",
    ),
    Statement(
        "Services can't claim external addresses",
        Lacking("They can: a Service that does so passes here."),
        Same(f"{TESTS}::test_dataplane_v2_enforces_network_policies"),
        rows="Services can't claim",
    ),
    Statement(
        "Traffic between pods of one node is seen by flow logs and rules",
        Lacking("Nothing is logged."),
        rule("cluster-intranode-visibility"),
        rows="intranode visibility",
    ),
)

IDENTITY = (
    Statement(
        "Pods act as Google accounts of their own (Workload Identity)",
        Lacking("A pod's account means nothing to Google here: a call to an API can't be tried."),
        rule("cluster-workload-identity"),
        rows="Workload Identity",
    ),
    Statement(
        "Nodes act as an account with one narrow role, and hide it from pods",
        NO_METADATA,
        rule("nodes-conceal-metadata"),
        rows="nodes act as an account | GKE metadata server | legacy metadata",
    ),
    Statement(
        "No anonymous, everybody's or outdated ways to sign in",
        Lacking("Certificates are issued, health checks are anonymous: Kubernetes' own defaults."),
        IDENTITIES,
        rows="no client certificates | no attribute-based | anonymous requests | no bindings to",
    ),
    Statement(
        "Rights by group (RBAC)",
        Approximated(
            "Groups are taken at their word; what they may do is enforced.",
            tried(NAME, "developer_rights").backed_by,
        ),
        Same(f"{TESTS}::test_a_google_group_can_be_named_in_rbac"),
        rows="RBAC by Google groups",
    ),
)

ENCRYPTION = (
    Statement(
        "Kubernetes' Secrets are encrypted in etcd by a key of the project's own",
        NOT_ENCRYPTED,
        rule("cluster-secrets-encrypted"),
        rows="secrets in etcd",
    ),
    Statement(
        "Disks, backups and notices are encrypted by a key of the project's own",
        NOT_ENCRYPTED,
        Same(f"{TESTS}::test_what_is_stored_is_encrypted_with_the_clusters_key"),
        rows="boot disks by | upgrade notices by | backups by own",
    ),
    Statement(
        "Secrets from Secret Manager in pods, rotated",
        Lacking(
            "No Secret Manager: a volume of its driver stays pending. Use the Secret `platform`."
        ),
        Approximated("The driver is on; nothing of the platform's mounts one yet."),
        rows="Secret Manager in pods",
    ),
    Statement(
        "The nodes' memory is encrypted (confidential nodes)",
        NOT_ENCRYPTED,
        Same(f"{TESTS}::test_memory_is_encrypted_on_all_nodes_or_none"),
        rows="confidential nodes",
    ),
)

LOSS = (
    Statement(
        "A volume outlives its pod",
        tried(NAME, "volume_survives_pod"),
        Approximated("A disk of the zone (Persistent Disk); the contract suite tries it there."),
    ),
    Statement(
        "Storage classes, sizes and snapshots of volumes",
        Approximated(
            "`local-path`, a folder of one node: no size is kept to, no snapshot, no move."
        ),
        Approximated("`standard-rwo` and others by Persistent Disk, encrypted by Google's keys."),
    ),
    Statement(
        "Backup for GKE: all namespaces, Secrets and volumes",
        NO_BACKUP,
        rule("cluster-backed-up"),
        rows="Backup for GKE | backup plan | backups that nobody",
    ),
    Statement(
        "Deletion protection",
        Lacking("`make down` asks once; some settings make the cluster anew, with all in it."),
        rule("cluster-deletion-protected"),
        rows="deletion protection",
    ),
    Statement(
        "Kubernetes' own API: version, and what is turned on",
        Approximated("Upstream Kubernetes of a pinned version, alpha features off."),
        rule("cluster-no-legacy-sign-in"),
        rows="no alpha features",
    ),
    Statement(
        "The control plane outlives the loss of a server",
        Lacking("One server (three with the official node image): when it stops, the API is away."),
        rule("cluster-three-zones"),
    ),
)

GUARANTEES = (*WAY_IN, *NETWORK, *IDENTITY, *ENCRYPTION, *LOSS)
