"""The dress rehearsal: a cloud stack's whole life, played against a stand-in for Google Cloud.

`cloud/` is Google's control plane, driven by Google's own API descriptions; `stage/` lets the real
provider reach it and nothing else; the modules beside them are the play. See docs/rehearsal.md.
"""
