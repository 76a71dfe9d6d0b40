-- Messages of a partition whose facts in the tables are not those of the ledger. Late facts may be fewer: of two
-- late tellings the tables keep the first. A replay tells of the same documents at the same offsets. Facts of an
-- erased subject may be missing, as many as there were.
WITH
    heads AS
    (
        SELECT network, account_id
        FROM checkpoints FINAL
        WHERE kind = 'header' AND partition = %(partition)s
    ),
    stored AS
    (
        SELECT version, late FROM posts FINAL
        WHERE (network, account_id) IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT version, late FROM post_stats FINAL
        WHERE (network, account_id) IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT version, late FROM profiles FINAL
        WHERE (network, account_id) IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT version, late FROM interactions FINAL
        WHERE (network, account_id) IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT version, late FROM post_edits FINAL
        WHERE (network, account_id) IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT version, late FROM deletions FINAL
        WHERE (network, account_id) IN (SELECT network, account_id FROM heads)
    )
SELECT
    epoch,
    offset,
    sum(expected_facts) AS expected,
    sum(expected_late) AS expected_late,
    greatest(sum(stored_facts), least(sum(expected_facts), sum(stored_facts) + sum(gone_facts))) AS found,
    sum(stored_late) AS found_late
FROM
(
    SELECT
        epoch,
        offset,
        toInt64(facts) AS expected_facts,
        toInt64(late) AS expected_late,
        toInt64(0) AS stored_facts,
        toInt64(0) AS stored_late,
        toInt64(0) AS gone_facts
    FROM ${ledger_lines}
    UNION ALL
    SELECT
        transform(
            erased_facts.epoch,
            CAST(%(epochs)s, 'Array(UInt8)'),
            CAST(%(bases)s, 'Array(UInt8)'),
            erased_facts.epoch
        ) AS epoch,
        offset,
        toInt64(0) AS expected_facts,
        toInt64(0) AS expected_late,
        toInt64(0) AS stored_facts,
        toInt64(0) AS stored_late,
        toInt64(facts) AS gone_facts
    FROM erased_facts FINAL
    WHERE partition = %(partition)s
    UNION ALL
    SELECT
        transform(
            toUInt8(bitShiftRight(version, 56)) AS epoch_of_fact,
            CAST(%(epochs)s, 'Array(UInt8)'),
            CAST(%(bases)s, 'Array(UInt8)'),
            epoch_of_fact
        ) AS epoch,
        bitAnd(bitShiftRight(version, 16), 1099511627775) AS offset,
        toInt64(0) AS expected_facts,
        toInt64(0) AS expected_late,
        toInt64(NOT late) AS stored_facts,
        toInt64(late) AS stored_late,
        toInt64(0) AS gone_facts
    FROM stored
    WHERE ${place} <= %(bound)s
)
WHERE (epoch, offset) <= (%(epoch)s, %(position)s)
    AND offset >= transform(epoch, CAST(%(kinds)s, 'Array(UInt8)'), CAST(%(kept)s, 'Array(UInt64)'), toUInt64(0))
GROUP BY epoch, offset
HAVING expected != found OR found_late > expected_late
ORDER BY epoch, offset
