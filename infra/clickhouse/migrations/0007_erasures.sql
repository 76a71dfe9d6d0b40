-- Who was erased, known by HMACs alone, so that nothing brings them back; how many facts of an erased subject each
-- message held; documents of erased subjects in the ledger, of which nothing else is left; and the work list of an
-- erasure that is under way, empty otherwise. Mutations read whom they are about from that list, since the text of
-- a mutation stays on the disk long after it is done.

CREATE TABLE erasures
(
    digest String COMMENT 'HMAC-SHA-256 of an account, a handle, a post or an act, with the secret of the settings, in hex',
    version UInt64 COMMENT 'the place in the log from which on it is forgotten',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY digest;

CREATE TABLE erased_facts
(
    digest String COMMENT 'the subject that was erased, as in `erasures`',
    partition UInt32 COMMENT 'partition of the topic',
    epoch UInt8 COMMENT 'epoch of the log',
    offset UInt64 COMMENT 'offset of the message',
    facts SimpleAggregateFunction(max, UInt64) COMMENT 'facts of it that were counted; an erasure begun again finds fewer'
)
ENGINE = AggregatingMergeTree
ORDER BY (digest, partition, epoch, offset);

CREATE TABLE erasing
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    what LowCardinality(String) COMMENT 'account, thing (a post or an act), handle or name; talk, short, page and brand: patterns',
    value String COMMENT 'its id or its name; empty for patterns',
    stub String COMMENT 'what stands for it; the pattern itself',
    root UInt64 COMMENT 'hash of the stub''s id, of things'
)
ENGINE = ReplacingMergeTree
ORDER BY (network, what, value);

ALTER TABLE batches ADD COLUMN erased UInt32 COMMENT 'documents of subjects that were erased' AFTER control;
