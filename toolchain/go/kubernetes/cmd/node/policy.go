package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	kuberouter "github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/coreos/go-iptables/iptables"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// NetworkPolicy is enforced as in k3s: by kube-router's controller for it, and nothing else of kube-router.

// networkPolicyCommand is the controller as a command, like the other components: it gives up by ending
// its process, and the supervisor starts it again. Its flags are those that kube-router has for it.
func networkPolicyCommand() *cobra.Command {
	config := kuberouter.NewKubeRouterConfig()
	config.EnableIPv4 = true
	var nodeAddress string
	c := &cobra.Command{
		Use:  "network-policy",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := canEnforce(); err != nil {
				return fmt.Errorf("network policies cannot be enforced here (--disable-network-policy does without): %w", err)
			}
			return enforce(client(config.Kubeconfig), config, nodeAddress)
		},
	}
	f := c.Flags()
	f.StringVar(&config.Kubeconfig, "kubeconfig", "", "")
	f.StringVar(&config.HostnameOverride, "hostname-override", "", "")
	f.StringVar(&nodeAddress, "node-ip", "", "")
	f.StringSliceVar(&config.ClusterIPCIDRs, "service-cluster-ip-range", nil, "")
	f.StringVar(&config.NodePortRange, "service-node-port-range", config.NodePortRange, "")
	return c
}

// networkPolicy starts the controller once kube-proxy is through with its first round: the controller writes the
// filter table back as it read it, and a chain that kube-proxy makes in between would be lost to it for half a minute.
func (n *node) networkPolicy() {
	retry("the rules of kube-proxy", func() error {
		rules, err := exec.Command("iptables", "-w", "-t", "nat", "-S", "KUBE-SERVICES").CombinedOutput()
		if err == nil && !bytes.Contains(rules, []byte("-A KUBE-SERVICES")) {
			err = errors.New("there are none yet")
		}
		return err
	})
	n.start("network-policy", self,
		"--kubeconfig="+kubeletKubeconfig, "--hostname-override="+n.nodeName, "--node-ip="+n.address,
		"--service-cluster-ip-range="+n.cluster.ServiceCIDR)
}

// enforce keeps this node's packet filter as the cluster's policies want it. It ends only with an error.
func enforce(cs kubernetes.Interface, config *kuberouter.KubeRouterConfig, nodeAddress string) error {
	filters, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(cs, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	starting := &startingPods{Indexer: pods.GetIndexer(), nodeAddress: nodeAddress, addresses: map[types.UID]string{}}
	controller, err := netpol.NewNetworkPolicyController(cs, config, startingInformer{pods, starting}, policies, namespaces,
		&sync.Mutex{}, filters, sets)
	if err != nil {
		return err
	}
	for _, e := range []struct {
		of      cache.SharedIndexInformer
		handler cache.ResourceEventHandler
	}{
		{pods, controller.PodEventHandler},
		{pods, cache.ResourceEventHandlerFuncs{DeleteFunc: starting.forget}},
		{namespaces, controller.NamespaceEventHandler},
		{policies, controller.NetworkPolicyEventHandler},
	} {
		if _, err := e.of.AddEventHandler(e.handler); err != nil {
			return err
		}
	}
	never := make(chan struct{})
	factory.Start(never)
	factory.WaitForCacheSync(never)
	heartbeats, rounds := make(chan *healthcheck.ControllerHeartbeat), newRounds()
	go func() {
		for range heartbeats {
			rounds.begun()
		}
	}()
	var ended sync.WaitGroup
	ended.Add(1)
	go controller.Run(heartbeats, never, &ended)
	a := &admission{pods: starting, rounds: rounds, request: controller.RequestFullSync, rules: forwardingRules}
	return a.listen(startingSocket)
}

// bridgeFilter makes packets between two pods on one node, which the bridge passes, go through the packet filter.
const bridgeFilter = "/proc/sys/net/bridge/bridge-nf-call-iptables"

// ruleKinds are all kinds of rules that the controller writes.
var ruleKinds = [][]string{
	{"-m", "comment", "--comment", "kinds", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP"},
	{"-m", "addrtype", "--src-type", "LOCAL", "-j", "ACCEPT"},
	{"-m", "physdev", "--physdev-is-bridged", "-j", "RETURN"},
	{"-p", "tcp", "-m", "multiport", "--dports", "30000:32767", "-j", "RETURN"},
	{"-m", "set", "--match-set", triedName, "src", "-j", "MARK", "--set-xmark", "0x10000/0x10000"},
	{"-m", "limit", "--limit", "10/minute", "-m", "mark", "!", "--mark", "0x10000/0x10000", "-j", "NFLOG", "--nflog-group", "100"},
	{"-j", "REJECT"},
}

// triedName is of a chain and a set that are there for a moment only.
const triedName = "ALPHINTRA-TRIED"

// canEnforce tries what the kernel must be able to. The controller itself would write to its log that it
// cannot, go on, and leave all pods open.
func canEnforce() error {
	if err := os.WriteFile(bridgeFilter, []byte("1"), 0o644); err != nil {
		return fmt.Errorf("the kernel module br_netfilter is needed: %w", err)
	}
	if out, err := exec.Command("ipset", "create", "-exist", triedName, "hash:net", "timeout", "0").CombinedOutput(); err != nil {
		return fmt.Errorf("ipset: %w: %s", err, out)
	}
	defer func() { _ = exec.Command("ipset", "destroy", triedName).Run() }()
	filter, err := iptables.New()
	if err != nil {
		return err
	}
	if err := filter.ClearChain("filter", triedName); err != nil {
		return err
	}
	defer func() { _ = filter.ClearAndDeleteChain("filter", triedName) }()
	for _, rule := range ruleKinds {
		if err := filter.Append("filter", triedName, rule...); err != nil {
			return err
		}
	}
	return nil
}
