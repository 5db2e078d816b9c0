"""The data plane: real servers at the addresses that the played cloud gives out.

A played cluster is a k3d cluster, a Cloud SQL instance a PostgreSQL container, a Memorystore
instance Redis containers, Artifact Registry a registry: what the program then puts into them and
connects to is real.
"""
