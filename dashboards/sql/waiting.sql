-- Who waits for an answer: those who ask first, of these the latest first, for they are still there.
SELECT
    if(handle = '', account_id, handle) AS account,
    other_handle AS other,
    text,
    if(asks, 'asks', 'says') AS asked,
    waiting_s,
    waiting_since AS time,
    posts,
    if(answered_before, 'yes', 'no') AS known,
    permalink,
    network,
    account_id
FROM
(
    SELECT
        network,
        account_id,
        other_handle,
        text,
        asks,
        waiting_s,
        waiting_since,
        posts,
        answered_before,
        permalink
    FROM inbox
    WHERE waiting_s <= $days * 86400 AND $in(network, network) AND $in(account_id, account)
    ORDER BY
        asks DESC,
        waiting_s,
        other_handle
    LIMIT $limit
) AS waiting
$named
ORDER BY
    asks DESC,
    waiting_s,
    other
