-- The posts that tell most about each incident of the time range.
SELECT
    told.account AS account,
    $shown AS shown,
    facts.text AS text,
    facts.interactions_24h AS interactions,
    told.expected AS expected,
    facts.posted_at AS time,
    facts.permalink AS permalink,
    network,
    account_id
FROM
(
    SELECT
        network,
        account_id,
        account,
        state,
        expected,
        began_at,
        arrayJoin(arraySlice(telling, 1, 3)) AS id
    FROM incidents
    WHERE alert = 'engagement' AND began_at <= $to AND ifNull(ended_at, $to) >= $from
        AND $in(network, network) AND $in(account_id, account)
) AS told
INNER JOIN
(
    SELECT
        network,
        account_id,
        id,
        text,
        interactions_24h,
        posted_at,
        permalink
    FROM post_facts
    WHERE $in(network, network) AND $in(account_id, account)
) AS facts USING (network, account_id, id)
ORDER BY
    told.began_at DESC,
    time DESC
LIMIT 15
