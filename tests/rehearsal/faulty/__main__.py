"""A resource of each kind for each fault, named by it; `alphintra:faults` says which."""

import pulumi
from pulumi import CustomTimeouts, ResourceOptions
from pulumi_gcp import artifactregistry, compute, projects, pubsub

enabled = [
    projects.Service(f"{api}-api", service=f"{api}.googleapis.com", disable_on_destroy=False)
    for api in ("artifactregistry", "compute", "pubsub")
]
opts = ResourceOptions(depends_on=enabled, custom_timeouts=CustomTimeouts(create="15s"))
names: list[str] = pulumi.Config("alphintra").require_object("faults")
for name in names:
    compute.Network(f"{name}-network", auto_create_subnetworks=False, opts=opts)
    artifactregistry.Repository(
        f"{name}-repository", repository_id=f"{name}-repository", format="DOCKER", opts=opts
    )
    pubsub.Topic(f"{name}-topic", opts=opts)
