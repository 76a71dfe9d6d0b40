-- What is wrong with the pipeline, as `rapport alerts watch` saw it: which incidents are on, so that each is told once
-- though the watch was started again in between.

CREATE TABLE pipeline_incidents
(
    rule LowCardinality(String) COMMENT 'id of the rule that tells it, as in the runbook',
    part String COMMENT 'network, partition or source that it is about',
    began_at DateTime64(3, 'UTC') COMMENT 'from when on it is so, or when it was seen first',
    is_on Bool COMMENT 'it was so when the watch looked last',
    at DateTime64(3, 'UTC') COMMENT 'when that was seen',
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (rule, part);
