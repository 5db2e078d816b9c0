// Command pulumi-resource-kubernetes is the Kubernetes plugin of Pulumi: the provider module, served.
//
// The module leaves out the two files that its own main package embeds. They are laid over the folder
// schema/ when this is built (`go build -overlay`), from cmd/pulumi-resource-kubernetes in the module.
package main

import (
	"embed"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	providerversion "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

// version is set when linking. It must be the version of the Python package, by which the engine asks for the plugin.
var version = "4.18.1"

//go:embed schema
var files embed.FS

func main() {
	schema, err := read("schema.json")
	mapping, err2 := read("terraform-mapping.json")
	if err != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-kubernetes was built without its schema: build it with -overlay")
		os.Exit(1)
	}
	providerversion.Version = version // the provider reports its own package variable to the cluster and the engine
	provider.Serve("kubernetes", version, schema, mapping)
}

func read(name string) ([]byte, error) { return files.ReadFile("schema/" + name) }
