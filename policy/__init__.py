"""Policy: what every stack must keep to, checked in tests, in previews and in deployments alike.

Rules are pure functions over the resources that a program asks for. Nothing here knows the
project's components: only Google's and Kubernetes' resources, and the platform component's inputs.
"""
