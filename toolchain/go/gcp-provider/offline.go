package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Without credentials the provider does not start: it wants a token, and asks Google for five minutes who owns it.
// A preview needs neither. So where there are no credentials at all the provider gets a token that is none, and
// every call to Google is refused at once, on this machine, in words that say why.

const refusal = "no Google Cloud credentials: this can preview, but not change or read anything (run: gcloud auth application-default login)"

// credentialVariables are those that the provider reads.
var credentialVariables = []string{
	"GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON", "GOOGLE_OAUTH_ACCESS_TOKEN",
	"GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST",
}

func previewWithoutCredentials(config resource.PropertyMap, _ shim.ResourceConfig) error {
	if haveCredentials(config, os.Getenv) {
		return nil
	}
	proxy, err := refuseAll()
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"GOOGLE_OAUTH_ACCESS_TOKEN": "preview-without-credentials", "HTTPS_PROXY": proxy, "https_proxy": proxy,
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

func haveCredentials(config resource.PropertyMap, getenv func(string) string) bool {
	for _, key := range []resource.PropertyKey{"credentials", "accessToken"} {
		if v, ok := config[key]; ok && !v.IsNull() {
			return true
		}
	}
	for _, name := range credentialVariables {
		if getenv(name) != "" {
			return true
		}
	}
	folder := getenv("CLOUDSDK_CONFIG")
	if folder == "" {
		folder = filepath.Join(getenv("HOME"), ".config", "gcloud")
	}
	_, err := os.Stat(filepath.Join(folder, "application_default_credentials.json"))
	return err == nil
}

// refuseAll starts a proxy on the loopback interface that lets nothing through, and returns its address.
func refuseAll() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("starting the guard of a preview without credentials: %w", err)
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go refuse(c)
		}
	}()
	return "http://" + listener.Addr().String(), nil
}

func refuse(c net.Conn) {
	defer func() { _ = c.Close() }()
	if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.WriteString(c, "HTTP/1.1 403 "+refusal+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}
}
