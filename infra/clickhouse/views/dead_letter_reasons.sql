-- Why documents were refused: one row a part and reason, with the latest example.
CREATE OR REPLACE VIEW dead_letter_reasons
(
    source LowCardinality(String) COMMENT 'part that refused: worker, or the name of a source',
    reason String COMMENT 'why it can never be counted',
    documents UInt64 COMMENT 'documents refused for it in the last 90 days',
    first_at DateTime64(3, 'UTC') COMMENT 'first of them',
    last_at DateTime64(3, 'UTC') COMMENT 'latest of them',
    place String COMMENT 'where the latest stood: file and line, or topic, partition and offset'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    source,
    reason,
    count() AS documents,
    min(letters.at) AS first_at,
    max(letters.at) AS last_at,
    argMax(letters.place, (letters.at, letters.place)) AS place
FROM dead_letters AS letters FINAL
GROUP BY
    source,
    reason
COMMENT 'why documents were refused';
