package main

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
)

func verify(t *testing.T, p pki, authority, leaf, name string) error {
	t.Helper()
	ca, _, err := p.load(authority)
	if err != nil {
		t.Fatal(err)
	}
	cert, _, err := p.load(leaf)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	_, err = cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}

func TestServerCertificates(t *testing.T) {
	n := &node{options: options{nodeName: "k3d-dev-server-0", tlsSANs: []string{"k3d-dev-serverlb", "127.0.0.2"},
		cluster: clusterOptions{"10.42.0.0/16", "10.53.0.0/16", "10.53.0.10", "cluster.local", false}}, address: "172.18.0.2"}
	p := pki{t.TempDir()}
	if err := n.certificates(p); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"k3d-dev-server-0", "172.18.0.2", "10.53.0.1", "k3d-dev-serverlb", "127.0.0.2", "kubernetes.default.svc.cluster.local"} {
		if err := verify(t, p, "server-ca", "apiserver", name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if verify(t, p, "server-ca", "apiserver", "172.18.0.3") == nil {
		t.Error("the certificate holds for an address that was not named")
	}
	if verify(t, p, "client-ca", "apiserver", "172.18.0.2") == nil {
		t.Error("the certificate holds for another authority")
	}
	admin, _, err := p.load("admin")
	if err != nil || admin.Subject.CommonName != "system:admin" || admin.Subject.Organization[0] != "system:masters" {
		t.Errorf("admin: %v, %v", admin.Subject, err)
	}
}

func TestAuthoritiesStayAndLeavesAreRenewed(t *testing.T) {
	p := pki{t.TempDir()}
	content := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	round := func() (ca, key, leaf []byte) {
		for _, err := range []error{p.ensureAuthority("ca"), p.ensureKey("service"), p.leaf("ca", "leaf", "leaf", nil, nil)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return content(p.cert("ca")), content(p.key("service")), content(p.cert("leaf"))
	}
	ca, key, leaf := round()
	ca2, key2, leaf2 := round()
	if !bytes.Equal(ca, ca2) || !bytes.Equal(key, key2) {
		t.Error("the second start made another authority or service key")
	}
	if bytes.Equal(leaf, leaf2) {
		t.Error("the second start kept the old leaf")
	}
	if err := verify(t, p, "ca", "leaf", ""); err != nil {
		t.Error(err)
	}
	cert, _, _ := p.load("leaf")
	if left := time.Until(cert.NotAfter); left < 360*24*time.Hour {
		t.Errorf("the leaf ends in %s", left)
	}
	for _, name := range []string{"ca", "leaf", "service"} {
		if info, err := os.Stat(p.key(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("key %s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestHalfWrittenFilesAreNotTaken(t *testing.T) {
	p := pki{t.TempDir()}
	if err := p.ensureAuthority("ca"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.cert("ca"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.leaf("ca", "leaf", "leaf", nil, nil); err == nil {
		t.Error("an empty authority was used")
	}
	if parts, _ := filepath.Glob(p.dir + "/*.part"); len(parts) > 0 {
		t.Errorf("left behind: %v", parts)
	}
}

func TestKubeconfig(t *testing.T) {
	p := pki{t.TempDir()}
	if err := p.ensureAuthority("ca"); err != nil {
		t.Fatal(err)
	}
	if err := p.leaf("ca", "admin", "admin", nil, nil); err != nil {
		t.Fatal(err)
	}
	user, err := p.user("admin")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(p.dir, "sub", "kubeconfig")
	if err := kubeconfig(file, localAPI, []byte("authority"), user, 0o640); err != nil {
		t.Fatal(err)
	}
	c, err := clientcmd.LoadFromFile(file)
	if err != nil || c.Clusters["default"].Server != localAPI || c.CurrentContext != "default" {
		t.Errorf("got %+v, %v", c, err)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
}
