# The image of every role: `docker run seiketsu serve`, `relay`, `project`, `migrate`, …
#
# Dependencies are compiled in a layer of their own, from the manifests alone, so that a change of our code
# does not compile them again. The result runs as an unprivileged user, writes nothing to its root file
# system, and holds no compiler and no package added to the base.

ARG RUST_VERSION=1.95
ARG DEBIAN=bookworm

# ---- manifests: the workspace with every source file emptied, so that it changes with the manifests only ----
FROM rust:${RUST_VERSION}-${DEBIAN} AS manifests
WORKDIR /src
COPY . .
RUN find . -type f ! -name Cargo.toml ! -name Cargo.lock ! -name lib.rs ! -name main.rs ! -path './benches/*.rs' -delete \
 && find . -name '*.rs' -exec sh -c 'echo "fn main() {}" > "$1"' empty {} \;

# ---- dependencies: librdkafka is compiled here too; the base image has the C compiler it takes --------------
FROM rust:${RUST_VERSION}-${DEBIAN} AS dependencies
WORKDIR /src
COPY --from=manifests /src .
RUN cargo build --release --locked --bin seiketsu

# ---- build: our code; touched, since cargo compares times and the emptied files are newer -------------------
FROM dependencies AS build
COPY . .
RUN find . -name '*.rs' -exec touch {} + \
 && cargo build --release --locked --bin seiketsu

# ---- the image ---------------------------------------------------------------------------------------------
FROM debian:${DEBIAN}-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/target/release/seiketsu /usr/local/bin/seiketsu
USER 10001:10001
# A `seiketsu.toml` mounted here is read.
WORKDIR /etc/seiketsu
# Containers are reached from outside themselves.
ENV SEIKETSU__HTTP__BIND=0.0.0.0:8080 \
    SEIKETSU__TELEMETRY__FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["seiketsu", "healthcheck", "http://127.0.0.1:8080/api/health/ready"]
ENTRYPOINT ["seiketsu"]
CMD ["serve"]
