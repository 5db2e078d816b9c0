package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// networkFile remembers which network the node was first reached by. Docker may attach it to others
// later and number the interfaces anew at each start; the cluster must not see the node move.
const networkFile = agentDir + "/node-network"

// interfaceAddress is one IPv4 address of one interface, with the size of its network.
type interfaceAddress struct {
	name   string
	prefix netip.Prefix
}

// nodeAddress finds this node's address, and remembers its network.
func nodeAddress() (string, error) {
	saved, _ := os.ReadFile(networkFile)
	remembered, _ := netip.ParsePrefix(strings.TrimSpace(string(saved)))
	table, err := os.Open("/proc/net/route")
	if err != nil {
		return "", err
	}
	defer func() { _ = table.Close() }()
	var chosen netip.Prefix
	for range 50 { // Docker attaches networks while the container starts
		var all []interfaceAddress
		if all, err = interfaceAddresses(); err != nil {
			return "", err
		}
		if _, err = table.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
		if chosen, err = chooseAddress(all, defaultRoute(table), remembered); err == nil {
			return chosen.Addr().String(), writeFile(networkFile, []byte(chosen.Masked().String()+"\n"), 0o644)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "", err
}

func interfaceAddresses() ([]interfaceAddress, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []interfaceAddress
	for _, i := range interfaces {
		// the bridge of this node's pods is there already when the node starts again
		if i.Flags&net.FlagLoopback != 0 || i.Flags&net.FlagUp == 0 || i.Name == podBridge {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				all = append(all, interfaceAddress{i.Name, p})
			}
		}
	}
	return all, nil
}

// chooseAddress prefers the network remembered, then the interface of the default route, then the first there is.
func chooseAddress(all []interfaceAddress, defaultInterface string, remembered netip.Prefix) (netip.Prefix, error) {
	for _, a := range all {
		if remembered.IsValid() && a.prefix.Masked() == remembered {
			return a.prefix, nil
		}
	}
	for _, a := range all {
		if a.name == defaultInterface {
			return a.prefix, nil
		}
	}
	if len(all) == 0 {
		return netip.Prefix{}, errors.New("this node has no IPv4 address: --node-ip can name one")
	}
	return all[0].prefix, nil
}

// defaultRoute names the interface of the default route with the lowest metric, in the form of /proc/net/route.
func defaultRoute(table io.Reader) (name string) {
	const columns, up = 8, 1
	lowest := -1
	for s := bufio.NewScanner(table); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) < columns || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		flags, err := strconv.ParseUint(f[3], 16, 32)
		metric, err2 := strconv.Atoi(f[6])
		if err != nil || err2 != nil || flags&up == 0 {
			continue
		}
		if lowest < 0 || metric < lowest {
			name, lowest = f[0], metric
		}
	}
	return name
}

// rejectUnanswered keeps traffic to service addresses on the node. Until kube-proxy has its rules such
// traffic would leave by the default route, where something else may answer.
func (n *node) rejectUnanswered() {
	for _, chain := range []string{"OUTPUT", "FORWARD"} {
		ensureRule("filter", chain, "-d", n.cluster.ServiceCIDR,
			"-m", "comment", "--comment", "unanswered service address", "-j", "REJECT")
	}
}

// masquerade gives pods the node's address towards everything outside the cluster, whichever interface leads there.
func (n *node) masquerade(podCIDR string) {
	ensureRule("nat", "POSTROUTING", "-s", podCIDR, "!", "-d", n.cluster.ClusterCIDR,
		"-m", "comment", "--comment", "pods to the outside", "-j", "MASQUERADE")
}

func ensureRule(table, chain string, rule ...string) {
	call := func(action string) ([]byte, error) {
		return exec.Command("iptables", append([]string{"-w", "-t", table, action, chain}, rule...)...).CombinedOutput()
	}
	if _, err := call("-C"); err == nil {
		return
	}
	if out, err := call("-A"); err != nil {
		warn("iptables -A %s %v: %v: %s", chain, rule, err, out)
	}
}

const (
	podBridge  = "cni0"
	cniVersion = "0.4.0"
)

// cniConfig is the pod network of one node: a bridge, whose other nodes are reached by routes.
func cniConfig(podCIDR string, policies bool) string {
	last := ""
	if policies {
		last = `,
  {"type": "await-policy"}`
	}
	return fmt.Sprintf(`{"cniVersion": %q, "name": "pods", "plugins": [
  {"type": "bridge", "bridge": %q, "isGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}%s
]}
`, cniVersion, podBridge, podCIDR, last)
}

// podNetwork gives this node's pods a network and follows where the other nodes' pods are. It does not end.
func (n *node) podNetwork(cs kubernetes.Interface) {
	const soon, later = 250 * time.Millisecond, 2 * time.Second
	done := map[string]string{} // by node: the route that is in place
	for {
		pause := soon
		nodes, err := cs.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{ResourceVersion: "0"})
		if err != nil {
			warn("Listing nodes: %v", err)
			pause = later
		} else {
			for _, other := range nodes.Items {
				n.reachPods(other, done)
			}
			if done[n.nodeName] != "" {
				pause = later
			}
		}
		time.Sleep(pause)
	}
}

func (n *node) reachPods(other corev1.Node, done map[string]string) {
	cidr, address := other.Spec.PodCIDR, internalAddress(other)
	want := cidr + " via " + address
	if cidr == "" || address == "" || done[other.Name] == want {
		return
	}
	if other.Name == n.nodeName {
		n.masquerade(cidr)
		must(writeFile(cniDir+"/10-pods.conflist", []byte(cniConfig(cidr, !n.cluster.DisableNetworkPolicy)), 0o644))
	} else if out, err := exec.Command("ip", "route", "replace", cidr, "via", address).CombinedOutput(); err != nil {
		warn("Route to the pods of %s, %s: %v: %s", other.Name, want, err, out)
		return
	}
	done[other.Name] = want
	info("Pods of node %s: %s", other.Name, want)
}

func internalAddress(n corev1.Node) string {
	for _, a := range n.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			return a.Address
		}
	}
	return ""
}
