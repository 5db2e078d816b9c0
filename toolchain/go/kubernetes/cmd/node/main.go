// Command node is a Kubernetes node in one binary, for machines that cannot have k3s.
//
// It is upstream Kubernetes and etcd, run and supervised the way k3s runs them, and
// it keeps k3s's contract with k3d: the same entry point, flags, environment, paths
// and log lines, so that the real k3d creates, stops and changes clusters of it. It is
// a stand-in and says so: see `k3s --version`. What it lacks of k3s: a second server,
// ingress, registries that ask for a password.
//
// The command is chosen by the name it is called by, or else by its first argument.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata" // CronJobs name time zones; the image carries none

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/component-base/version"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

const usage = `usage: k3s server|agent [flags]
       k3s kubectl|kubelet|kube-proxy|kube-apiserver|kube-controller-manager|kube-scheduler|etcd|network-policy [flags]
       k3s --version
`

// components are the commands of Kubernetes' own, unchanged, and of what enforces its network policies.
var componentCommands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 kubelet.NewKubeletCommand,
	"kube-proxy":              proxy.NewProxyCommand,
	"network-policy":          networkPolicyCommand,
}

func main() {
	name, args := command(os.Args)
	os.Args = append([]string{name}, args...) // upstream's commands read it
	switch name {
	case "server", "agent":
		runNode(name, args)
	case "etcd":
		etcdmain.Main(os.Args)
	case "kubectl":
		kubectl()
	case "await-policy":
		runAwaitPolicy()
	case "--version", "-v", "version":
		fmt.Println(versionLine())
	case "", "--help", "-h", "help":
		fmt.Print(usage)
	default:
		newCommand, ok := componentCommands[name]
		if !ok {
			fmt.Fprintf(os.Stderr, "k3s: unknown command %q\n%s", name, usage)
			os.Exit(2)
		}
		os.Exit(cli.Run(newCommand()))
	}
}

// command splits a command line into what to do and with what.
func command(argv []string) (name string, args []string) {
	name = filepath.Base(argv[0])
	_, known := componentCommands[name]
	if known || name == "kubectl" || name == "etcd" || name == "await-policy" {
		return name, argv[1:]
	}
	if len(argv) < 2 {
		return "", nil
	}
	return argv[1], argv[2:]
}

func versionLine() string {
	v := version.Get().GitVersion
	return fmt.Sprintf("k3s version %s (stand-in: upstream Kubernetes %s in k3s's place, not a k3s release)", v, v)
}

// kubectl talks to this node's own cluster unless told otherwise.
func kubectl() {
	if os.Getenv("KUBECONFIG") == "" {
		for _, f := range []string{adminKubeconfig, kubeletKubeconfig} {
			if _, err := os.Stat(f); err == nil {
				_ = os.Setenv("KUBECONFIG", f)
				break
			}
		}
	}
	if err := cli.RunNoErrOutput(kubectlcmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
