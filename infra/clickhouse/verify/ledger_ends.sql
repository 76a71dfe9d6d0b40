-- The first and last offset of the ledger in each epoch of a partition (epochs of one topic together), and the
-- first that no TTL can have cut.
SELECT
    epoch,
    min(offset) AS first,
    max(offset) AS last,
    minOrNullIf(offset, toUnixTimestamp(toDateTime(written_at)) >= %(kept_from)s) AS kept,
    countIf(toUnixTimestamp(toDateTime(written_at)) >= %(kept_from)s) AS offsets
FROM ${ledger_lines}
GROUP BY epoch
ORDER BY epoch
