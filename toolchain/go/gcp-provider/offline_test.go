package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func environment(t *testing.T, pairs ...string) func(string) string {
	home := t.TempDir()
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		if name == "HOME" {
			return home
		}
		return ""
	}
}

func TestCredentialsAreFoundWhereTheProviderFindsThem(t *testing.T) {
	none := resource.PropertyMap{"project": resource.NewStringProperty("p"), "credentials": resource.NewNullProperty()}
	if haveCredentials(none, environment(t)) {
		t.Error("found some where there are none")
	}
	for _, name := range credentialVariables {
		if !haveCredentials(none, environment(t, name, "x")) {
			t.Errorf("%s was not seen", name)
		}
	}
	for _, key := range []resource.PropertyKey{"credentials", "accessToken"} {
		given := resource.PropertyMap{key: resource.MakeSecret(resource.NewStringProperty("x"))}
		if !haveCredentials(given, environment(t)) {
			t.Errorf("gcp:%s was not seen", key)
		}
	}
	home := t.TempDir()
	file := filepath.Join(home, ".config", "gcloud", "application_default_credentials.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !haveCredentials(none, environment(t, "HOME", home)) ||
		!haveCredentials(none, environment(t, "CLOUDSDK_CONFIG", filepath.Dir(file))) {
		t.Error("the application default credentials were not seen")
	}
}

func TestCallsAreRefusedAtOnceAndSayWhy(t *testing.T) {
	address, err := refuseAll()
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	began := time.Now()
	response, err := c.Get("https://compute.googleapis.com/")
	if err == nil {
		_ = response.Body.Close()
		t.Fatal("a call went through")
	}
	if !strings.Contains(err.Error(), "no Google Cloud credentials") || time.Since(began) > 2*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}
