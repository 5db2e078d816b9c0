package yaml

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// recorder is an engine that remembers what was registered.
type recorder struct {
	registered map[string]resource.PropertyMap
}

func (r recorder) NewResource(a pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.registered[a.TypeToken+" "+a.Name] = a.Inputs
	return a.Name + "-id", a.Inputs, nil
}

func (recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

func TestRegisterResource(t *testing.T) {
	engine := recorder{map[string]resource.PropertyMap{}}
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		for name, o := range map[string][2]string{
			"core": {"v1", "Pod"}, "named": {"apps/v1", "Deployment"},
			"dotted": {"rbac.authorization.k8s.io/v1", "Role"}, "custom": {"example.com/v1alpha1", "Strategy"},
		} {
			props := pulumi.Map{"metadata": pulumi.Map{"name": pulumi.String(name)}}
			if _, err := RegisterResource(ctx, o[0], o[1], name, props); err != nil {
				return err
			}
		}
		return nil
	}, pulumi.WithMocks("project", "stack", engine))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"kubernetes:core/v1:Pod core", "kubernetes:apps/v1:Deployment named",
		"kubernetes:rbac.authorization.k8s.io/v1:Role dotted", "kubernetes:example.com/v1alpha1:Strategy custom",
	} {
		inputs, ok := engine.registered[want]
		if !ok {
			t.Errorf("%s is missing from %v", want, engine.registered)
			continue
		}
		if !inputs["metadata"].ObjectValue()["name"].IsString() {
			t.Errorf("%s lost its inputs: %v", want, inputs)
		}
	}
}
