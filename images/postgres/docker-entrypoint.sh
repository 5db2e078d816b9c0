#!/bin/bash
# Makes the database on the first start, then runs the server as the user postgres.
# Settings (those of the official image): POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE,
# POSTGRES_USER[_FILE], POSTGRES_DB[_FILE], POSTGRES_INITDB_ARGS, POSTGRES_HOST_AUTH_METHOD, PGDATA,
# and *.sql and *.sh files in /docker-entrypoint-initdb.d.
set -euo pipefail

fail() {
  echo "postgres: $*" >&2
  exit 1
}

# setting NAME DEFAULT: the value of NAME, or of the file that NAME_FILE names.
setting() {
  local file="${1}_FILE"
  if [[ -n ${!1:-} && -n ${!file:-} ]]; then fail "$1 and $file are both set; keep one"; fi
  if [[ -n ${!file:-} ]]; then cat -- "${!file}"; else printf %s "${!1:-$2}"; fi
}

# A first start that was cut short must not be taken for a database: everything is made in a
# folder within PGDATA (same file system), moved up, and PG_VERSION comes last.
initialise() {
  local new=$PGDATA/.initialising password user database method
  password=$(setting POSTGRES_PASSWORD "")
  user=$(setting POSTGRES_USER postgres)
  database=$(setting POSTGRES_DB "$user")
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [[ -z $password && $method != trust ]]; then
    fail "no database yet, and no password for it: set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD"
  fi
  if [[ -d $new ]]; then
    echo "postgres: the last first start was cut short; starting over"
    find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
  elif [[ -n $(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit) ]]; then
    fail "$PGDATA holds files, but no database; give an empty volume"
  fi
  mkdir -m 700 "$new"
  local -a arguments=()
  # Split as a shell would, quotes included, without running anything in it.
  if [[ -n ${POSTGRES_INITDB_ARGS:-} ]]; then
    readarray -t arguments < <(xargs -n 1 printf '%s\n' <<< "$POSTGRES_INITDB_ARGS")
  fi
  initdb -D "$new" --username="$user" --auth-local=trust --auth-host=scram-sha-256 \
    ${password:+--pwfile=<(printf '%s\n' "$password")} "${arguments[@]}"
  printf '\nhost all all all %s\n' "$method" >> "$new/pg_hba.conf"

  # Listening on the socket only: nobody can connect before it is finished.
  pg_ctl -D "$new" -w -s -o "-c listen_addresses=''" start
  if [[ $database != postgres ]]; then
    psql -v ON_ERROR_STOP=1 -X -q -U "$user" -d postgres -v name="$database" \
      <<< 'CREATE DATABASE :"name";'
  fi
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sql) psql -v ON_ERROR_STOP=1 -X -U "$user" -d "$database" -f "$script" ;;
      *.sh)
        POSTGRES_USER=$user POSTGRES_DB=$database PGUSER=$user PGDATABASE=$database \
          bash "$script"
        ;;
    esac
  done
  pg_ctl -D "$new" -w -s -m fast stop

  find "$new" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
  sync -f "$PGDATA"
  mv "$new/PG_VERSION" "$PGDATA/"
  sync -f "$PGDATA"
  echo "postgres: the database $database is made"
}

if [[ ${1:-} == -* ]]; then set -- postgres "$@"; fi
if [[ ${1:-} != postgres ]]; then exec "$@"; fi

if [[ $(id -u) == 0 ]]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  find "$PGDATA" ! -user postgres -exec chown postgres:postgres {} +
  # A password file may be readable by root alone; hand its content on, then drop root.
  if [[ -n ${POSTGRES_PASSWORD_FILE:-} && ! -s $PGDATA/PG_VERSION ]]; then
    POSTGRES_PASSWORD=$(setting POSTGRES_PASSWORD "")
    export POSTGRES_PASSWORD
    unset POSTGRES_PASSWORD_FILE
  fi
  export HOME=/var/lib/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi

if [[ ! -s $PGDATA/PG_VERSION ]]; then initialise; fi
rmdir "$PGDATA/.initialising" 2> /dev/null || true
unset POSTGRES_PASSWORD PGPASSWORD
exec "$@"
