// Package shim hands out the Docker provider, which upstream keeps in an internal package.
//
// It is a module of its own because Go lets only code below the provider's own module path import
// that package: the path is upstream's, the folder is ours (see the replace lines in ../go.mod).
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider is the provider as upstream would serve it.
func NewProvider(version string) *schema.Provider { return provider.New(version)() }
