#!/bin/sh
# Makes the secrets of a compose installation on its first run, each readable by the one service that needs
# it, in the volume at /secrets. What is there already is kept; nothing is printed. Needs only coreutils.
#
# Users: 999 is Postgres in its image, 10001 is Seiketsu (Dockerfile), 472 is Grafana in its image.
set -eu
umask 077
cd /secrets

give() { # file user
    chmod 400 "$1.new"
    chown "$2" "$1.new"
    mv "$1.new" "$1"
}

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

# The password of the database, once for the server and once as the line its clients look it up by.
if [ ! -e pgpass ]; then
    password=$(random)
    printf '%s' "$password" >postgres-password.new
    printf 'postgres:5432:*:seiketsu:%s\n' "$password" >pgpass.new
    give postgres-password 999
    give pgpass 10001
fi

# The Ed25519 key that signs tokens: PKCS#8 is a fixed head (RFC 8410) and 32 random bytes.
if [ ! -e signing-key.pem ]; then
    {
        echo '-----BEGIN PRIVATE KEY-----'
        { printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'; head -c 32 /dev/urandom; } | base64
        echo '-----END PRIVATE KEY-----'
    } >signing-key.pem.new
    give signing-key.pem 10001
fi

if [ ! -e grafana-password ]; then
    random >grafana-password.new
    give grafana-password 472
fi

chmod 711 /secrets
