-- What the interactions of an account consist of: replies cost the other most, likes least.
SELECT
    account,
    kind_told.1 AS part,
    if(status = 'ok', toFloat64(kind_told.2), NULL) AS value,
    likes + replies + reposts + quotes AS n,
    $words AS words,
    network,
    account_id
FROM
(
    SELECT
        account,
        network,
        account_id,
        likes,
        replies,
        reposts,
        quotes,
        status,
        CAST(NULL, 'Nullable(Int64)') AS needed
    FROM engagement_depth
    WHERE window = if($window = 'all', 'all', '28d') AND $in(network, network) AND $in(account_id, account)
)
ARRAY JOIN [('replies', replies), ('quotes', quotes), ('reposts', reposts), ('likes', likes)] AS kind_told
ORDER BY
    account,
    network
LIMIT 200
