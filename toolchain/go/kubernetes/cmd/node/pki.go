package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	authorityYears = 10
	leafYears      = 1 // leaves are made anew at each start
)

// pki is a folder of certificates and keys: authorities, made once, and leaves.
type pki struct{ dir string }

func (p pki) cert(name string) string { return filepath.Join(p.dir, name+".crt") }
func (p pki) key(name string) string  { return filepath.Join(p.dir, name+".key") }

// ensureKey makes a key unless there is one.
func (p pki) ensureKey(name string) error {
	if _, err := os.Stat(p.key(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err := p.newKey(name)
	return err
}

// ensureAuthority makes a certificate authority unless there is one: a cluster keeps its authorities for life.
func (p pki) ensureAuthority(name string) error {
	if _, err := os.Stat(p.cert(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := p.newKey(name)
	if err != nil {
		return err
	}
	t, err := certificate("k3s-"+name, nil, authorityYears)
	if err != nil {
		return err
	}
	t.IsCA, t.BasicConstraintsValid = true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	return p.sign(name, t, t, key.Public(), key)
}

// leaf makes a certificate for clients and servers alike; sans are names or addresses.
func (p pki) leaf(authority, name, commonName string, organizations, sans []string) error {
	issuer, issuerKey, err := p.load(authority)
	if err != nil {
		return err
	}
	key, err := p.newKey(name)
	if err != nil {
		return err
	}
	t, err := certificate(commonName, organizations, leafYears)
	if err != nil {
		return err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	for _, s := range sans {
		if ip := net.ParseIP(s); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else if s != "" {
			t.DNSNames = append(t.DNSNames, s)
		}
	}
	return p.sign(name, t, issuer, key.Public(), issuerKey)
}

func certificate(commonName string, organizations []string, years int) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: commonName, Organization: organizations},
		NotBefore: time.Now().Add(-time.Hour), // clocks differ
		NotAfter:  time.Now().AddDate(years, 0, 0),
	}, nil
}

func (p pki) newKey(name string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeFile(p.key(name), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}

func (p pki) sign(name string, t, issuer *x509.Certificate, public crypto.PublicKey, issuerKey crypto.Signer) error {
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, public, issuerKey)
	if err != nil {
		return err
	}
	return writeFile(p.cert(name), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

func (p pki) load(name string) (*x509.Certificate, crypto.Signer, error) {
	certDER, err := readPEM(p.cert(name))
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := readPEM(p.key(name))
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(keyDER)
	return cert, key, err
}

func readPEM(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM", path)
	}
	return block.Bytes, nil
}

// user is a leaf as a kubeconfig's user.
func (p pki) user(name string) (*clientcmdapi.AuthInfo, error) {
	cert, err := os.ReadFile(p.cert(name))
	if err != nil {
		return nil, err
	}
	key, err := os.ReadFile(p.key(name))
	return &clientcmdapi.AuthInfo{ClientCertificateData: cert, ClientKeyData: key}, err
}

// kubeconfig writes a file whose one cluster, user and context are called "default", as k3s's are.
func kubeconfig(path, server string, authority []byte, user *clientcmdapi.AuthInfo, mode os.FileMode) error {
	c := clientcmdapi.NewConfig()
	c.Clusters["default"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: authority}
	c.AuthInfos["default"] = user
	c.Contexts["default"] = &clientcmdapi.Context{Cluster: "default", AuthInfo: "default"}
	c.CurrentContext = "default"
	b, err := clientcmd.Write(*c)
	if err != nil {
		return err
	}
	return writeFile(path, b, mode)
}

// writeFile replaces a file at once, so that a node stopped half-way never finds half a file when it starts again.
func writeFile(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part := path + ".part"
	if err := os.WriteFile(part, content, mode); err != nil {
		return err
	}
	if err := os.Chmod(part, mode); err != nil { // whatever the umask
		return err
	}
	return os.Rename(part, path)
}
