"""Google's control plane on this machine: generic, driven by the discovery documents; what an API
does differently stands in `special.py`, what it refuses beyond its schemas in `rules.py`."""
