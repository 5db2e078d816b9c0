// Command pulumi-resource-gcp is the Google Cloud plugin of Pulumi where the official one cannot be downloaded:
// the Terraform provider that pulumi-gcp 9.30 is made from, behind Pulumi's Terraform bridge.
//
// It serves the resource types of resources.go: those that the stacks are made of, and a few that
// the policy speaks of.
package main

import (
	"fmt"

	google "github.com/hashicorp/terraform-provider-google/google/provider"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// version is set when linking. It must be the version of the Python package, by which the engine asks for the plugin.
var version = "9.30.0"

func main() {
	// Python programs carry their own types, so the schema only has to name the package.
	schema := fmt.Sprintf(`{"name":"gcp","version":%q}`, version)
	tfbridge.Main("gcp", version, provider(), []byte(schema))
}

func provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P: shimv2.NewProvider(google.Provider()), Name: "gcp", ResourcePrefix: "google", Version: version,
		Resources: resources(), PreConfigureCallback: previewWithoutCredentials,
	}
	info.SetAutonaming(63, "-") // Google's limit for most names
	return info
}
