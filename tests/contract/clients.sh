# The clients, as a workload would call them: by nothing but its environment. A script of the suite
# follows. Whatever is said on stderr belongs to the answer.
exec 2>&1
export PGCONNECT_TIMEOUT=3

# sql STATEMENT: on the server that takes writes. sql_reader: where reads go.
sql() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --command="$1" < /dev/null
}
sql_reader() { PGHOST=$PGREADERHOST sql "$1"; }

# redis WORD...: on the node that takes writes. redis_reader: where reads go. An error of the
# server is a failure (-e); so is no answer.
redis() {
    REDISCLI_AUTH=$CACHE_PASSWORD timeout 5 redis-cli --tls --cacert "$CACHE_CA_FILE" \
        -h "$CACHE_HOST" -p "$CACHE_PORT" --user "$CACHE_USERNAME" -e "$@" < /dev/null
}
redis_reader() { CACHE_HOST=$CACHE_READER_HOST CACHE_PORT=$CACHE_READER_PORT redis "$@"; }

# opens HOST PORT: whether a TCP connection can be made.
opens() { timeout 3 bash -c 'exec 3<> "/dev/tcp/$1/$2"' - "$1" "$2"; }
