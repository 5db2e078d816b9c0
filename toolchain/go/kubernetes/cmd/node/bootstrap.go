package main

import (
	"bytes"
	"context"
	"crypto/tls"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"text/template"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	jws "k8s.io/cluster-bootstrap/token/jws"
)

// How an agent comes to trust the server, and the server the agent, with nothing but the token between them:
// kubeadm's way. The server publishes its authority, signed with the token; the agent checks the signature,
// then uses the token to ask for a certificate of its own.

//go:embed bootstrap.yaml
var bootstrapYAML string

// bootstrapObjects fills the template in.
func (n *node) bootstrapObjects(clientAuthority []byte) ([]byte, error) {
	info := clientcmdapi.NewConfig()
	info.Clusters[""] = &clientcmdapi.Cluster{
		Server: "https://" + n.nodeName + ":6443", CertificateAuthorityData: n.authority,
	}
	kubeconfig, err := clientcmd.Write(*info)
	if err != nil {
		return nil, err
	}
	cluster, err := json.Marshal(n.cluster)
	if err != nil {
		return nil, err
	}
	id, secret := n.bootstrapToken()
	t, err := template.New("bootstrap").Funcs(template.FuncMap{"quote": quoteYAML}).Parse(bootstrapYAML)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, map[string]string{
		"TokenID": id, "TokenSecret": secret, "Kubeconfig": string(kubeconfig),
		"ClientAuthority": string(clientAuthority), "Cluster": string(cluster),
	})
	return out.Bytes(), err
}

// quoteYAML uses that a JSON string is a YAML string.
func quoteYAML(s string) (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// publish lets agents in.
func (n *node) publish(clientAuthority []byte) {
	objects, err := n.bootstrapObjects(clientAuthority)
	must(err)
	retry("bootstrap objects", func() error { return apply(objects) })
}

// apply is `kubectl apply` with the administrator's rights.
func apply(objects []byte) error {
	c := &exec.Cmd{
		Path: self, Args: []string{"kubectl", "apply", "-f", "-"},
		Env: append(os.Environ(), "KUBECONFIG="+adminKubeconfig), Stdin: bytes.NewReader(objects),
	}
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// wrongTokenAfter is how long a server may take to sign with a token that it has.
const wrongTokenAfter = 15 * time.Second

var errUnsigned = errors.New("the server has signed nothing with this token")

// discover fetches the cluster's authority from the server and believes it only if it is signed with the token.
func (n *node) discover(unproved *tls.Config) (authority []byte) {
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: unproved}}
	id, secret := n.bootstrapToken()
	var refused time.Time
	retry("the server at "+n.serverURL, func() error {
		response, err := c.Get(n.serverURL + "/api/v1/namespaces/kube-public/configmaps/cluster-info")
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("not ready: %s", response.Status)
		}
		authority, err = provedAuthority(body, id, secret)
		if errors.Is(err, errUnsigned) {
			if refused.IsZero() {
				refused = time.Now()
			}
			if time.Since(refused) > wrongTokenAfter {
				fatal("%s refuses this node: its token (K3S_TOKEN, --token) is not the server's", n.serverURL)
			}
		}
		return err
	})
	return authority
}

// provedAuthority takes the certificate authority out of the ConfigMap cluster-info, if its signature holds.
func provedAuthority(configMap []byte, id, secret string) ([]byte, error) {
	var cm struct{ Data map[string]string }
	if err := json.Unmarshal(configMap, &cm); err != nil {
		return nil, err
	}
	kubeconfig := cm.Data["kubeconfig"]
	signature, ok := cm.Data["jws-kubeconfig-"+id]
	if kubeconfig == "" {
		return nil, errors.New("cluster-info is empty yet")
	}
	if !ok {
		return nil, errUnsigned
	}
	if !jws.DetachedTokenIsValid(signature, kubeconfig, id, secret) {
		return nil, fmt.Errorf("the signature of cluster-info is wrong: %w", errUnsigned)
	}
	c, err := clientcmd.Load([]byte(kubeconfig))
	if err != nil {
		return nil, err
	}
	cluster := c.Clusters[""]
	if cluster == nil || !strings.Contains(string(cluster.CertificateAuthorityData), "BEGIN CERTIFICATE") {
		return nil, errors.New("cluster-info has no certificate authority")
	}
	return cluster.CertificateAuthorityData, nil
}

// fetchClusterOptions asks the server for what it alone was told, and for the authority of the cluster's clients.
func (n *node) fetchClusterOptions() (clientAuthority []byte) {
	id, secret := n.bootstrapToken()
	cs, err := kubernetes.NewForConfig(&rest.Config{
		Host: n.serverURL, BearerToken: id + "." + secret, TLSClientConfig: rest.TLSClientConfig{CAData: n.authority},
	})
	must(err)
	retry("the cluster's options", func() error {
		cm, err := cs.CoreV1().ConfigMaps("kube-public").Get(context.Background(), "node-options", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(cm.Data["cluster"]), &n.cluster); err != nil {
			return err
		}
		clientAuthority = []byte(cm.Data["client-ca"])
		return n.cluster.check()
	})
	return clientAuthority
}
