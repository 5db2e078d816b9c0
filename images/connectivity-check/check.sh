#!/bin/bash
# Uses the platform as a workload would, from inside the cluster, and says what works.
# Reads what every service finds in its environment (the Secret `platform`): libpq's own names, PGREADERHOST, CACHE_…;
# and SERVICE_NAME, a name that the cluster's DNS must know.
# Each check is tried for up to 60 seconds: what a new cluster lacks comes up in that time.
set -uo pipefail

DEADLINE=60
export PGCONNECT_TIMEOUT=5
export REDISCLI_AUTH=$CACHE_PASSWORD
key="connectivity-check:$(hostname)"
tls=(--tls --cacert "$CACHE_CA_FILE")
failed=0

# check TITLE COMMAND...: run COMMAND until it succeeds; its last words tell why it did not.
check() {
    local title=$1 words start=$SECONDS
    shift
    until words=$("$@" 2>&1); do
        if ((SECONDS - start >= DEADLINE)); then
            printf 'FAIL  %s: %s\n' "$title" "${words:-no answer}"
            failed=1
            return
        fi
        sleep 1
    done
    printf 'ok    %s (%d s)\n' "$title" $((SECONDS - start))
}

resolve() { getent hosts "$SERVICE_NAME"; }

database() {
    local row
    row=$(psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE IF NOT EXISTS connectivity_check (id serial PRIMARY KEY, word text, at timestamptz DEFAULT now());
INSERT INTO connectivity_check (word) VALUES ('written');
SELECT word FROM connectivity_check ORDER BY id DESC LIMIT 1;
DELETE FROM connectivity_check;
SQL
    ) || { printf '%s\n' "$row"; return 1; }
    [ "$row" = written ] || { printf 'read %s, not what was written\n' "$row"; return 1; }
}

# The table is enough: how many rows there are may be a moment behind.
database_replica() {
    local row
    row=$(PGHOST=$PGREADERHOST psql --no-psqlrc --quiet --tuples-only --no-align \
        --command='SELECT count(*) FROM connectivity_check') || { printf '%s\n' "$row"; return 1; }
    [[ $row =~ ^[0-9]+$ ]] || { printf 'counted %s\n' "${row:-nothing}"; return 1; }
}

# A server that is not there yet refuses too, so this counts only beside the check that logs in.
database_in_clear() {
    local words
    if words=$(PGSSLMODE=disable psql --no-psqlrc --quiet --command='SELECT 1' 2>&1); then
        printf 'a client without TLS could log in: %s\n' "$words"
        return 1
    fi
}

# redis WORD...: redis-cli exits with 0 when the server refuses a command, so errors are read.
redis() {
    local reply
    reply=$(timeout 5 redis-cli "${tls[@]}" --user "$CACHE_USERNAME" -e "$@") || { printf '%s\n' "$reply"; return 1; }
    printf '%s\n' "$reply"
}

unauthenticated() {
    local reply
    reply=$(REDISCLI_AUTH='' timeout 5 redis-cli "${tls[@]}" -h "$CACHE_HOST" -p "$CACHE_PORT" ping 2>&1)
    [[ $reply == *NOAUTH* ]] || { printf 'a client without a password got: %s\n' "$reply"; return 1; }
}

cache_in_clear() {
    local reply
    reply=$(timeout 5 redis-cli -h "$CACHE_HOST" -p "$CACHE_PORT" ping 2>&1)
    [[ $reply != *PONG* ]] || { printf 'a client without TLS got: %s\n' "$reply"; return 1; }
}

write() { redis -h "$CACHE_HOST" -p "$CACHE_PORT" set "$key" written EX 120; }

read_back() {
    local value
    value=$(redis -h "$CACHE_READER_HOST" -p "$CACHE_READER_PORT" get "$key") || { printf '%s\n' "$value"; return 1; }
    [ "$value" = written ] || { printf 'read %s, not what was written\n' "${value:-nothing}"; return 1; }
}

check "resolve $SERVICE_NAME" resolve
check "database: log in as $PGUSER, write and read a row" database
check "database: read on $PGREADERHOST" database_replica
check "database: refuse a client without TLS" database_in_clear
check "cache: refuse a client without a password" unauthenticated
check "cache: refuse a client without TLS" cache_in_clear
check "cache: authenticate and write on $CACHE_HOST" write
check "cache: read on $CACHE_READER_HOST" read_back

if ((failed)); then
    echo "The platform can't be used from inside the cluster: see the lines above."
    exit 1
fi
echo "All checks passed."
