"""The contract of the database and the cache on Google Cloud, as far as a graph shows it.

As test_contract_graph.py: each test stands for the one of its name in `tests/contract/`.
"""

from components.connectivity import NAME as CHECK
from components.service import account_name
from tests.stacks.pair import (
    Pair,
    authorities,
    environment,
    instances,
    managed_range,
    objects,
    pair_fixture,
    ways,
    with_a_way,
)

__all__ = ["pair_fixture"]


class TestDatabase:
    def test_tls_verified(self, pair: Pair):
        """The name that clients use is in the server's certificate; they trust its authority."""
        (server, *_) = pair.gcp.of("sql/databaseInstance:DatabaseInstance")
        known = environment(pair.gcp, CHECK)
        assert known["PGSSLMODE"] == "verify-full"
        assert known["PGHOST"].startswith(f"{server.name}.")
        assert known["PGHOST"] == pair.gcp.result["database_host"]
        assert known["PGSSLROOTCERT"] == "/etc/platform/database-ca.pem"

    def test_without_tls_refused(self, pair: Pair):
        for server in instances(pair.gcp):
            assert server["settings"]["ipConfiguration"]["sslMode"] == "ENCRYPTED_ONLY"

    def test_wrong_authority_refused(self, pair: Pair):
        """Clients trust what the server shows, and nothing else."""
        trusted = authorities(pair.gcp, CHECK)["database-ca.pem"]
        assert trusted == pair.gcp.result["database_ca_certificate"] != ""
        for server in instances(pair.gcp):
            assert server["settings"]["ipConfiguration"]["serverCaMode"] == "GOOGLE_MANAGED_CAS_CA"

    def test_wrong_password_refused(self, pair: Pair):
        users = pair.gcp.of("sql/user:User")
        assert {user.inputs["name"] for user in users} == {
            "postgres",
            *(account_name(n) for n, one in pair.settings.every_service.items() if one.database),
        }
        for user in users:
            assert len(user.inputs["password"]) >= 16 and user.secrets == {"password"}

    def test_namespace_not_allowed_refused(self, pair: Pair):
        """No public address; and only the services that say so have a way to the private one."""
        for server in instances(pair.gcp):
            assert server["settings"]["ipConfiguration"]["ipv4Enabled"] is False
        assert with_a_way(pair.gcp, "allow-database") == {
            name for name, one in pair.settings.every_service.items() if one.database
        }
        for name in with_a_way(pair.gcp, "allow-database"):
            assert ways(pair.gcp, name, "allow-database") == ([managed_range(pair.gcp)], [5432])

    def test_write_and_read(self, pair: Pair):
        """What a service is told to use is there, with the password that it is told."""
        databases = {one.inputs["name"] for one in pair.gcp.of("sql/database:Database")}
        users = {one.inputs["name"]: one.inputs for one in pair.gcp.of("sql/user:User")}
        for name, service in pair.settings.every_service.items():
            if service.database:
                known = environment(pair.gcp, name)
                assert known["PGDATABASE"] in databases
                assert users[known["PGUSER"]]["password"] == known["PGPASSWORD"]

    def test_read_from_replica(self, pair: Pair):
        known = environment(pair.gcp, CHECK)
        apart = known["PGREADERHOST"] != known["PGHOST"]
        assert apart is pair.settings.database.read_replica
        assert len(instances(pair.gcp)) == (2 if apart else 1)

    def test_replica_refuses_writes(self, pair: Pair):
        first, *others = instances(pair.gcp)
        assert "masterInstanceName" not in first
        for replica in others:
            assert replica["masterInstanceName"] == "database"
            assert replica["instanceType"] == "READ_REPLICA_INSTANCE"

    def test_reads_go_on_while_primary_is_down(self, pair: Pair):
        """A standby takes over; and the replica is a machine of its own."""
        (first, *_) = instances(pair.gcp)
        wanted = "REGIONAL" if pair.settings.database.highly_available else "ZONAL"
        assert first["settings"]["availabilityType"] == wanted

    def test_settings_are_the_specs(self, pair: Pair):
        """But that Cloud SQL takes no share of the memory below a tenth."""
        spec = pair.settings.database
        tenth = -(-spec.memory_gb * 1024 // 10)
        shared = max(spec.shared_buffers_mb, tenth) * 128
        cached = max(spec.effective_cache_size_mb, tenth) * 128
        for server in instances(pair.gcp):
            flags = {flag["name"]: flag["value"] for flag in server["settings"]["databaseFlags"]}
            assert flags["max_connections"] == str(spec.max_connections)
            assert flags["shared_buffers"] == str(shared)
            assert flags["effective_cache_size"] == str(cached)
            assert flags["work_mem"] == str(spec.work_mem_mb * 1024)
            assert flags["maintenance_work_mem"] == str(spec.maintenance_work_mem_mb * 1024)
            said = float(flags["checkpoint_completion_target"])
            assert said == spec.checkpoint_completion_target

    def test_version(self, pair: Pair):
        for server in instances(pair.gcp):
            assert server["databaseVersion"] == f"POSTGRES_{pair.settings.database.version}"


class TestCache:
    def test_tls_verified(self, pair: Pair):
        known = environment(pair.gcp, CHECK)
        assert known["CACHE_URL"].startswith("rediss://")
        assert known["CACHE_CA_FILE"] == "/etc/platform/cache-ca.pem"

    def test_without_tls_refused(self, pair: Pair):
        """Memorystore with it listens on the port of TLS alone."""
        server = pair.gcp.only("redis/instance:Instance").inputs
        assert server["transitEncryptionMode"] == "SERVER_AUTHENTICATION"

    def test_wrong_authority_refused(self, pair: Pair):
        trusted = authorities(pair.gcp, CHECK)["cache-ca.pem"]
        assert trusted == pair.gcp.result["cache_ca_certificate"] != ""

    def test_wrong_password_refused(self, pair: Pair):
        assert pair.gcp.only("redis/instance:Instance").inputs["authEnabled"] is True
        assert objects(pair.gcp, "Secret")[CHECK, "platform"].secrets == {"stringData"}

    def test_namespace_not_allowed_refused(self, pair: Pair):
        server = pair.gcp.only("redis/instance:Instance").inputs
        assert server["connectMode"] == "PRIVATE_SERVICE_ACCESS"
        assert with_a_way(pair.gcp, "allow-cache") == {
            name for name, one in pair.settings.every_service.items() if one.cache
        }
        ports = {pair.gcp.result["cache_port"], pair.gcp.result["cache_reader_port"]}
        for name in with_a_way(pair.gcp, "allow-cache"):
            ranges, opened = ways(pair.gcp, name, "allow-cache")
            assert (ranges, set(opened)) == ([managed_range(pair.gcp)], ports)

    def test_write_and_read(self, pair: Pair):
        known, given = environment(pair.gcp, CHECK), pair.gcp.result
        assert known["CACHE_HOST"] == given["cache_host"]
        assert known["CACHE_PORT"] == str(int(given["cache_port"]))
        assert known["CACHE_PASSWORD"] == given["cache_passwords"][account_name(CHECK)]

    def test_read_from_replica(self, pair: Pair):
        server = pair.gcp.only("redis/instance:Instance").inputs
        reads_apart = server["readReplicasMode"] == "READ_REPLICAS_ENABLED"
        known = environment(pair.gcp, CHECK)
        assert (known["CACHE_READER_HOST"] != known["CACHE_HOST"]) is reads_apart

    def test_replica_refuses_writes(self, pair: Pair):
        """What reads are sent to is Memorystore's read endpoint, which has no primary behind it."""
        server = pair.gcp.only("redis/instance:Instance").inputs
        if server["readReplicasMode"] == "READ_REPLICAS_ENABLED":
            assert pair.gcp.result["cache_reader_host"] == "10.0.0.4"  # the mock's read endpoint
            assert server["replicaCount"] == pair.settings.cache.read_replicas

    def test_administration_refused(self, pair: Pair):
        """Memorystore blocks the commands itself, for all; the local server blocks the same."""
        pair.gcp.only("redis/instance:Instance")
        uploads = pair.local.only("container:Container", "cache").inputs["uploads"]
        (text,) = [one["content"] for one in uploads if one["file"].endswith("redis.conf")]
        users = [line for line in text.splitlines() if line.startswith("user ")]
        assert users
        for line in users:
            if not line.startswith("user platform-admin "):
                assert {"-config", "-acl", "-replicaof", "-debug"} <= set(line.split())

    def test_data_survives_restart(self, pair: Pair):
        server = pair.gcp.only("redis/instance:Instance").inputs
        assert server["persistenceConfig"]["persistenceMode"] == "RDB"

    def test_reads_go_on_while_primary_is_down(self, pair: Pair):
        tier = "STANDARD_HA" if pair.settings.cache.highly_available else "BASIC"
        assert pair.gcp.only("redis/instance:Instance").inputs["tier"] == tier

    def test_eviction_policy(self, pair: Pair):
        configs = pair.gcp.only("redis/instance:Instance").inputs["redisConfigs"]
        assert configs["maxmemory-policy"] == pair.settings.cache.eviction_policy
        assert configs["maxmemory-gb"] == str(pair.settings.cache.memory_gb)

    def test_version(self, pair: Pair):
        version = pair.gcp.only("redis/instance:Instance").inputs["redisVersion"]
        assert version == f"REDIS_{pair.settings.cache.version.replace('.', '_')}"
