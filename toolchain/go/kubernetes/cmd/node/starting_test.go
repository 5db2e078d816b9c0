package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

func knownPods(t *testing.T, pods ...*corev1.Pod) *startingPods {
	t.Helper()
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	for _, p := range pods {
		if err := indexer.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	return &startingPods{Indexer: indexer, nodeAddress: "172.18.0.3", addresses: map[types.UID]string{}}
}

func pod(name, id, address string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "trading", Name: name, UID: types.UID(id)},
		Status:     corev1.PodStatus{PodIP: address},
	}
}

func TestStartingPodsHaveTheAddressOfTheirNetwork(t *testing.T) {
	static := pod("static-node", "likeness", "")
	static.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "file"}
	fresh, restarted := pod("fresh", "1", ""), pod("restarted", "2", "10.42.0.2")
	s := knownPods(t, fresh, restarted, pod("elsewhere", "3", "10.42.1.3"), pod("waiting", "4", ""), static)
	s.add("1", "10.42.0.8")
	s.add("2", "10.42.0.9")
	s.add("file", "10.42.0.10")
	want := map[string][2]string{
		"fresh": {"10.42.0.8", "172.18.0.3"}, "restarted": {"10.42.0.9", "172.18.0.3"}, "static-node": {"10.42.0.10", "172.18.0.3"},
		"elsewhere": {"10.42.1.3", ""}, "waiting": {"", ""},
	}
	check := func(listed []any) {
		t.Helper()
		for _, o := range listed {
			p := o.(*corev1.Pod)
			if got := [2]string{p.Status.PodIP, p.Status.HostIP}; got != want[p.Name] {
				t.Errorf("%s: got %v, want %v", p.Name, got, want[p.Name])
			}
			if p.Status.HostIP != "" && (len(p.Status.PodIPs) != 1 || p.Status.PodIPs[0].IP != p.Status.PodIP) {
				t.Errorf("%s: got %v", p.Name, p.Status.PodIPs)
			}
		}
		if len(listed) != len(want) {
			t.Errorf("got %d pods", len(listed))
		}
	}
	check(s.List())
	byNamespace, err := s.Index(cache.NamespaceIndex, &metav1.ObjectMeta{Namespace: "trading"})
	if err != nil {
		t.Fatal(err)
	}
	check(byNamespace)
	if fresh.Status.PodIP != "" {
		t.Error("the informer's own pod was changed")
	}

	s.forget(fresh)
	s.forget(cache.DeletedFinalStateUnknown{Obj: restarted})
	want["fresh"], want["restarted"] = [2]string{}, [2]string{"10.42.0.2", ""}
	check(s.List())
}

const rule = `-A KUBE-ROUTER-FORWARD -s 10.42.0.8/32 -m comment --comment ` +
	`"rule to jump traffic from POD name:web namespace: trading to chain KUBE-POD-FW-X" -j KUBE-POD-FW-X`

func TestProtects(t *testing.T) {
	for name, c := range map[string]struct {
		rules, namespace, name, address string
		want                            bool
	}{
		"its rule":              {"-N KUBE-ROUTER-FORWARD\n" + rule, "trading", "web", "10.42.0.8", true},
		"none":                  {"-N KUBE-ROUTER-FORWARD\n", "trading", "web", "10.42.0.8", false},
		"another's, same start": {rule, "trading", "we", "10.42.0.8", false},
		"the address's last":    {rule, "trading", "web-2", "10.42.0.8", false},
		"another namespace":     {rule, "auth", "web", "10.42.0.8", false},
		"another address":       {rule, "trading", "web", "10.42.0.80", false},
		"what it receives only": {strings.Replace(rule, " -s ", " -d ", 1), "trading", "web", "10.42.0.8", false},
	} {
		if got := protects(c.rules, c.namespace, c.name, c.address); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// A round that began before the pod was known does not count, though its rules may name the pod.
func TestAdmissionWaitsForAWholeRound(t *testing.T) {
	s, r := knownPods(t, pod("web", "1", "")), newRounds()
	requests := make(chan struct{}, 1)
	a := &admission{
		pods: s, rounds: r, rules: func() (string, error) { return rule, nil },
		request: func() {
			select {
			case requests <- struct{}{}:
			default:
			}
		},
	}
	answered := make(chan int, 1)
	go func() {
		w := httptest.NewRecorder()
		target := "/?" + url.Values{"uid": {"1"}, "namespace": {"trading"}, "name": {"web"}, "address": {"10.42.0.8"}}.Encode()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		answered <- w.Code
	}()
	for range 2 {
		<-requests
		select {
		case <-answered:
			t.Fatal("let go before a whole round was over")
		case <-time.After(50 * time.Millisecond):
		}
		if p := s.List()[0].(*corev1.Pod); p.Status.PodIP != "10.42.0.8" {
			t.Errorf("the round sees %q", p.Status.PodIP)
		}
		r.begun()
	}
	select {
	case code := <-answered:
		if code != http.StatusOK {
			t.Errorf("got %d", code)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("not let go")
	}
}

func TestAwaitPolicy(t *testing.T) {
	result := `{"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.42.0.8/24", "gateway": "10.42.0.1"}]}`
	arguments := "IgnoreUnknown=1;K8S_POD_NAMESPACE=trading;K8S_POD_NAME=web;K8S_POD_UID=1"
	run := func(command, prevResult string, answer error) (string, url.Values, error) {
		var out bytes.Buffer
		var asked url.Values
		err := awaitPolicy(env("CNI_COMMAND", command, "CNI_ARGS", arguments),
			strings.NewReader(`{"type": "await-policy", "prevResult": `+prevResult+`}`), &out,
			func(v url.Values) error { asked = v; return answer })
		return out.String(), asked, err
	}
	want := "address=10.42.0.8&name=web&namespace=trading&uid=1"
	if out, asked, err := run("ADD", result, nil); err != nil || out != result || asked.Encode() != want {
		t.Errorf("got %q, %v, %v", out, asked, err)
	}
	if out, _, err := run("ADD", result, errors.New("not in force")); err == nil || out != "" {
		t.Errorf("a pod that is not protected goes on: %q, %v", out, err)
	}
	if _, asked, err := run("ADD", `{"ips": []}`, nil); err == nil || asked != nil {
		t.Errorf("no address: %v, %v", asked, err)
	}
	for _, command := range []string{"DEL", "CHECK"} {
		if out, asked, err := run(command, result, nil); err != nil || out != "" || asked != nil {
			t.Errorf("%s: got %q, %v, %v", command, out, asked, err)
		}
	}
	if out, _, err := run("VERSION", "null", nil); err != nil || !strings.Contains(out, `"supportedVersions": ["0.4.0"]`) {
		t.Errorf("got %q, %v", out, err)
	}
}
