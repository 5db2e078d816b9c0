package main

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	jws "k8s.io/cluster-bootstrap/token/jws"
	"sigs.k8s.io/yaml"
)

const routeHeader = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"

func TestDefaultRoute(t *testing.T) {
	for name, c := range map[string]struct{ table, want string }{
		"one": {"eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n" +
			"eth1\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", "eth1"},
		"lowest metric": {"eth0\t00000000\t010012AC\t0003\t0\t0\t200\t00000000\t0\t0\t0\n" +
			"eth1\t00000000\t010013AC\t0003\t0\t0\t100\t00000000\t0\t0\t0\n", "eth1"},
		"down":         {"eth0\t00000000\t010012AC\t0002\t0\t0\t0\t00000000\t0\t0\t0\n", ""},
		"half of it":   {"eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000080\t0\t0\t0\n", ""},
		"none":         {"", ""},
		"broken lines": {"eth0\t00000000\n\neth1\t00000000\t010012AC\tzz\t0\t0\t0\t00000000\t0\t0\t0\n", ""},
	} {
		if got := defaultRoute(strings.NewReader(routeHeader + c.table)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestChooseAddress(t *testing.T) {
	inner := interfaceAddress{"eth0", netip.MustParsePrefix("172.30.0.7/24")}
	outer := interfaceAddress{"eth1", netip.MustParsePrefix("172.18.0.3/16")}
	both := []interfaceAddress{inner, outer}
	network := netip.MustParsePrefix("172.18.0.0/16")
	for name, c := range map[string]struct {
		all        []interfaceAddress
		route      string
		remembered netip.Prefix
		want       string
	}{
		"the default route's":                  {both, "eth1", netip.Prefix{}, "172.18.0.3/16"},
		"the remembered network's":             {both, "eth0", network, "172.18.0.3/16"},
		"remembered network gone":              {[]interfaceAddress{inner}, "eth0", network, "172.30.0.7/24"},
		"no default route: the first":          {both, "", netip.Prefix{}, "172.30.0.7/24"},
		"default route without address: first": {both, "eth9", netip.Prefix{}, "172.30.0.7/24"},
	} {
		got, err := chooseAddress(c.all, c.route, c.remembered)
		if err != nil || got.String() != c.want {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
	if _, err := chooseAddress(nil, "eth0", network); err == nil {
		t.Error("no address was accepted")
	}
}

func registriesYAML(t *testing.T, content string) (map[string]string, error) {
	t.Helper()
	f := filepath.Join(t.TempDir(), "registries.yaml")
	if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return registryHosts(f)
}

func TestRegistryHosts(t *testing.T) {
	hosts, err := registriesYAML(t, `
mirrors:
  "localhost:5050": {endpoint: ["http://alphintra-dev-registry:5000", "https://second:5001"]}
  "*": {endpoint: ["https://second:5001"]}
configs:
  "second:5001": {tls: {insecure_skip_verify: true, ca_file: /etc/ca.pem, cert_file: /etc/c.pem, key_file: /etc/k.pem}}
auths: {}
`)
	if err != nil {
		t.Fatal(err)
	}
	pull := "  capabilities = [\"pull\", \"resolve\"]\n"
	second := "[host.\"https://second:5001\"]\n" + pull + "  skip_verify = true\n  ca = \"/etc/ca.pem\"\n  client = [[\"/etc/c.pem\", \"/etc/k.pem\"]]\n"
	for registry, want := range map[string]string{
		"localhost:5050": "[host.\"http://alphintra-dev-registry:5000\"]\n" + pull + second,
		"_default":       second,
		"second:5001":    second,
	} {
		if hosts[registry] != want {
			t.Errorf("%s: got\n%s\nwant\n%s", registry, hosts[registry], want)
		}
	}
	if len(hosts) != 3 {
		t.Errorf("got %v", hosts)
	}
}

func TestRegistriesThatCannotBeHonoured(t *testing.T) {
	for content, want := range map[string]string{
		`configs: {"r:5000": {auth: {username: u, password: p}}}`:                 "auth",
		`mirrors: {"r:5000": {endpoint: ["http://m:5000"], rewrite: {"a": "b"}}}`: "rewrite",
		`mirrors: {"r:5000": {endpoint: ["m:5000"]}}`:                             "http://host:port",
		"mirrors: [": "registries.yaml",
	} {
		if _, err := registriesYAML(t, content); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", content, err)
		}
	}
	k3d := `{mirrors: {"r:5000": {endpoint: ["http://r:5000"], rewrite: {}}}, configs: {"s:1": {auth: null, tls: null}}, auths: {}}`
	if hosts, err := registriesYAML(t, k3d); err != nil || len(hosts) != 2 {
		t.Errorf("k3d's: got %v, %v", hosts, err)
	}
	for _, empty := range []string{"", "\n", "mirrors: {}\nconfigs: {}\nauths: {}\n"} {
		if hosts, err := registriesYAML(t, empty); err != nil || len(hosts) != 0 {
			t.Errorf("%q: got %v, %v", empty, hosts, err)
		}
	}
	if hosts, err := registryHosts("/nowhere/registries.yaml"); err != nil || hosts != nil {
		t.Errorf("no file: got %v, %v", hosts, err)
	}
}

func TestContainerdMayNotLowerScoresWithoutTheCapability(t *testing.T) {
	if !strings.Contains(containerdTOML(false), "restrict_oom_score_adj = true") ||
		!strings.Contains(containerdTOML(true), "restrict_oom_score_adj = false") {
		t.Error("restrict_oom_score_adj does not follow the capability")
	}
}

func TestFillIn(t *testing.T) {
	c := clusterOptions{ClusterDNS: "10.53.0.10", ClusterDomain: "example.local"}
	got := fillIn(`clusterIP: "%{CLUSTER_DNS}%" # %{CLUSTER_DOMAIN}% %{OTHER}%`, c)
	if got != `clusterIP: "10.53.0.10" # example.local %{OTHER}%` {
		t.Errorf("got %s", got)
	}
}

func TestComponentAndManifestNames(t *testing.T) {
	if component("/x/local-storage.yaml") != "local-storage" {
		t.Error(component("/x/local-storage.yaml"))
	}
	for name, want := range map[string]bool{"a.yaml": true, "a.yml": true, "a.json": true, "a.yaml.skip": false, "a.yaml.part": false} {
		if isManifest(name) != want {
			t.Errorf("%s: got %v", name, !want)
		}
	}
}

func TestPodNetworkIsJSON(t *testing.T) {
	for policies, want := range map[bool]int{true: 3, false: 2} {
		var c struct{ Plugins []struct{ Type string } }
		if err := json.Unmarshal([]byte(cniConfig("10.42.1.0/24", policies)), &c); err != nil || len(c.Plugins) != want {
			t.Errorf("policies %v: got %+v, %v", policies, c, err)
		}
	}
	if !strings.Contains(cniConfig("10.42.1.0/24", true), `"subnet": "10.42.1.0/24"`) {
		t.Error("the pod network is missing")
	}
}

func TestKubeletConfigIsYAML(t *testing.T) {
	var c struct {
		ClusterDNS   []string          `json:"clusterDNS"`
		EvictionHard map[string]string `json:"evictionHard"`
		ImageGC      int               `json:"imageGCHighThresholdPercent"` // 100: never
	}
	content := kubeletConfig(clusterOptions{ClusterDNS: "10.43.0.10", ClusterDomain: "cluster.local"}, "/ca.crt")
	if err := yaml.Unmarshal([]byte(content), &c); err != nil || c.ClusterDNS[0] != "10.43.0.10" || c.EvictionHard["nodefs.available"] != "5%" ||
		c.ImageGC != 100 {
		t.Errorf("got %+v, %v", c, err)
	}
}

// The server's half of the bootstrap, then the agent's.
func TestBootstrap(t *testing.T) {
	p := pki{t.TempDir()}
	if err := p.ensureAuthority("server-ca"); err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile(p.cert("server-ca"))
	if err != nil {
		t.Fatal(err)
	}
	n := &node{options: options{token: "secret", nodeName: "server", cluster: clusterOptions{ClusterCIDR: "10.42.0.0/16"}}, authority: authority}
	objects, err := n.bootstrapObjects([]byte("client\nauthority\n"))
	if err != nil {
		t.Fatal(err)
	}
	id, secret := n.bootstrapToken()
	maps := map[string]map[string]string{}
	for _, document := range strings.Split(string(objects), "\n---\n") {
		var o struct {
			Kind       string            `json:"kind"`
			Metadata   metav1.ObjectMeta `json:"metadata"`
			Data       map[string]string `json:"data"`
			StringData map[string]string `json:"stringData"`
		}
		if err := yaml.Unmarshal([]byte(document), &o); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if o.Kind == "Secret" && (o.StringData["token-id"] != id || o.StringData["token-secret"] != secret) {
			t.Errorf("token: got %v", o.StringData)
		}
		if o.Kind == "ConfigMap" {
			maps[o.Metadata.Name] = o.Data
		}
	}
	if maps["node-options"]["client-ca"] != "client\nauthority\n" || !strings.Contains(maps["node-options"]["cluster"], "10.42.0.0/16") {
		t.Errorf("options: got %v", maps["node-options"])
	}

	signed := func(data map[string]string) []byte {
		b, err := json.Marshal(map[string]any{"data": data})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	kubeconfig := maps["cluster-info"]["kubeconfig"]
	signature, err := jws.ComputeDetachedSignature(kubeconfig, id, secret)
	if err != nil {
		t.Fatal(err)
	}
	good := signed(map[string]string{"kubeconfig": kubeconfig, "jws-kubeconfig-" + id: signature})
	if got, err := provedAuthority(good, id, secret); err != nil || string(got) != string(authority) {
		t.Errorf("the right token: %v", err)
	}
	if _, err := provedAuthority(good, id, "0123456789abcdef"); !errors.Is(err, errUnsigned) {
		t.Errorf("a wrong secret: %v", err)
	}
	if _, err := provedAuthority(good, "abcdef", secret); !errors.Is(err, errUnsigned) {
		t.Errorf("another token: %v", err)
	}
	forged := signed(map[string]string{"kubeconfig": kubeconfig + "\n# changed", "jws-kubeconfig-" + id: signature})
	if _, err := provedAuthority(forged, id, secret); !errors.Is(err, errUnsigned) {
		t.Errorf("a changed authority: %v", err)
	}
	if _, err := provedAuthority(signed(nil), id, secret); err == nil || errors.Is(err, errUnsigned) {
		t.Errorf("nothing published yet: %v", err)
	}
}

func TestLoadBalancersGetTheReadyNodes(t *testing.T) {
	node := func(address string, status corev1.ConditionStatus) corev1.Node {
		return corev1.Node{Status: corev1.NodeStatus{
			Addresses:  []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: "name"}, {Type: corev1.NodeInternalIP, Address: address}},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status}},
		}}
	}
	got := ingress([]corev1.Node{node("172.18.0.3", corev1.ConditionTrue), node("172.18.0.4", corev1.ConditionFalse), node("172.18.0.2", corev1.ConditionTrue), {}})
	if len(got) != 2 || got[0].IP != "172.18.0.2" || got[1].IP != "172.18.0.3" {
		t.Errorf("got %v", got)
	}
	class := "other"
	for s, want := range map[*corev1.ServiceSpec]bool{
		{Type: corev1.ServiceTypeLoadBalancer}:                            true,
		{Type: corev1.ServiceTypeLoadBalancer, LoadBalancerClass: &class}: false,
		{Type: corev1.ServiceTypeClusterIP}:                               false,
	} {
		if balanced(corev1.Service{Spec: *s}) != want {
			t.Errorf("%+v", s)
		}
	}
}
