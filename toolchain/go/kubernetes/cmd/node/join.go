package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// join makes this machine a node of the cluster whose API server is at api: kubelet, kube-proxy, pod network.
func (n *node) join(api string, clientAuthority []byte) {
	n.rejectUnanswered()
	clientCA := agentDir + "/client-ca.crt"
	must(writeFile(clientCA, clientAuthority, 0o644))
	id, secret := n.bootstrapToken()
	bootstrap := agentDir + "/bootstrap.kubeconfig"
	must(kubeconfig(bootstrap, api, n.authority, &clientcmdapi.AuthInfo{Token: id + "." + secret}, 0o600))
	must(writeFile(agentDir+"/kubelet.yaml", []byte(kubeletConfig(n.cluster, clientCA)), 0o644))

	n.start("kubelet", self, flags(n.kubeletFlags(bootstrap), n.kubeletArgs)...)
	// the kubelet names its certificate in its kubeconfig before it has one
	retry("the kubelet's certificate", func() error {
		_, err := os.Stat(agentDir + "/pki/kubelet-client-current.pem")
		return err
	})
	n.start("kube-proxy", self, flags(n.proxyFlags(), n.proxyArgs)...)
	cs := client(kubeletKubeconfig)
	retry("the node's registration", func() error {
		_, err := cs.CoreV1().Nodes().Get(context.Background(), n.nodeName, metav1.GetOptions{})
		return err
	})
	info("Successfully registered node %s", n.nodeName)
	if !n.cluster.DisableNetworkPolicy {
		go n.networkPolicy()
	}
	go n.podNetwork(cs)
}

func (n *node) kubeletFlags(bootstrap string) []string {
	labels := append([]string{"node.kubernetes.io/instance-type=k3s"}, n.labels...)
	f := []string{
		"--config=" + agentDir + "/kubelet.yaml", "--kubeconfig=" + kubeletKubeconfig,
		"--bootstrap-kubeconfig=" + bootstrap, "--cert-dir=" + agentDir + "/pki",
		"--hostname-override=" + n.nodeName, "--node-ip=" + n.address, "--node-labels=" + strings.Join(labels, ","),
	}
	if len(n.taints) > 0 {
		f = append(f, "--register-with-taints="+strings.Join(n.taints, ","))
	}
	return f
}

// proxyFlags leave alone the kernel settings that a container may not change.
func (n *node) proxyFlags() []string {
	return []string{
		"--kubeconfig=" + kubeletKubeconfig, "--hostname-override=" + n.nodeName,
		"--proxy-mode=iptables", "--cluster-cidr=" + n.cluster.ClusterCIDR, "--healthz-bind-address=127.0.0.1",
		"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0s",
		"--conntrack-tcp-timeout-close-wait=0s", "--oom-score-adj=0",
	}
}

func kubeletConfig(c clusterOptions, clientCA string) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: %s}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
clusterDNS: [%s]
clusterDomain: %s
containerRuntimeEndpoint: unix://%s
failSwapOn: false
rotateCertificates: true
resolvConf: /etc/resolv.conf
oomScoreAdj: 0
staticPodPath: %s/pod-manifests
serializeImagePulls: false
# the disk is the host's, shared with much else: room is kept in percent of it
evictionHard: {imagefs.available: "5%%", nodefs.available: "5%%"}
# nor are images removed to make room: those that the node brought can't be pulled again
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionMinimumReclaim: {imagefs.available: "10%%", nodefs.available: "10%%"}
`, clientCA, c.ClusterDNS, c.ClusterDomain, containerdSocket, agentDir)
}

// serverLabels are the labels that k3s gives a server.
var serverLabels = []byte(`{"metadata":{"labels":{` +
	`"node-role.kubernetes.io/control-plane":"true","node-role.kubernetes.io/master":"true"}}}`)

// labelServer waits for this server's node and labels it: a kubelet may not do it itself.
func labelServer(cs kubernetes.Interface, name string) {
	retry("the server's labels", func() error {
		_, err := cs.CoreV1().Nodes().Patch(
			context.Background(), name, types.StrategicMergePatchType, serverLabels, metav1.PatchOptions{})
		return err
	})
}

func ready(n corev1.Node) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
