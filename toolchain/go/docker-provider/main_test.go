package main

import "testing"

// The tokens on the right are those that the pulumi-docker Python package asks for.
func TestTokensAreThoseOfThePythonPackage(t *testing.T) {
	info := provider()
	for terraform, want := range map[string]string{
		"docker_container":      "docker:index/container:Container",
		"docker_image":          "docker:index/remoteImage:RemoteImage",
		"docker_network":        "docker:index/network:Network",
		"docker_volume":         "docker:index/volume:Volume",
		"docker_registry_image": "docker:index/registryImage:RegistryImage",
		"docker_secret":         "docker:index/secret:Secret",
		"docker_service":        "docker:index/service:Service",
	} {
		r, ok := info.Resources[terraform]
		if !ok || string(r.Tok) != want {
			t.Errorf("%s: got %v, want %s", terraform, r, want)
		}
	}
	if got := string(info.DataSources["docker_network"].Tok); got != "docker:index/getNetwork:getNetwork" {
		t.Errorf("data source docker_network: got %s", got)
	}
}

func TestProviderIsConsistent(t *testing.T) {
	if err := provider().P.InternalValidate(); err != nil {
		t.Fatal(err)
	}
}
