-- Facts of accounts that were never saved, though every partition is past their version.
WITH
    heads AS
    (
        SELECT network, account_id
        FROM checkpoints FINAL
        WHERE kind = 'header'
    ),
    stored AS
    (
        SELECT network, account_id, id, version FROM posts FINAL
        WHERE (network, account_id) NOT IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT network, account_id, id, version FROM post_stats FINAL
        WHERE (network, account_id) NOT IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT network, account_id, id, version FROM profiles FINAL
        WHERE (network, account_id) NOT IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT network, account_id, id, version FROM interactions FINAL
        WHERE (network, account_id) NOT IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT network, account_id, id, version FROM post_edits FINAL
        WHERE (network, account_id) NOT IN (SELECT network, account_id FROM heads)
        UNION ALL
        SELECT network, account_id, id, version FROM deletions FINAL
        WHERE (network, account_id) NOT IN (SELECT network, account_id FROM heads)
    )
SELECT
    network,
    account_id,
    id,
    version
FROM stored
WHERE ${place} <= %(lowest)s
ORDER BY network, account_id, id, version
