package main

// Where things are: k3s's own places, since k3d and people look for them there.
const (
	dataDir           = "/var/lib/rancher/k3s"
	tlsDir            = dataDir + "/server/tls"
	credentialDir     = dataDir + "/server/cred"
	manifestDir       = dataDir + "/server/manifests"
	agentDir          = dataDir + "/agent"
	cniDir            = agentDir + "/etc/cni/net.d"
	containerdConfig  = agentDir + "/etc/containerd/config.toml"
	registryHostsDir  = agentDir + "/etc/containerd/certs.d"
	adminKubeconfig   = "/etc/rancher/k3s/k3s.yaml"
	registriesFile    = "/etc/rancher/k3s/registries.yaml"
	kubeletKubeconfig = agentDir + "/kubelet.kubeconfig"
	containerdSocket  = "/run/k3s/containerd/containerd.sock"

	// shippedDir holds the manifests and image archives that are built into the node image.
	shippedDir = "/usr/share/alphintra-node"

	// self is this binary, which starts the components as child processes.
	self = "/bin/k3s"

	localAPI = "https://127.0.0.1:6443"
)

// folders must exist before anything starts.
var folders = []string{
	tlsDir, credentialDir, manifestDir, dataDir + "/server/db", dataDir + "/storage",
	cniDir, agentDir + "/etc/containerd", agentDir + "/pod-manifests", agentDir + "/images",
	"/etc/rancher/k3s", "/run/k3s",
}
