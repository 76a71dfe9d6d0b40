-- Whom to turn to: the other who acted most towards the account in the last 28 days without being a contact yet.
SELECT
    account,
    other_handle AS name,
    concat(
        if(replies_in > 0, concat(toString(replies_in), if(replies_in = 1, ' reply', ' replies'), ' to you'), ''),
        if(replies_in > 0 AND mentions_in > 0, ', ', ''),
        if(mentions_in > 0, concat(toString(mentions_in), if(mentions_in = 1, ' mention', ' mentions')), ''),
        if(replies_in + mentions_in > 0 AND quotes_in > 0, ', ', ''),
        if(quotes_in > 0, concat(toString(quotes_in), if(quotes_in = 1, ' quote', ' quotes')), ''),
        if(other_on_topic_posts > 0, concat(', ', toString(other_on_topic_posts), ' on topic'), ''),
        '; you answered ',
        multiIf(replies_out = 0, 'never', replies_out = 1, 'once', concat(toString(replies_out), ' times'))
    ) AS why,
    other_followers AS followers,
    last_in_at AS time,
    $address AS address,
    network,
    account_id
FROM relationships
WHERE tier < 2 AND replies_in + mentions_in + quotes_in > 0 AND last_in_at >= watermark - toIntervalDay(28)
    AND $in(network, network) AND $in(account_id, account)
ORDER BY
    other_on_topic_posts > 0 DESC,
    replies_in + mentions_in + quotes_in + 0.5 * reposts_in + 0.25 * likes_in DESC,
    followers DESC NULLS LAST,
    name
LIMIT 1 BY
    network,
    account_id
LIMIT 8
