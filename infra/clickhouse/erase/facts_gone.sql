-- How many facts of a subject each message held, before they go. Once its header is gone, this was done before.
INSERT INTO erased_facts (digest, partition, epoch, offset, facts)
SELECT
    %(digest)s,
    heads.partition,
    toUInt8(bitShiftRight(version, 56)) AS epoch,
    bitAnd(bitShiftRight(version, 16), 1099511627775) AS offset,
    uniqExact(version)
FROM
(
    SELECT version, late FROM posts FINAL
    WHERE network = %(network)s AND account_id = %(account)s
    UNION ALL
    SELECT version, late FROM post_stats FINAL
    WHERE network = %(network)s AND account_id = %(account)s
    UNION ALL
    SELECT version, late FROM profiles FINAL
    WHERE network = %(network)s AND account_id = %(account)s
    UNION ALL
    SELECT version, late FROM interactions FINAL
    WHERE network = %(network)s AND account_id = %(account)s
    UNION ALL
    SELECT version, late FROM post_edits FINAL
    WHERE network = %(network)s AND account_id = %(account)s
    UNION ALL
    SELECT version, late FROM deletions FINAL
    WHERE network = %(network)s AND account_id = %(account)s
) AS gone
CROSS JOIN
(
    SELECT partition FROM checkpoints FINAL
    WHERE kind = 'header' AND network = %(network)s AND account_id = %(account)s
) AS heads
WHERE NOT late
GROUP BY heads.partition, epoch, offset
