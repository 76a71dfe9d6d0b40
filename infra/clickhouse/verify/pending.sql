-- Facts and windows beyond the last checkpoint of their partition: a worker that runs will judge them again.
WITH
    heads AS
    (
        SELECT
            network,
            account_id,
            transform(partition, CAST(%(partitions)s, 'Array(UInt32)'), CAST(%(bounds)s, 'Array(UInt64)'), toUInt64(0))
                AS bound
        FROM checkpoints FINAL
        WHERE kind = 'header'
    ),
    stored AS
    (
        SELECT network, account_id, version FROM posts FINAL
        WHERE 1
        UNION ALL
        SELECT network, account_id, version FROM post_stats FINAL
        WHERE 1
        UNION ALL
        SELECT network, account_id, version FROM profiles FINAL
        WHERE 1
        UNION ALL
        SELECT network, account_id, version FROM interactions FINAL
        WHERE 1
        UNION ALL
        SELECT network, account_id, version FROM post_edits FINAL
        WHERE 1
        UNION ALL
        SELECT network, account_id, version FROM deletions FINAL
        WHERE 1
        UNION ALL
        SELECT network, account_id, version FROM account_windows FINAL
    )
SELECT count() AS pending
FROM stored
LEFT JOIN heads ON heads.network = stored.network AND heads.account_id = stored.account_id
WHERE ${place} > if(heads.bound = 0, %(lowest)s, heads.bound)
