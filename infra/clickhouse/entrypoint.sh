#!/bin/sh
# Give ClickHouse the SHA-256 of its users' passwords (users.d takes them from the environment), then start it:
#   entrypoint.sh COMMAND...
# The passwords are files; they stand in no command line and in no container's configuration.
set -eu

secrets=${RAPPORT_SECRETS:-/run/secrets}

for user in migrate writer reader; do
    file=$secrets/clickhouse_${user}_password
    name=RAPPORT_CLICKHOUSE_$(printf %s "$user" | tr '[:lower:]' '[:upper:]')_PASSWORD
    if [ ! -r "$file" ]; then
        echo "rapport: the file of ${name}_FILE cannot be read by user $(id -u): chmod 444 it" >&2
        exit 2
    fi
    password=$(cat "$file") # without the newlines at its end, as Rapport reads it
    if [ "${#password}" -lt 12 ]; then
        echo "rapport: the password in the file of ${name}_FILE has fewer than 12 characters" >&2
        exit 2
    fi
    hash=$(printf %s "$password" | sha256sum)
    export "${name}_SHA256=${hash%% *}"
done
unset password

exec "$@"
