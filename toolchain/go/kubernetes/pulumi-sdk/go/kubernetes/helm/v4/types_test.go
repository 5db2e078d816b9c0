package helm

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type engine struct{ pulumi.MockResourceMonitor }

// What the provider does with a chart's arguments: it waits for them and expects the plain types.
func TestArgumentsResolveToPlainTypes(t *testing.T) {
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		var repository RepositoryOptsInput = RepositoryOptsArgs{
			Repo: pulumi.String("https://charts.example.com"), CaFile: pulumi.NewFileAsset("ca.pem"),
		}
		var renderer PostRendererInput = PostRendererArgs{
			Command: pulumi.String("kustomize"), Args: pulumi.ToStringArray([]string{"build"}),
		}
		done := make(chan []any, 1)
		pulumi.All(repository, renderer, repository.ToRepositoryOptsOutputWithContext(context.Background())).
			ApplyT(func(all []any) int { done <- all; return 0 })
		all := <-done
		for _, i := range []int{0, 2} {
			if r, ok := all[i].(RepositoryOpts); !ok || *r.Repo != "https://charts.example.com" || r.CaFile == nil || r.Username != nil {
				t.Errorf("repository: %#v", all[i])
			}
		}
		if r, ok := all[1].(PostRenderer); !ok || r.Command != "kustomize" || len(r.Args) != 1 || r.Args[0] != "build" {
			t.Errorf("renderer: %#v", all[1])
		}
		return nil
	}, pulumi.WithMocks("project", "stack", engine{}))
	if err != nil {
		t.Fatal(err)
	}
}
