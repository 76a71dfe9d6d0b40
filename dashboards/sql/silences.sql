-- The longest times without a headline post or reply to others that ended in the time range, three an account.
SELECT
    if(handle = '', account_id, handle) AS account,
    previous AS time,
    posted_at AS until,
    dateDiff('second', previous, posted_at) AS silent_s,
    network,
    account_id
FROM
(
    SELECT
        network,
        account_id,
        posted_at,
        lagInFrame(toNullable(posted_at)) OVER (
            PARTITION BY network, account_id ORDER BY posted_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS previous
    FROM own_posts
    WHERE (is_headline OR is_answer) AND $in(network, network) AND $in(account_id, account)
) AS told
$named
WHERE isNotNull(previous) AND posted_at >= $from AND posted_at <= $to
ORDER BY
    silent_s DESC,
    time
LIMIT 3 BY
    network,
    account_id
LIMIT 24
