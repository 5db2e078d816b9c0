package main

import (
	"context"
	"reflect"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// balance gives services of type LoadBalancer the addresses of all ready nodes. kube-proxy then answers
// for the service on those addresses, so that, unlike k3s, no pod has to. It does not end.
func balance(cs kubernetes.Interface) {
	ctx, cached := context.Background(), metav1.ListOptions{ResourceVersion: "0"}
	for ; ; time.Sleep(2 * time.Second) {
		services, err := cs.CoreV1().Services("").List(ctx, cached)
		if err != nil {
			continue // the next round will tell
		}
		nodes, err := cs.CoreV1().Nodes().List(ctx, cached)
		if err != nil {
			continue
		}
		want := ingress(nodes.Items)
		for _, s := range services.Items {
			if !balanced(s) || reflect.DeepEqual(s.Status.LoadBalancer.Ingress, want) {
				continue
			}
			s.Status.LoadBalancer.Ingress = want
			if _, err := cs.CoreV1().Services(s.Namespace).UpdateStatus(ctx, &s, metav1.UpdateOptions{}); err != nil {
				warn("Load balancer of service %s/%s: %v", s.Namespace, s.Name, err)
			}
		}
	}
}

func balanced(s corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.LoadBalancerClass == nil
}

func ingress(nodes []corev1.Node) []corev1.LoadBalancerIngress {
	var all []corev1.LoadBalancerIngress
	for _, n := range nodes {
		if a := internalAddress(n); ready(n) && a != "" {
			mode := corev1.LoadBalancerIPModeVIP
			all = append(all, corev1.LoadBalancerIngress{IP: a, IPMode: &mode})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].IP < all[j].IP })
	return all
}
