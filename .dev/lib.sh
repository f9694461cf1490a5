# Shared by the scripts of this folder: words to the operator, where programs are found, ports, processes.
# Sourced, never run. Keeps to what bash 3.2 (macOS) understands.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dev=$root/.dev

# Progress goes to standard error: standard output belongs to the command that is run.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
has_all() { local program; for program; do has "$program" || return 1; done; }

# The directory of the programs of a PostgreSQL 15 or newer, server and client: the one on PATH, pg_config's,
# or the newest installed.
find_pg_bin() {
  local dir
  for dir in "$(dirname "$(command -v postgres || echo /nowhere/postgres)")" \
             "$(pg_config --bindir 2>/dev/null || echo /nowhere)" \
             $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV) \
             $(ls -d /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin 2>/dev/null | sort -rV); do
    if is_pg_bin "$dir"; then echo "$dir"; return; fi
  done
  return 1
}

is_pg_bin() { # directory
  local program
  for program in postgres initdb pg_ctl psql pgbench; do [[ -x $1/$program ]] || return 1; done
  (( $("$1/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/') >= 15 ))
}

# A Java 17 or newer, as Kafka 4 needs.
find_java() {
  local java
  for java in "${JAVA_HOME:-/nowhere}/bin/java" "$(command -v java || echo /nowhere)" \
              /opt/homebrew/opt/openjdk/bin/java /usr/local/opt/openjdk/bin/java; do
    if [[ -x $java ]] && (( $(java_major "$java") >= 17 )); then echo "$java"; return; fi
  done
  return 1
}

java_major() { "$1" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p' | grep . || echo 0; }

# The first 16 digits of the SHA-256 of standard input; shasum is what macOS has.
checksum() { if has sha256sum; then sha256sum; else shasum -a 256; fi | cut -c1-16; }

# A port nobody listens on, below the range that outgoing connections draw from.
free_port() {
  local port
  while :; do
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 10000)) # RANDOM repeats itself in subshells
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

alive() { kill -0 "$1" 2>/dev/null; }

# Waits up to a number of seconds for a process to be gone.
gone_within() { # seconds pid
  local deadline=$((SECONDS + $1))
  while alive "$2"; do (( SECONDS < deadline )) || return 1; sleep 0.05; done
}
