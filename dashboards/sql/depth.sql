-- How deep conversations of the time range go, of those with at least two participants.
SELECT
    if(handle = '', account_id, handle) AS account,
    part,
    toNullable(toFloat64(conversations)) AS value,
    sum(conversations) OVER (PARTITION BY network, account_id) AS n,
    '' AS words,
    network,
    account_id
FROM
(
    SELECT
        network,
        account_id,
        multiIf(depth <= 2, '2 posts', depth = 3, '3 posts', depth = 4, '4 posts', '5 and more') AS part,
        count() AS conversations
    FROM conversations
    WHERE participants >= 2 AND started_at >= $from AND started_at <= $to
        AND $in(network, network) AND $in(account_id, account)
    GROUP BY
        network,
        account_id,
        part
) AS told
$named
ORDER BY
    account,
    network,
    part
