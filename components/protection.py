"""How deletion is refused on Google Cloud where the provider has a policy for it, not a switch."""


def deletion_policy(protected: bool) -> str:
    """The provider's `deletion_policy` of what is, or is not, protected."""
    return "PREVENT" if protected else "DELETE"
