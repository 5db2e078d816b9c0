"""How a person or a program signs in to a GKE cluster."""

from typing import Any

from pulumi import Output

from components.outputs import after


def kubeconfig(name: Output[str], host: Output[str], *ready: Output[Any]) -> Output[str]:
    """A kubeconfig (as JSON is YAML) that signs in as whoever `gke-gcloud-auth-plugin` says: a
    secret, known once all of `ready` are.

    It names no CA: the DNS endpoint's certificate is signed by a public one.
    """
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "gke-gcloud-auth-plugin",
        "interactiveMode": "Never",
        "provideClusterInfo": True,
        "installHint": "gcloud components install gke-gcloud-auth-plugin",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": Output.format("https://{0}", host)}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "users": [{"name": name, "user": {"exec": plugin}}],
    }
    return Output.secret(after(Output.json_dumps(config), *ready))
