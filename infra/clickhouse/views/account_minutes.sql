-- The measures of each account and minute, once each: any tumbling aggregate is a GROUP BY over this view.
CREATE OR REPLACE VIEW account_minutes
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    minute DateTime64(3, 'UTC') COMMENT 'begin of the minute',
${measure_definitions}
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    at AS minute,
${measure_columns}
FROM checkpoints FINAL
WHERE kind = 'minute'
COMMENT 'what happened to an account in a minute: one column a measure';
