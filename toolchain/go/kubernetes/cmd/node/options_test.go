package main

import (
	"reflect"
	"strings"
	"testing"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestServerDefaultsAreK3s(t *testing.T) {
	o, err := parseOptions("server", nil, env("K3S_TOKEN", "secret"), "K3D-dev-Server-0")
	if err != nil {
		t.Fatal(err)
	}
	want := clusterOptions{"10.42.0.0/16", "10.43.0.0/16", "10.43.0.10", "cluster.local", false}
	if o.cluster != want || o.nodeName != "k3d-dev-server-0" || o.kubeconfigMode != "600" {
		t.Errorf("got %+v", o)
	}
}

// These are the command lines that k3d and the project use.
func TestServerFlags(t *testing.T) {
	o, err := parseOptions("server", strings.Fields(
		"--tls-san 0.0.0.0 --tls-san k3d-dev-serverlb,dev.example --cluster-cidr=10.52.0.0/16 --service-cidr=10.53.0.0/16 "+
			"--disable=traefik,metrics-server,servicelb --disable local-storage --node-label tier=a --node-label=zone=b "+
			"--disable-network-policy --kubelet-arg=eviction-hard=imagefs.available<1%,nodefs.available<1% --kube-apiserver-arg profiling=true"),
		env("K3S_TOKEN", "secret", "K3S_KUBECONFIG_OUTPUT", "/output/kubeconfig.yaml"), "server")
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string][2]any{
		"SANs":      {o.tlsSANs, []string{"0.0.0.0", "k3d-dev-serverlb", "dev.example"}},
		"disable":   {o.disable, []string{"traefik", "metrics-server", "servicelb", "local-storage"}},
		"labels":    {o.labels, []string{"tier=a", "zone=b"}},
		"kubelet":   {o.kubeletArgs, []string{"eviction-hard=imagefs.available<1%,nodefs.available<1%"}},
		"apiserver": {o.apiserverArgs, []string{"profiling=true"}},
		"DNS":       {o.cluster.ClusterDNS, "10.53.0.10"},
		"policies":  {o.cluster.DisableNetworkPolicy, true},
		"output":    {o.kubeconfigOutput, "/output/kubeconfig.yaml"},
	} {
		if !reflect.DeepEqual(c[0], c[1]) {
			t.Errorf("%s: got %v, want %v", what, c[0], c[1])
		}
	}
}

func TestAgent(t *testing.T) {
	o, err := parseOptions("agent", []string{"--node-ip", "172.18.0.3", "--node-taint=a=b:NoSchedule"},
		env("K3S_TOKEN", "secret", "K3S_URL", "https://server:6443"), "agent")
	if err != nil || o.serverURL != "https://server:6443" || o.nodeIP != "172.18.0.3" || o.taints[0] != "a=b:NoSchedule" {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestWhatCannotBeSaysSo(t *testing.T) {
	token := []string{"K3S_TOKEN", "secret"}
	for _, c := range []struct {
		role, args string
		env        []string
		want       string
	}{
		{"server", "--flannel-backend=none", token, "unknown flag: --flannel-backend: this stand-in knows only"},
		{"server", "extra", token, `unexpected argument "extra"`},
		{"server", "", nil, "K3S_TOKEN"},
		{"server", "--disable=treafik", token, "--disable=treafik: it can be any of coredns"},
		{"server", "--server=https://other:6443", token, "one server"},
		{"server", "--cluster-cidr=10.42.0.1/16", token, "--cluster-cidr: 10.42.0.1/16 is not an IPv4 network"},
		{"server", "--service-cidr=fd00::/108", token, "--service-cidr"},
		{"server", "--cluster-dns=10.44.0.10", token, "--cluster-dns=10.44.0.10: not an address in --service-cidr=10.43.0.0/16"},
		{"server", "--node-ip=localhost", token, "--node-ip=localhost"},
		{"server", "--write-kubeconfig-mode=rw", token, "--write-kubeconfig-mode=rw"},
		{"agent", "", token, "K3S_URL"},
		{"agent", "--cluster-cidr=10.42.0.0/16", append(token, "K3S_URL", "https://server:6443"), "unknown flag: --cluster-cidr"},
	} {
		_, err := parseOptions(c.role, strings.Fields(c.args), env(c.env...), "host")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want %q", c.role, c.args, err, c.want)
		}
	}
}

func TestBootstrapTokenHasKubernetesForm(t *testing.T) {
	a, b := options{token: "one"}, options{token: "two"}
	id, secret := a.bootstrapToken()
	id2, secret2 := b.bootstrapToken()
	if len(id) != 6 || len(secret) != 16 || id == id2 || secret == secret2 {
		t.Errorf("got %s.%s and %s.%s", id, secret, id2, secret2)
	}
}

func TestCommandIsNamedByTheLinkOrTheFirstArgument(t *testing.T) {
	for line, want := range map[string]string{
		"/usr/bin/kubectl get nodes":  "kubectl",
		"/bin/k3s kubectl get nodes":  "kubectl",
		"/bin/k3s server --token x":   "server",
		"kubelet --config x":          "kubelet",
		"network-policy --kubeconfig": "network-policy",
		"k3s":                         "",
		"./node --version":            "--version",
		"etcd --listen-client-urls=x": "etcd",
		"/usr/lib/cni/await-policy":   "await-policy",
	} {
		if name, _ := command(strings.Fields(line)); name != want {
			t.Errorf("%s: got %q, want %q", line, name, want)
		}
	}
	if !strings.Contains(versionLine(), "stand-in") {
		t.Error("the version does not say that this is a stand-in")
	}
}
