"""The keys that data is encrypted with at rest: one for each class of data."""

from pulumi import Input, Output, ResourceOptions
from pulumi_gcp import config, kms

from components.foundation import DATA_CLASSES, FoundationSpec
from components.foundation.services import KEY_USERS, SERVICE_AGENTS
from components.naming import cloud_labels
from components.outputs import after
from components.protection import deletion_policy

DAY = 24 * 60 * 60
ROTATION = f"{90 * DAY}s"
"""A new version every 90 days: CIS GCP 1.10, CKV_GCP_43. Old versions still decrypt."""
REGRET = f"{30 * DAY}s"
"""How long a version that is to be destroyed can still be restored: Google's own default, stated,
since what is lost with a key is all that it encrypted."""


def encryption_keys(
    name: str, spec: FoundationSpec, project: Input[str], opts: ResourceOptions
) -> Output[dict[str, str]]:
    """Class of data → key, known once the services that keep such data may use it.

    A ring and a key can never be deleted and their names never used again. Pulumi's random suffix
    on the ring's name is what lets a destroyed stack be made anew.
    """
    ring = kms.KeyRing(f"{name}-keys", location=config.region, project=project, opts=opts)
    return Output.all(**{data: _key(name, data, spec, ring.id, opts) for data in DATA_CLASSES})


def _key(
    name: str, data: str, spec: FoundationSpec, ring: Output[str], opts: ResourceOptions
) -> Output[str]:
    key = kms.CryptoKey(
        f"{name}-{data}-key",
        key_ring=ring,
        name=data,
        purpose="ENCRYPT_DECRYPT",
        rotation_period=ROTATION,
        destroy_scheduled_duration=REGRET,
        version_template={
            "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION",
            "protection_level": "HSM" if spec.hardware_keys else "SOFTWARE",
        },
        deletion_policy=deletion_policy(spec.deletion_protection),
        labels=cloud_labels(name),
        opts=opts,
    )
    grants = [
        kms.CryptoKeyIAMMember(
            f"{name}-{data}-key-{api}",
            crypto_key_id=key.id,
            role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
            member=f"serviceAccount:{SERVICE_AGENTS[api].format(number=spec.project_number)}",
            opts=opts,
        )
        for api in KEY_USERS[data]
    ]
    return after(key.id, *[grant.role for grant in grants])
