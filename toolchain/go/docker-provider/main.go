// Command pulumi-resource-docker is the Docker plugin of Pulumi: the Terraform
// provider that pulumi-docker 4.5 is made from, behind Pulumi's Terraform bridge.
//
// It serves the resources that the pulumi-docker package names. Image builds are
// not among them (pulumi-docker adds those by hand): images are built by `docker build`.
package main

import (
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// version is set when linking. It must be the version of the Python package, by which the engine asks for the plugin.
var version = "4.5.8"

func main() {
	// Python programs carry their own types, so the schema only has to name the package.
	schema := fmt.Sprintf(`{"name":"docker","version":%q}`, version)
	tfbridge.Main("docker", version, provider(), []byte(schema))
}

func provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P: shimv2.NewProvider(shim.NewProvider(version)), Name: "docker", Version: version,
		Resources: map[string]*tfbridge.ResourceInfo{
			// pulumi-docker keeps the plain name for its own image builds.
			"docker_image": {Tok: "docker:index/remoteImage:RemoteImage"},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("docker_", "index", tokens.MakeStandard("docker")))
	return info
}
