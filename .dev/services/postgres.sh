# Private PostgreSQL: durable as in production, sized for many databases and connections at once.
# Postgres refuses to run as root; as root it runs as the user `postgres`, else `nobody`.

postgres_use_callers() {
  [[ -n ${SEIKETSU_TEST_DATABASE_URL-} ]] || return 1
  postgres_find_programs || true # pgbench and its kind serve a foreign server as well
}

postgres_find_programs() {
  if [[ -z ${SEIKETSU_TEST_PG_BIN-} ]]; then SEIKETSU_TEST_PG_BIN=$(find_pg_bin) || return 1; fi
  export SEIKETSU_TEST_PG_BIN
}

postgres_prepare() {
  postgres_find_programs ||
    die "PostgreSQL server programs not found; run .dev/setup, or set SEIKETSU_TEST_DATABASE_URL to a server of yours"
  postgres_choose_user
  postgres_data=$dir/postgres/data
  postgres_password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  mkdir "$dir/postgres"
  (umask 077 && printf '%s\n' "$postgres_password" >"$dir/postgres/password")
  if (( EUID == 0 )); then chown -R "$postgres_user" "$dir/postgres"; fi
  # In `/`, since the caller's directory may be closed to the server's user.
  (cd / && "${postgres_as_user[@]}" "$SEIKETSU_TEST_PG_BIN/initdb" --pgdata "$postgres_data" --username seiketsu \
    --pwfile "$dir/postgres/password" --auth scram-sha-256 --encoding UTF8 --locale C --no-sync) \
    >>"$dir/postgres.log" 2>&1 || fail_with_log postgres "could not create its data directory"
  postgres_settings >>"$postgres_data/postgresql.conf"
}

# Sets the prefix that runs a program as the server's user and ends it with this script.
postgres_choose_user() {
  postgres_user=$(id -un)
  postgres_as_user=(env ${bound_to_us[@]+"${bound_to_us[@]}"})
  (( EUID == 0 )) || return 0
  has setpriv || die "Postgres does not run as root and setpriv (util-linux) is missing; run as another user"
  postgres_user=postgres
  id "$postgres_user" >/dev/null 2>&1 || postgres_user=nobody
  # The signal is set in the same step as the user: a change of user clears it.
  postgres_as_user=(setpriv --reuid "$postgres_user" --regid "$(id -g "$postgres_user")" --clear-groups --pdeathsig KILL)
}

postgres_settings() {
  cat <<'CONF'

# .dev/services/postgres.sh
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
shared_buffers = 512MB
effective_cache_size = 2GB
work_mem = 16MB
maintenance_work_mem = 128MB
# Durability is what is tested: none of these three is ever off.
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = 4GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
log_lock_waits = on
CONF
}

postgres_launch() {
  postgres_port=$(free_port)
  postgres_url=postgres://seiketsu:$postgres_password@127.0.0.1:$postgres_port/postgres
  launch postgres "${postgres_as_user[@]}" "$SEIKETSU_TEST_PG_BIN/postgres" -D "$postgres_data" -p "$postgres_port"
}

# Asked with this run's password, so that no other server can answer in its place.
postgres_ready() {
  PGCONNECT_TIMEOUT=2 "$SEIKETSU_TEST_PG_BIN/psql" --no-psqlrc --quiet --command 'select 1' "$postgres_url" >/dev/null 2>&1
}

postgres_export() {
  export SEIKETSU_TEST_DATABASE_URL=$postgres_url
  export SEIKETSU_TEST_PG_DATA=$postgres_data
  export SEIKETSU_TEST_PG_OS_USER=$postgres_user
}

# By the pid file, since a test may have restarted the server. Its data goes, so nothing is flushed.
postgres_stop() {
  local pid
  pid=$(head -n 1 "$postgres_data/postmaster.pid" 2>/dev/null || echo "$postgres_pid")
  if [[ -z $pid ]]; then return; fi
  kill -QUIT "$pid" 2>/dev/null || true
  gone_within 10 "$pid" || kill -KILL "$pid" 2>/dev/null || true
}
