package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

// Policies must hold "even from the very first instant that any container in that Pod is started" (Kubernetes: Network
// Policies, Pod lifecycle). A pod's address is in its status only when its containers run, and kube-router's controller
// goes by the status. So the pod network's last plugin holds a pod back: it tells the controller of the address and
// waits until the rules are in place.

const (
	startingSocket = "/run/k3s/network-policy.sock"
	startingLimit  = 30 * time.Second
)

// startingPods are the pods as the cluster has them, those of this node with the address that their network gave them.
type startingPods struct {
	cache.Indexer
	nodeAddress string
	mu          sync.Mutex
	addresses   map[types.UID]string
}

// startingInformer hands them to the controller in place of the informer's own.
type startingInformer struct {
	cache.SharedIndexInformer
	pods *startingPods
}

func (i startingInformer) GetIndexer() cache.Indexer { return i.pods }

func (s *startingPods) List() []any { return s.complete(s.Indexer.List()) }

func (s *startingPods) Index(name string, like any) ([]any, error) {
	pods, err := s.Indexer.Index(name, like)
	return s.complete(pods), err
}

func (s *startingPods) complete(pods []any) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]any, 0, len(pods))
	for _, p := range pods {
		pod := p.(*corev1.Pod)
		if address := s.addresses[uid(pod)]; address != "" && address != pod.Status.PodIP {
			pod = pod.DeepCopy()
			pod.Status.HostIP, pod.Status.PodIP = s.nodeAddress, address
			pod.Status.PodIPs = []corev1.PodIP{{IP: address}}
		}
		all = append(all, pod)
	}
	return all
}

func (s *startingPods) add(id types.UID, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses[id] = address
}

func (s *startingPods) forget(deleted any) {
	if last, ok := deleted.(cache.DeletedFinalStateUnknown); ok {
		deleted = last.Obj
	}
	if pod, ok := deleted.(*corev1.Pod); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.addresses, uid(pod))
	}
}

// uid is the one that the kubelet knows the pod by: of a static pod the cluster has but a likeness.
func uid(pod *corev1.Pod) types.UID {
	if own, ok := pod.Annotations[corev1.MirrorPodAnnotationKey]; ok {
		return types.UID(own)
	}
	return pod.UID
}

// rounds tells when the controller begins to bring the rules up to date.
type rounds struct {
	mu   sync.Mutex
	next chan struct{}
}

func newRounds() *rounds { return &rounds{next: make(chan struct{})} }

func (r *rounds) begun() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.next)
	r.next = make(chan struct{})
}

// await returns as the next round begins.
func (r *rounds) await(request func()) {
	r.mu.Lock()
	next := r.next
	r.mu.Unlock()
	request()
	<-next
}

// admission answers the plugin when the rules of the pod that it asks for are in place.
type admission struct {
	pods    *startingPods
	rounds  *rounds
	request func() // asks the controller for a round
	rules   func() (string, error)
}

func (a *admission) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a.pods.add(types.UID(q.Get("uid")), q.Get("address"))
	for end := time.Now().Add(startingLimit); time.Now().Before(end); {
		a.rounds.await(a.request) // a round that knows of the pod begins …
		a.rounds.await(a.request) // … and is over when the next begins
		rules, err := a.rules()
		if err != nil {
			warn("Rules of the network policies: %v", err)
		}
		if protects(rules, q.Get("namespace"), q.Get("name"), q.Get("address")) {
			return
		}
		time.Sleep(50 * time.Millisecond) // the cluster's pods are not known here yet
	}
	http.Error(w, fmt.Sprintf("network policies are not in force for it within %s: this node's log says why", startingLimit),
		http.StatusServiceUnavailable)
}

// protects tells whether the controller's rules, as iptables lists them, have one for what the pod sends.
func protects(rules, namespace, name, address string) bool {
	for _, rule := range strings.Split(rules, "\n") {
		if strings.Contains(rule, " -s "+address+"/32 ") &&
			strings.Contains(rule, "POD name:"+name+" namespace: "+namespace+" ") {
			return true
		}
	}
	return false
}

func forwardingRules() (string, error) {
	rules, err := exec.Command("iptables", "-w", "-S", "KUBE-ROUTER-FORWARD").CombinedOutput()
	return string(rules), err
}

// listen lets the plugin ask. It ends only with an error.
func (a *admission) listen(socket string) error {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	return http.Serve(listener, a)
}

// awaitPolicy is the plugin, in the form of the Container Network Interface 0.4.0.
func awaitPolicy(getenv func(string) string, config io.Reader, result io.Writer, ask func(url.Values) error) error {
	switch getenv("CNI_COMMAND") {
	case "VERSION":
		_, err := fmt.Fprintf(result, `{"cniVersion": %[1]q, "supportedVersions": [%[1]q]}`, cniVersion)
		return err
	case "ADD":
		var c struct {
			PrevResult json.RawMessage `json:"prevResult"`
		}
		if err := json.NewDecoder(config).Decode(&c); err != nil {
			return err
		}
		var network struct {
			IPs []struct {
				Address netip.Prefix `json:"address"`
			} `json:"ips"`
		}
		if err := json.Unmarshal(c.PrevResult, &network); err != nil {
			return err
		}
		if len(network.IPs) != 1 {
			return fmt.Errorf("the pod has %d addresses instead of one", len(network.IPs))
		}
		pod, err := url.ParseQuery(strings.ReplaceAll(getenv("CNI_ARGS"), ";", "&"))
		if err != nil {
			return err
		}
		if err := ask(url.Values{
			"uid": pod["K8S_POD_UID"], "namespace": pod["K8S_POD_NAMESPACE"], "name": pod["K8S_POD_NAME"],
			"address": {network.IPs[0].Address.Addr().String()},
		}); err != nil {
			return err
		}
		_, err = result.Write(c.PrevResult)
		return err
	}
	return nil
}

// askController waits for the controller, which starts after the first pods may, and for its answer.
func askController(pod url.Values) error {
	c := &http.Client{Timeout: startingLimit + 5*time.Second, Transport: &http.Transport{
		Dial: func(string, string) (net.Conn, error) { return net.Dial("unix", startingSocket) },
	}}
	var err error
	for end := time.Now().Add(startingLimit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var response *http.Response
		if response, err = c.Get("http://node/?" + pod.Encode()); err != nil {
			continue
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode == http.StatusOK {
			return nil
		}
		why, _ := io.ReadAll(response.Body)
		return errors.New(strings.TrimSpace(string(why)))
	}
	return err
}

// runAwaitPolicy is its command.
func runAwaitPolicy() {
	if err := awaitPolicy(os.Getenv, os.Stdin, os.Stdout, askController); err != nil {
		const tryAgainLater = 11
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"cniVersion": cniVersion, "code": tryAgainLater, "msg": err.Error()})
		os.Exit(1)
	}
}
