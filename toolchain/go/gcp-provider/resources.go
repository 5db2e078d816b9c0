package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// resourceTokens names Terraform's resource types as the pulumi-gcp package does. A type is missing? Its token stands
// in the package's Python source. Property names need no table: of all types, 1,304, only chronicle's ReferenceList and
// cloudrunv2's WorkerPool have properties that differ from what the bridge makes of Terraform's names by its own rules.
var resourceTokens = map[string]tokens.Type{
	"google_artifact_registry_repository":            "gcp:artifactregistry/repository:Repository",
	"google_artifact_registry_repository_iam_member": "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
	"google_compute_address":                         "gcp:compute/address:Address",
	"google_compute_firewall":                        "gcp:compute/firewall:Firewall",
	"google_compute_global_address":                  "gcp:compute/globalAddress:GlobalAddress",
	"google_compute_network":                         "gcp:compute/network:Network",
	"google_compute_router":                          "gcp:compute/router:Router",
	"google_compute_router_nat":                      "gcp:compute/routerNat:RouterNat",
	"google_compute_subnetwork":                      "gcp:compute/subnetwork:Subnetwork",
	"google_container_cluster":                       "gcp:container/cluster:Cluster",
	"google_container_node_pool":                     "gcp:container/nodePool:NodePool",
	"google_kms_crypto_key":                          "gcp:kms/cryptoKey:CryptoKey",
	"google_kms_crypto_key_iam_member":               "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
	"google_kms_key_ring":                            "gcp:kms/keyRing:KeyRing",
	"google_project_iam_member":                      "gcp:projects/iAMMember:IAMMember",
	"google_project_service":                         "gcp:projects/service:Service",
	"google_redis_instance":                          "gcp:redis/instance:Instance",
	"google_secret_manager_secret":                   "gcp:secretmanager/secret:Secret",
	"google_secret_manager_secret_version":           "gcp:secretmanager/secretVersion:SecretVersion",
	"google_service_account":                         "gcp:serviceaccount/account:Account",
	"google_service_account_iam_member":              "gcp:serviceaccount/iAMMember:IAMMember",
	"google_service_networking_connection":           "gcp:servicenetworking/connection:Connection",
	"google_sql_database":                            "gcp:sql/database:Database",
	"google_sql_database_instance":                   "gcp:sql/databaseInstance:DatabaseInstance",
	"google_sql_user":                                "gcp:sql/user:User",
	"google_storage_bucket":                          "gcp:storage/bucket:Bucket",
}

func resources() map[string]*tfbridge.ResourceInfo {
	infos := map[string]*tfbridge.ResourceInfo{}
	for terraform, token := range resourceTokens {
		infos[terraform] = &tfbridge.ResourceInfo{Tok: token}
	}
	return infos
}
