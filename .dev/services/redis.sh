# Private Redis: nothing is kept.

redis_use_callers() { [[ -n ${SEIKETSU_TEST_REDIS_URL-} ]]; }

redis_prepare() {
  has redis-server || die "redis-server not found; run .dev/setup test, or set SEIKETSU_TEST_REDIS_URL to a server of yours"
  mkdir "$dir/redis"
}

redis_launch() {
  redis_port=$(free_port)
  launch redis ${bound_to_us[@]+"${bound_to_us[@]}"} redis-server --bind 127.0.0.1 --port "$redis_port" \
    --dir "$dir/redis" --save '' --appendonly no --daemonize no
}

# By this server's own log, so that no other server can answer in its place.
redis_ready() { grep -q 'Ready to accept connections' "$dir/redis.log"; }

redis_export() { export SEIKETSU_TEST_REDIS_URL=redis://127.0.0.1:$redis_port/0; }

redis_stop() { kill_and_wait "$redis_pid"; }
