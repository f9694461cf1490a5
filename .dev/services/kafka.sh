# Private Apache Kafka: one node that is broker and controller (KRaft), plain Java on the released jars.
# The jars are named by .dev/kafka/pom.xml and fetched once by Maven into .data/kafka/libs/<checksum of the pom>.

kafka_use_callers() { [[ -n ${SEIKETSU_TEST_KAFKA_BROKERS-} ]]; }

kafka_prepare() {
  kafka_java=$(find_java) ||
    die "Java 17 or newer not found; run .dev/setup test, or set SEIKETSU_TEST_KAFKA_BROKERS to a broker of yours"
  kafka_fetch
  mkdir "$dir/kafka"
  kafka_configure
  kafka_format || fail_with_log kafka "could not format its log directory"
}

# Fetched beside its final place and then renamed: the folder is whole or absent.
kafka_fetch() {
  local fetched
  kafka_libs=$root/.data/kafka/libs/$(checksum <"$dev/kafka/pom.xml")
  if [[ -d $kafka_libs ]]; then return; fi
  has mvn || die "Maven not found; run .dev/setup test, or set SEIKETSU_TEST_KAFKA_BROKERS to a broker of yours"
  mkdir -p "$root/.data/kafka/libs"
  fetched=$(mktemp -d "$root/.data/kafka/libs/fetching.XXXXXX")
  say "kafka: fetching the jars, once"
  supervise kafka_copy_jars "$fetched" >>"$dir/kafka.log" 2>&1 || { rm -rf "$fetched"; fail_with_log kafka "could not fetch its jars"; }
  chmod 755 "$fetched"
  # Another run may have been first; `mv` would then move into its folder.
  if [[ -d $kafka_libs ]] || ! mv "$fetched" "$kafka_libs"; then rm -rf "$fetched"; fi
}

# Maven's own cache is not safe for two writers, hence one at a time where flock exists.
kafka_copy_jars() {
  local one_at_a_time=()
  if has flock; then one_at_a_time=(flock "$root/.data/kafka/libs/lock"); fi
  ${one_at_a_time[@]+"${one_at_a_time[@]}"} mvn --batch-mode --quiet --strict-checksums --file "$dev/kafka/pom.xml" \
    dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$1"
}

# Ports are chosen at every launch; formatting only reads where the log directory is.
kafka_configure() {
  kafka_port=$(free_port)
  kafka_controller_port=$kafka_port
  while (( kafka_controller_port == kafka_port )); do kafka_controller_port=$(free_port); done
  sed -e "s|@port@|$kafka_port|g" -e "s|@controller_port@|$kafka_controller_port|g" -e "s|@dir@|$dir/kafka|g" \
    "$dev/kafka/server.properties" >"$dir/kafka/server.properties"
}

# The first compiler only: formatting is over before the second one pays.
kafka_format() {
  "$kafka_java" -Xmx128m -XX:TieredStopAtLevel=1 -cp "$kafka_libs/*" \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn kafka.tools.StorageTool format \
    --cluster-id "$(kafka_random_id)" --config "$dir/kafka/server.properties" >>"$dir/kafka.log" 2>&1
}

# A cluster id is 16 random bytes in URL-safe base64 without padding, and must not begin with a dash.
kafka_random_id() { printf 'S%s' "$(head -c 15 /dev/urandom | base64 | tr '+/' '__' | cut -c1-20)g"; }

kafka_launch() {
  kafka_configure
  launch kafka ${bound_to_us[@]+"${bound_to_us[@]}"} "$kafka_java" -Xmx512m -cp "$kafka_libs/*" \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info \
    kafka.Kafka "$dir/kafka/server.properties"
}

# By this server's own log, so that no other server can answer in its place.
kafka_ready() { grep -q 'Kafka Server started' "$dir/kafka.log"; }

kafka_export() { export SEIKETSU_TEST_KAFKA_BROKERS=127.0.0.1:$kafka_port; }

kafka_stop() { kill_and_wait "$kafka_pid"; }
