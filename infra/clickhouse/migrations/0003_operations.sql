-- What the operator needs: every offset accounted for, every document that could not be counted, every version
-- of the brand, where each source stands, and what each part says of itself.

CREATE TABLE batches
(
    epoch UInt8 COMMENT 'epoch of the log',
    partition UInt32 COMMENT 'partition of the topic',
    offset UInt64 COMMENT 'offset of the message',
    documents UInt32 COMMENT 'documents in it',
    facts UInt32 COMMENT 'documents that became facts and were counted',
    duplicates UInt32 COMMENT 'documents already known',
    late UInt32 COMMENT 'documents stored but too late to be counted',
    dead UInt32 COMMENT 'documents that went to the dead letters',
    control UInt32 COMMENT 'ticks, brands and gaps',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY (epoch, partition, offset)
TTL toDateTime(written_at) + INTERVAL ${facts_ttl_days} DAY;

CREATE TABLE dead_letters
(
    epoch UInt8 COMMENT 'epoch of the log; 0 for what never reached it',
    partition UInt32 COMMENT 'partition of the topic',
    offset UInt64 COMMENT 'offset of the message',
    `index` UInt32 COMMENT 'index of the document in its message',
    source LowCardinality(String) COMMENT 'part that refused it: worker, or the name of a source',
    place String COMMENT 'where it stood: file and line, or topic, partition and offset',
    reason String COMMENT 'why it can never be counted',
    document String COMMENT 'its first 1,000 characters',
    at DateTime64(3, 'UTC') COMMENT 'when it was refused',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (epoch, partition, offset, `index`, source, place)
TTL written_at + INTERVAL 90 DAY;

CREATE TABLE brands
(
    hash String COMMENT 'name of the version: 16 hexadecimal digits',
    content String COMMENT 'the brand file as JSON',
    occurred_at DateTime64(3, 'UTC') COMMENT 'from when on it holds',
    partition UInt32 COMMENT 'partition in which it was met',
    version UInt64 COMMENT 'its place in that partition',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (hash, partition, version);

CREATE TABLE ingest_gaps
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    source LowCardinality(String) COMMENT 'source that was not listening',
    id String COMMENT 'id of the gap',
    from_at DateTime64(3, 'UTC') COMMENT 'from when',
    until_at DateTime64(3, 'UTC') COMMENT 'until when',
    reason String COMMENT 'why',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (network, source, id);

CREATE TABLE source_cursors
(
    source String COMMENT 'source, or another thing that ingest must remember',
    cursor String COMMENT 'where it stands',
    saved_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(saved_at)
ORDER BY source;

CREATE TABLE topics
(
    topic String COMMENT 'name of the topic that holds the log',
    topic_id String COMMENT 'identity that the broker gave it',
    epoch UInt8 COMMENT 'epoch that began with it',
    partitions UInt32 COMMENT 'partitions that it has',
    opened_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(opened_at)
ORDER BY (topic, epoch);

CREATE TABLE pipeline_stats
(
    at DateTime64(3, 'UTC') COMMENT 'when it was so',
    part LowCardinality(String) COMMENT 'ingest, worker, …',
    partition Int32 COMMENT 'partition of the topic; -1: the part as a whole',
    name LowCardinality(String) COMMENT 'name of the figure',
    value Float64 COMMENT 'its value'
)
ENGINE = MergeTree
ORDER BY (part, name, partition, at)
TTL toDateTime(at) + INTERVAL 30 DAY;
