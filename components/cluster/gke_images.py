"""Which images a GKE cluster runs: those that CI has signed.

The policy is the project's, so one stack has one project. It refuses all that has no attestation by
the cluster's own attestor, but for Google's system images (whose list Google keeps) and what `up`
itself builds and pushes: those by their exact path in our registry, and by digest.
"""

from pulumi import Output, ResourceOptions
from pulumi_gcp import binaryauthorization, config, containeranalysis, kms, projects

from components.cluster import ClusterSpec
from components.foundation import FoundationOutputs
from components.naming import cloud_labels
from components.protection import deletion_policy
from components.registry import RegistryOutputs

ALGORITHM = "EC_SIGN_P256_SHA256"
"""What Google's guide to attestors signs with."""


def signed_images_only(
    name: str,
    spec: ClusterSpec,
    foundation: FoundationOutputs,
    registry: RegistryOutputs,
    opts: ResourceOptions,
) -> Output[str | None]:
    """What the policy is for, known once it holds."""
    key = _signing_key(name, spec, foundation, opts)
    attestor = _attestor(name, spec, foundation, key, opts)
    _let_ci_sign(name, foundation, key, attestor, opts)
    return binaryauthorization.Policy(
        f"{name}-images",
        description="Only images that CI has signed.",
        global_policy_evaluation_mode="ENABLE",
        admission_whitelist_patterns=[
            {"name_pattern": Output.format("{0}/{1}@sha256:*", registry.address, image)}
            for image in spec.unsigned_images
        ],
        default_admission_rule={
            "evaluation_mode": "REQUIRE_ATTESTATION",
            "enforcement_mode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
            "require_attestations_bies": [attestor.name],
        },
        opts=opts,
    ).description


def _signing_key(
    name: str, spec: ClusterSpec, foundation: FoundationOutputs, opts: ResourceOptions
) -> "kms.CryptoKey":
    """The key comes with its first version; asymmetric keys are rotated by adding another."""
    ring = kms.KeyRing(
        f"{name}-signing", location=config.region, project=foundation.project, opts=opts
    )
    return kms.CryptoKey(
        f"{name}-signing",
        key_ring=ring.id,
        purpose="ASYMMETRIC_SIGN",
        version_template={"algorithm": ALGORITHM, "protection_level": "HSM"},
        deletion_policy=deletion_policy(spec.deletion_protection),
        labels=cloud_labels(name),
        opts=opts,
    )


def _attestor(
    name: str,
    spec: ClusterSpec,
    foundation: FoundationOutputs,
    key: "kms.CryptoKey",
    opts: ResourceOptions,
) -> "binaryauthorization.Attestor":
    """Without a public key it vouches for nothing, and so nothing of ours runs. The keys stand in
    the stack file, where a change of them is reviewed: no resource tells a KMS key's public half.
    """
    note = containeranalysis.Note(
        f"{name}-signing",
        project=foundation.project,
        short_description="Signed by CI for this cluster.",
        attestation_authority={"hint": {"human_readable_name": "Signed by CI for this cluster."}},
        opts=opts,
    )
    return binaryauthorization.Attestor(
        f"{name}-signing",
        description="Vouches for what CI has signed.",
        attestation_authority_note={
            "note_reference": note.name,
            "public_keys": [
                {
                    "id": Output.format(
                        "//cloudkms.googleapis.com/v1/{0}/cryptoKeyVersions/{1}", key.id, version
                    ),
                    "pkix_public_key": {"public_key_pem": pem, "signature_algorithm": ALGORITHM},
                }
                for version, pem in sorted(spec.signing_keys.items())
            ],
        },
        opts=opts,
    )


def _let_ci_sign(
    name: str,
    foundation: FoundationOutputs,
    key: "kms.CryptoKey",
    attestor: "binaryauthorization.Attestor",
    opts: ResourceOptions,
) -> None:
    """What CI needs for `gcloud beta container binauthz attestations sign-and-create`."""
    ci = foundation.publisher_account.apply(lambda email: f"serviceAccount:{email}")
    kms.CryptoKeyIAMMember(
        f"{name}-signing",
        crypto_key_id=key.id,
        role="roles/cloudkms.signerVerifier",
        member=ci,
        opts=opts,
    )
    binaryauthorization.AttestorIamMember(
        f"{name}-signing",
        attestor=attestor.name,
        role="roles/binaryauthorization.attestorsViewer",
        member=ci,
        opts=opts,
    )
    for what, may in {"notes": "attacher", "occurrences": "editor"}.items():
        projects.IAMMember(
            f"{name}-signing-{what}",
            project=foundation.project,
            role=f"roles/containeranalysis.{what}.{may}",
            member=ci,
            opts=opts,
        )
