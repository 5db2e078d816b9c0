package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// resourceTokens names Terraform's resource types as the pulumi-gcp package does. A type is missing? Its token stands
// in the package's Python source. Property names need no table: of all types, 1,304, only chronicle's ReferenceList and
// cloudrunv2's WorkerPool have properties that differ from what the bridge makes of Terraform's names by its own rules.
var resourceTokens = map[string]tokens.Type{
	"google_artifact_registry_repository":                "gcp:artifactregistry/repository:Repository",
	"google_artifact_registry_repository_iam_member":     "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
	"google_billing_budget":                              "gcp:billing/budget:Budget",
	"google_binary_authorization_attestor":               "gcp:binaryauthorization/attestor:Attestor",
	"google_binary_authorization_attestor_iam_member":    "gcp:binaryauthorization/attestorIamMember:AttestorIamMember",
	"google_binary_authorization_policy":                 "gcp:binaryauthorization/policy:Policy",
	"google_compute_address":                             "gcp:compute/address:Address",
	"google_compute_firewall":                            "gcp:compute/firewall:Firewall",
	"google_compute_global_address":                      "gcp:compute/globalAddress:GlobalAddress",
	"google_compute_network":                             "gcp:compute/network:Network",
	"google_compute_network_firewall_policy":             "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy",
	"google_compute_network_firewall_policy_association": "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation",
	"google_compute_network_firewall_policy_rule":        "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
	"google_compute_network_peering_routes_config":       "gcp:compute/networkPeeringRoutesConfig:NetworkPeeringRoutesConfig",
	"google_compute_route":                               "gcp:compute/route:Route",
	"google_compute_router":                              "gcp:compute/router:Router",
	"google_compute_router_nat":                          "gcp:compute/routerNat:RouterNat",
	"google_compute_subnetwork":                          "gcp:compute/subnetwork:Subnetwork",
	"google_container_analysis_note":                     "gcp:containeranalysis/note:Note",
	"google_container_cluster":                           "gcp:container/cluster:Cluster",
	"google_container_node_pool":                         "gcp:container/nodePool:NodePool",
	"google_dns_managed_zone":                            "gcp:dns/managedZone:ManagedZone",
	"google_dns_policy":                                  "gcp:dns/policy:Policy",
	"google_dns_record_set":                              "gcp:dns/recordSet:RecordSet",
	"google_gke_backup_backup_plan":                      "gcp:gkebackup/backupPlan:BackupPlan",
	"google_kms_crypto_key":                              "gcp:kms/cryptoKey:CryptoKey",
	"google_kms_crypto_key_iam_member":                   "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
	"google_kms_key_ring":                                "gcp:kms/keyRing:KeyRing",
	"google_logging_project_bucket_config":               "gcp:logging/projectBucketConfig:ProjectBucketConfig",
	"google_logging_project_sink":                        "gcp:logging/projectSink:ProjectSink",
	"google_monitoring_alert_policy":                     "gcp:monitoring/alertPolicy:AlertPolicy",
	"google_monitoring_notification_channel":             "gcp:monitoring/notificationChannel:NotificationChannel",
	"google_project_iam_audit_config":                    "gcp:projects/iAMAuditConfig:IAMAuditConfig",
	"google_project_iam_member":                          "gcp:projects/iAMMember:IAMMember",
	"google_project_service":                             "gcp:projects/service:Service",
	"google_pubsub_topic":                                "gcp:pubsub/topic:Topic",
	"google_redis_instance":                              "gcp:redis/instance:Instance",
	"google_secret_manager_secret":                       "gcp:secretmanager/secret:Secret",
	"google_secret_manager_secret_version":               "gcp:secretmanager/secretVersion:SecretVersion",
	"google_service_account":                             "gcp:serviceaccount/account:Account",
	"google_service_account_iam_member":                  "gcp:serviceaccount/iAMMember:IAMMember",
	"google_service_networking_connection":               "gcp:servicenetworking/connection:Connection",
	"google_sql_database":                                "gcp:sql/database:Database",
	"google_sql_database_instance":                       "gcp:sql/databaseInstance:DatabaseInstance",
	"google_sql_user":                                    "gcp:sql/user:User",
	"google_storage_bucket":                              "gcp:storage/bucket:Bucket",
}

func resources() map[string]*tfbridge.ResourceInfo {
	infos := map[string]*tfbridge.ResourceInfo{}
	for terraform, token := range resourceTokens {
		infos[terraform] = &tfbridge.ResourceInfo{Tok: token}
	}
	return infos
}
