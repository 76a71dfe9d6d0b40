#!/bin/sh
# Start Kafka from server.properties beside this script. The image's own start writes its configuration into the
# image, which is read-only here. The storage is formatted once, with an id of its own.
set -eu

kafka=${KAFKA_HOME:-/opt/kafka}
properties=$(dirname "$0")/server.properties
data=$(sed -n 's/^log\.dirs=//p' "$properties")

if [ ! -f "$data/meta.properties" ]; then
    id=$("$kafka/bin/kafka-storage.sh" random-uuid)
    "$kafka/bin/kafka-storage.sh" format --cluster-id "$id" --config "$properties"
fi
exec "$kafka/bin/kafka-server-start.sh" "$properties"
