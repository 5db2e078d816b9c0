package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// options are the flags of k3s that this node knows, with k3s's defaults.
type options struct {
	role string // "server" or "agent"

	token, serverURL, nodeName, nodeIP string
	kubeconfigMode, kubeconfigOutput   string
	cluster                            clusterOptions

	tlsSANs, disable, labels, taints             []string
	apiserverArgs, controllerArgs, schedulerArgs []string
	etcdArgs, kubeletArgs, proxyArgs             []string
	disableCloud, clusterInit                    bool
}

// clusterOptions are given to the server and hold for every node: agents learn them from it.
type clusterOptions struct {
	ClusterCIDR, ServiceCIDR, ClusterDNS, ClusterDomain string
	DisableNetworkPolicy                                bool
}

// components can be named by --disable. Those that this node does not ship are as good as disabled.
var components = []string{"coredns", "local-storage", "metrics-server", "runtimes", "servicelb", "traefik"}

func parseOptions(role string, args []string, getenv func(string) string, hostname string) (options, error) {
	o := options{role: role}
	env := func(name, otherwise string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	fs := pflag.NewFlagSet("k3s "+role, pflag.ContinueOnError)
	fs.Usage = func() {}
	fs.StringVarP(&o.token, "token", "t", env("K3S_TOKEN", ""), "")
	fs.StringVarP(&o.serverURL, "server", "s", env("K3S_URL", ""), "")
	fs.StringVar(&o.nodeName, "node-name", env("K3S_NODE_NAME", strings.ToLower(hostname)), "")
	fs.StringVarP(&o.nodeIP, "node-ip", "i", "", "")
	// A value of the -arg flags may hold commas, so these are arrays, each flag one value, and not slices.
	fs.StringArrayVar(&o.labels, "node-label", nil, "")
	fs.StringArrayVar(&o.taints, "node-taint", nil, "")
	fs.StringArrayVar(&o.kubeletArgs, "kubelet-arg", nil, "")
	fs.StringArrayVar(&o.proxyArgs, "kube-proxy-arg", nil, "")
	if role == "server" {
		fs.StringVar(&o.cluster.ClusterCIDR, "cluster-cidr", "10.42.0.0/16", "")
		fs.StringVar(&o.cluster.ServiceCIDR, "service-cidr", "10.43.0.0/16", "")
		fs.StringVar(&o.cluster.ClusterDNS, "cluster-dns", "", "")
		fs.StringVar(&o.cluster.ClusterDomain, "cluster-domain", "cluster.local", "")
		fs.StringVar(&o.kubeconfigMode, "write-kubeconfig-mode", env("K3S_KUBECONFIG_MODE", "600"), "")
		fs.StringVarP(&o.kubeconfigOutput, "write-kubeconfig", "o", env("K3S_KUBECONFIG_OUTPUT", ""), "")
		fs.StringSliceVar(&o.tlsSANs, "tls-san", nil, "")
		fs.StringSliceVar(&o.disable, "disable", nil, "")
		fs.StringArrayVar(&o.etcdArgs, "etcd-arg", nil, "")
		fs.StringArrayVar(&o.apiserverArgs, "kube-apiserver-arg", nil, "")
		fs.StringArrayVar(&o.controllerArgs, "kube-controller-manager-arg", nil, "")
		fs.StringArrayVar(&o.schedulerArgs, "kube-scheduler-arg", nil, "")
		fs.BoolVar(&o.cluster.DisableNetworkPolicy, "disable-network-policy", false, "")
		// What these two ask for is always so here.
		fs.BoolVar(&o.clusterInit, "cluster-init", false, "")
		fs.BoolVar(&o.disableCloud, "disable-cloud-controller", false, "")
	}
	if err := fs.Parse(args); err != nil {
		return o, fmt.Errorf("k3s %s: %w: this stand-in knows only these of k3s's flags: %s", role, err, names(fs))
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("k3s %s: unexpected argument %q", role, fs.Arg(0))
	}
	return o, o.check()
}

func names(fs *pflag.FlagSet) string {
	var all []string
	fs.VisitAll(func(f *pflag.Flag) { all = append(all, "--"+f.Name) })
	return strings.Join(all, " ")
}

// check completes the options, or says which of them cannot be.
func (o *options) check() error {
	if o.token == "" {
		return errors.New("--token or K3S_TOKEN is needed")
	}
	if o.nodeIP != "" {
		if a, err := netip.ParseAddr(o.nodeIP); err != nil || !a.Is4() {
			return fmt.Errorf("--node-ip=%s: not an IPv4 address", o.nodeIP)
		}
	}
	if o.role == "agent" {
		if o.serverURL == "" {
			return errors.New("--server or K3S_URL is needed")
		}
		return nil
	}
	if o.serverURL != "" {
		return errors.New("this stand-in has one server: it cannot join another as a second one (--server, K3S_URL)")
	}
	for _, d := range o.disable {
		if !contains(components, d) {
			return fmt.Errorf("--disable=%s: it can be any of %s", d, strings.Join(components, ", "))
		}
	}
	if _, err := strconv.ParseUint(o.kubeconfigMode, 8, 9); err != nil {
		return fmt.Errorf("--write-kubeconfig-mode=%s: not a file mode such as 600", o.kubeconfigMode)
	}
	return o.cluster.check()
}

func (c *clusterOptions) check() error {
	if _, err := parseCIDR(c.ClusterCIDR); err != nil {
		return fmt.Errorf("--cluster-cidr: %w", err)
	}
	services, err := parseCIDR(c.ServiceCIDR)
	if err != nil {
		return fmt.Errorf("--service-cidr: %w", err)
	}
	if c.ClusterDNS == "" {
		c.ClusterDNS = nthAddress(services, 10).String()
	}
	dns, err := netip.ParseAddr(c.ClusterDNS)
	if err != nil || !services.Contains(dns) {
		return fmt.Errorf("--cluster-dns=%s: not an address in --service-cidr=%s", c.ClusterDNS, c.ServiceCIDR)
	}
	return nil
}

func parseCIDR(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, err
	}
	if !p.Addr().Is4() || p != p.Masked() {
		return p, fmt.Errorf("%s is not an IPv4 network such as 10.42.0.0/16", s)
	}
	return p, nil
}

func nthAddress(p netip.Prefix, n int) netip.Addr {
	a := p.Masked().Addr()
	for range n {
		a = a.Next()
	}
	return a
}

// bootstrapToken derives Kubernetes' bootstrap token (an id that is public, a secret) from k3s's, which is any text.
func (o *options) bootstrapToken() (id, secret string) {
	sum := sha256.Sum256([]byte(o.token))
	h := hex.EncodeToString(sum[:])
	return h[:6], h[6:22]
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
