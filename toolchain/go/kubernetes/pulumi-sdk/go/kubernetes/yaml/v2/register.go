// Package yaml registers the objects that the provider's components (ConfigGroup, Directory, Chart) find in manifests.
package yaml

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// object is a resource of any kind: nothing in the provider reads its outputs.
type object struct{ pulumi.CustomResourceState }

// RegisterResource registers an object of any kind, known or custom.
func RegisterResource(
	ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input, opts ...pulumi.ResourceOption,
) (pulumi.CustomResource, error) {
	var res object
	if err := ctx.RegisterResource(token(apiVersion, kind), name, props, &res, opts...); err != nil {
		return nil, err
	}
	return &res, nil
}

// token is the resource type of a kind. Kubernetes leaves the name of its first API group out, Pulumi does not.
func token(apiVersion, kind string) string {
	if apiVersion == "v1" {
		apiVersion = "core/v1"
	}
	return "kubernetes:" + apiVersion + ":" + kind
}
