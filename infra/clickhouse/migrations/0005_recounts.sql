-- Minutes that were set anew from the facts, through the log: late facts counted, withdrawn ones not. All
-- recounts of a minute stay, so that what each of them knew can be told.

CREATE TABLE recounts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    minute DateTime64(3, 'UTC') COMMENT 'begin of the minute',
    upto UInt64 COMMENT 'version of the last document whose facts it counts',
    facts_written_at DateTime COMMENT 'when the oldest of its facts was stored; 1970: it has none',
    recounted_at DateTime64(3, 'UTC') COMMENT 'when it was recounted',
    version UInt64 COMMENT 'its place in the log: epoch (8 bits), offset (40), index in the message (16)',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (network, account_id, minute, version)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;
