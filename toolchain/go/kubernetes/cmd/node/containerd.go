package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

const pauseImage = "alphintra.local/pause:3.10"

// containerd starts the container runtime and loads the images that come with the node.
func (n *node) containerd() {
	hosts, err := registryHosts(registriesFile)
	must(err)
	must(os.RemoveAll(registryHostsDir)) // a mirror taken out of registries.yaml must not stay
	for registry, toml := range hosts {
		must(writeFile(filepath.Join(registryHostsDir, registry, "hosts.toml"), []byte(toml), 0o600))
	}
	must(writeFile(containerdConfig, []byte(containerdTOML(haveSysResource())), 0o644))
	n.start("containerd", "/usr/bin/containerd", "--config", containerdConfig, "--log-level", "warn")
	retry("containerd", func() error { return exec.Command("ctr", "version").Run() })
	info("Containerd is now running")
	for _, d := range []string{shippedDir + "/images", agentDir + "/images"} {
		archives, _ := filepath.Glob(d + "/*.tar")
		for _, a := range archives {
			if out, err := exec.Command("ctr", "images", "import", "--all-platforms", a).CombinedOutput(); err != nil {
				warn("Images of %s not imported: %v: %s", a, err, out)
			}
		}
	}
}

func containerdTOML(sysResource bool) string {
	return fmt.Sprintf(`version = 2
root = "%[1]s/containerd"
state = "/run/k3s/containerd"
oom_score = 0
[grpc]
  address = "%[2]s"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%[3]s"
  stream_server_address = "127.0.0.1"
  stream_server_port = "10010"
  # lowering a score needs CAP_SYS_RESOURCE
  restrict_oom_score_adj = %[4]v
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "/usr/local/sbin/runc"
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "%[5]s"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "%[6]s"
`, agentDir, containerdSocket, pauseImage, !sysResource, cniDir, registryHostsDir)
}

// haveSysResource tells whether this container may hold CAP_SYS_RESOURCE: some machines withhold it from all.
func haveSysResource() bool {
	const capSysResource = 24
	status, err := os.ReadFile("/proc/self/status")
	must(err)
	for _, line := range strings.Split(string(status), "\n") {
		var bounding uint64
		if n, _ := fmt.Sscanf(line, "CapBnd:\t%x", &bounding); n == 1 {
			return bounding&(1<<capSysResource) != 0
		}
	}
	return false
}

// registries is k3s's registries.yaml. k3d writes every field of it, used or not.
type registries struct {
	Mirrors map[string]struct {
		Endpoint []string          `json:"endpoint"`
		Rewrite  map[string]string `json:"rewrite"`
	} `json:"mirrors"`
	Configs map[string]struct {
		Auth registryAuth `json:"auth"`
		TLS  registryTLS  `json:"tls"`
	} `json:"configs"`
	Auths map[string]any `json:"auths"` // k3d's own field
}

type registryAuth struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"`
	IdentityToken string `json:"identity_token"`
}

type registryTLS struct {
	CAFile             string `json:"ca_file"`
	CertFile           string `json:"cert_file"`
	KeyFile            string `json:"key_file"`
	InsecureSkipVerify bool   `json:"insecure_skip_verify"`
}

// check refuses what this node would otherwise leave out in silence.
func (r registries) check() error {
	for name, m := range r.Mirrors {
		if len(m.Rewrite) > 0 {
			return fmt.Errorf("mirrors.%q.rewrite is more than this stand-in can do", name)
		}
	}
	for name, c := range r.Configs {
		if c.Auth != (registryAuth{}) {
			return fmt.Errorf("configs.%q.auth is more than this stand-in can do", name)
		}
	}
	return nil
}

// registryHosts turns registries.yaml, if there is one, into the hosts.toml of each registry.
func registryHosts(file string) (map[string]string, error) {
	content, err := os.ReadFile(file)
	if os.IsNotExist(err) || err == nil && len(bytes.TrimSpace(content)) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r registries
	if err := yaml.UnmarshalStrict(content, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	endpoints := map[string][]string{}
	for registry, m := range r.Mirrors {
		endpoints[registry] = m.Endpoint
	}
	for registry := range r.Configs { // a registry may be configured and not mirrored
		if _, ok := endpoints[registry]; !ok {
			endpoints[registry] = []string{"https://" + registry}
		}
	}
	hosts := map[string]string{}
	for registry, urls := range endpoints {
		var toml strings.Builder
		for _, e := range urls {
			u, err := url.Parse(e)
			if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				return nil, fmt.Errorf("%s: the endpoint %q of %q is not of the form http://host:port", file, e, registry)
			}
			fmt.Fprintf(&toml, "[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", e)
			tls := r.Configs[u.Host].TLS
			if tls.InsecureSkipVerify {
				toml.WriteString("  skip_verify = true\n")
			}
			if tls.CAFile != "" {
				fmt.Fprintf(&toml, "  ca = %q\n", tls.CAFile)
			}
			if tls.CertFile != "" {
				fmt.Fprintf(&toml, "  client = [[%q, %q]]\n", tls.CertFile, tls.KeyFile)
			}
		}
		folder := registry
		if registry == "*" {
			folder = "_default"
		}
		hosts[folder] = toml.String()
	}
	return hosts, nil
}
