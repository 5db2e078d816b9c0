package main

import (
	"crypto/tls"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stopLimit leaves Docker, which kills after ten seconds, nothing to kill.
const stopLimit = 8 * time.Second

// node is what the parts of a running node share.
type node struct {
	options
	supervisor
	address   string // this node's, as the other nodes reach it
	authority []byte // the certificate authority of the cluster's API server, PEM
}

// runNode is `k3s server` and `k3s agent`.
func runNode(role string, args []string) {
	hostname, err := os.Hostname()
	must(err)
	o, err := parseOptions(role, args, os.Getenv, hostname)
	must(err)
	info("Starting %s", versionLine())
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	for _, d := range folders {
		must(os.MkdirAll(d, 0o755))
	}
	n := &node{options: o, address: o.nodeIP}
	if n.address == "" {
		n.address, err = nodeAddress()
		must(err)
	}
	if role == "server" {
		go n.server()
	} else {
		go n.agent()
	}
	info("Received %v, stopping", <-stop)
	n.stop(stopLimit)
}

// agent joins the cluster of the server at serverURL.
func (n *node) agent() {
	imported := make(chan struct{})
	go func() {
		n.containerd()
		close(imported)
	}()
	n.authority = n.discover(&tls.Config{InsecureSkipVerify: true}) // the token proves what this connection does not
	clientAuthority := n.fetchClusterOptions()
	<-imported
	n.join(n.serverURL, clientAuthority)
}
