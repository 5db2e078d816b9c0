package main

import (
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

func TestEveryTypeIsTheProvidersAndHasAnOwnToken(t *testing.T) {
	info := provider()
	seen := map[string]string{}
	for terraform, token := range resourceTokens {
		if _, ok := info.P.ResourcesMap().GetOk(terraform); !ok {
			t.Errorf("%s is no resource of the provider", terraform)
		}
		if other, twice := seen[string(token)]; twice {
			t.Errorf("%s names both %s and %s", token, terraform, other)
		}
		seen[string(token)] = terraform
	}
}

// Some properties as they are called in the Python package (there in snake case), nested ones too.
func TestPropertiesAreCalledAsInThePackage(t *testing.T) {
	info := provider()
	for _, c := range []struct{ resource, property, want string }{
		{"google_compute_network", "auto_create_subnetworks", "autoCreateSubnetworks"},
		{"google_compute_subnetwork", "secondary_ip_range", "secondaryIpRanges"},
		{"google_compute_router_nat", "subnetwork", "subnetworks"},
		{"google_compute_firewall", "allow", "allows"},
		{"google_service_networking_connection", "reserved_peering_ranges", "reservedPeeringRanges"},
		{"google_container_cluster", "private_cluster_config", "privateClusterConfig"},
		{"google_container_node_pool", "node_config", "nodeConfig"},
		{"google_sql_database_instance", "settings", "settings"},
		{"google_redis_instance", "memory_size_gb", "memorySizeGb"},
	} {
		schema := info.P.ResourcesMap().Get(c.resource).Schema()
		got := tfbridge.TerraformToPulumiNameV2(c.property, schema, info.Resources[c.resource].Fields)
		if got != c.want {
			t.Errorf("%s.%s: got %s, want %s", c.resource, c.property, got, c.want)
		}
	}
}

// A block of which there can be but one is an object in the package, any other a list.
func TestSingleBlocksAreObjects(t *testing.T) {
	resources := provider().P.ResourcesMap()
	for _, c := range []struct {
		resource, property string
		one                bool
	}{
		{"google_sql_database_instance", "settings", true},
		{"google_container_cluster", "workload_identity_config", true},
		{"google_compute_subnetwork", "secondary_ip_range", false},
		{"google_compute_firewall", "allow", false},
	} {
		schema, ok := resources.Get(c.resource).Schema().GetOk(c.property)
		if !ok || tfbridge.IsMaxItemsOne(schema, nil) != c.one {
			t.Errorf("%s.%s: one is not %v", c.resource, c.property, c.one)
		}
	}
}
