package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// server runs the control plane, then the node itself.
func (n *node) server() {
	p := pki{tlsDir}
	must(n.certificates(p))
	var err error
	n.authority, err = os.ReadFile(p.cert("server-ca"))
	must(err)
	must(n.kubeconfigs(p))

	imported := make(chan struct{})
	go func() {
		n.containerd()
		close(imported)
	}()
	n.start("etcd", self, flags(etcdFlags(p), n.etcdArgs)...)
	n.start("kube-apiserver", self, flags(n.apiserverFlags(p), n.apiserverArgs)...)
	admin := client(adminKubeconfig)
	retry("kube-apiserver", func() error {
		_, err := admin.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(context.Background())
		return err
	})
	n.start("kube-controller-manager", self, flags(n.controllerFlags(p), n.controllerArgs)...)
	n.start("kube-scheduler", self, flags(credentialFlags("scheduler"), n.schedulerArgs)...)

	clientAuthority, err := os.ReadFile(p.cert("client-ca"))
	must(err)
	n.publish(clientAuthority)
	info("k3s is up and running") // k3d starts the agents now
	go n.deploy()
	if !contains(n.disable, "servicelb") {
		go balance(admin)
	}
	<-imported
	go labelServer(admin, n.nodeName)
	n.join(localAPI, clientAuthority)
}

func client(file string) *kubernetes.Clientset {
	config, err := clientcmd.BuildConfigFromFlags("", file)
	must(err)
	config.QPS, config.Burst = 50, 100
	cs, err := kubernetes.NewForConfig(config)
	must(err)
	return cs
}

// certificates makes what is missing of the authorities, and all leaves anew: names and addresses may have changed.
func (n *node) certificates(p pki) error {
	for _, name := range []string{"server-ca", "client-ca", "request-header-ca", "etcd-ca"} {
		if err := p.ensureAuthority(name); err != nil {
			return err
		}
	}
	if err := p.ensureKey("service"); err != nil { // signs the tokens of service accounts
		return err
	}
	services, err := netip.ParsePrefix(n.cluster.ServiceCIDR)
	if err != nil {
		return err
	}
	sans := append([]string{
		"localhost", "127.0.0.1", "0.0.0.0", n.nodeName, n.address, nthAddress(services, 1).String(),
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + n.cluster.ClusterDomain,
	}, n.tlsSANs...)
	for _, l := range []struct {
		authority, name, commonName string
		organizations, sans         []string
	}{
		{"server-ca", "apiserver", "kube-apiserver", nil, sans},
		{"client-ca", "admin", "system:admin", []string{"system:masters"}, nil},
		{"client-ca", "controller-manager", "system:kube-controller-manager", nil, nil},
		{"client-ca", "scheduler", "system:kube-scheduler", nil, nil},
		{"client-ca", "kubelet-client", "kube-apiserver-kubelet-client", []string{"system:masters"}, nil},
		{"request-header-ca", "auth-proxy", "system:auth-proxy", nil, nil},
		{"etcd-ca", "etcd", "etcd", nil, []string{"localhost", "127.0.0.1"}},
		{"etcd-ca", "etcd-client", "etcd-client", nil, nil},
	} {
		if err := p.leaf(l.authority, l.name, l.commonName, l.organizations, l.sans); err != nil {
			return fmt.Errorf("certificate %s: %w", l.name, err)
		}
	}
	return nil
}

// kubeconfigs writes the components' and the administrator's.
func (n *node) kubeconfigs(p pki) error {
	adminMode, err := strconv.ParseUint(n.kubeconfigMode, 8, 9)
	if err != nil {
		return err
	}
	files := []struct {
		path, user string
		mode       os.FileMode
	}{
		{credentialDir + "/controller-manager.kubeconfig", "controller-manager", 0o600},
		{credentialDir + "/scheduler.kubeconfig", "scheduler", 0o600},
		{adminKubeconfig, "admin", os.FileMode(adminMode)},
	}
	if n.kubeconfigOutput != "" { // k3d fetches it from there
		files = append(files, files[2])
		files[3].path = n.kubeconfigOutput
	}
	for _, f := range files {
		user, err := p.user(f.user)
		if err != nil {
			return err
		}
		if err := kubeconfig(f.path, localAPI, n.authority, user, f.mode); err != nil {
			return err
		}
	}
	return nil
}

func etcdFlags(p pki) []string {
	return []string{
		"--name=default", "--data-dir=" + dataDir + "/server/db/etcd", "--log-level=warn",
		"--listen-client-urls=https://127.0.0.1:2379", "--advertise-client-urls=https://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
		"--initial-cluster=default=http://127.0.0.1:2380",
		"--client-cert-auth", "--trusted-ca-file=" + p.cert("etcd-ca"),
		"--cert-file=" + p.cert("etcd"), "--key-file=" + p.key("etcd"),
	}
}

func (n *node) apiserverFlags(p pki) []string {
	return []string{
		"--advertise-address=" + n.address, "--secure-port=6443", "--profiling=false", "--allow-privileged",
		"--etcd-servers=https://127.0.0.1:2379", "--etcd-cafile=" + p.cert("etcd-ca"),
		"--etcd-certfile=" + p.cert("etcd-client"), "--etcd-keyfile=" + p.key("etcd-client"),
		"--tls-cert-file=" + p.cert("apiserver"), "--tls-private-key-file=" + p.key("apiserver"),
		"--client-ca-file=" + p.cert("client-ca"),
		"--kubelet-client-certificate=" + p.cert("kubelet-client"), "--kubelet-client-key=" + p.key("kubelet-client"),
		"--kubelet-preferred-address-types=InternalIP,Hostname",
		"--service-account-issuer=https://kubernetes.default.svc." + n.cluster.ClusterDomain,
		"--service-account-key-file=" + p.key("service"), "--service-account-signing-key-file=" + p.key("service"),
		"--service-cluster-ip-range=" + n.cluster.ServiceCIDR,
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--enable-bootstrap-token-auth",
		"--requestheader-client-ca-file=" + p.cert("request-header-ca"),
		"--requestheader-allowed-names=system:auth-proxy", "--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + p.cert("auth-proxy"), "--proxy-client-key-file=" + p.key("auth-proxy"),
	}
}

func (n *node) controllerFlags(p pki) []string {
	return append(credentialFlags("controller-manager"),
		"--allocate-node-cidrs", "--configure-cloud-routes=false",
		"--cluster-cidr="+n.cluster.ClusterCIDR, "--service-cluster-ip-range="+n.cluster.ServiceCIDR,
		"--cluster-signing-cert-file="+p.cert("client-ca"), "--cluster-signing-key-file="+p.key("client-ca"),
		"--root-ca-file="+p.cert("server-ca"), "--service-account-private-key-file="+p.key("service"),
		"--use-service-account-credentials", "--controllers=*,bootstrapsigner,tokencleaner")
}

// credentialFlags are what the controller manager and the scheduler have in common. There is one of each, so no leader.
func credentialFlags(user string) []string {
	file := credentialDir + "/" + user + ".kubeconfig"
	return []string{
		"--kubeconfig=" + file, "--authentication-kubeconfig=" + file, "--authorization-kubeconfig=" + file,
		"--bind-address=127.0.0.1", "--leader-elect=false", "--profiling=false",
	}
}
