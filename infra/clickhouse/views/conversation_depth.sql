-- Do conversations go anywhere? Over 28 days: the depth of those with at least two participants, and the share of
-- headline posts of at least 24 h that somebody answered. A post counts as answered where the network counts a reply
-- of others at 24 h, or one is known; where it tells no counts, only if it tells replies at all.
CREATE OR REPLACE VIEW conversation_depth
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the 28 days',
    at DateTime64(3, 'UTC') COMMENT 'their end: the watermark',
    conversations UInt64 COMMENT 'conversations begun in them, with at least 2 participants',
    depth_mean Nullable(Float64) COMMENT 'mean depth of these, in posts; NULL: none',
    depth_p90 Nullable(UInt32) COMMENT 'depth that 9 of 10 of these do not exceed, in posts; NULL: none',
    turns_mean Nullable(Float64) COMMENT 'mean turns of these; NULL: none',
    returned_conversations UInt64 COMMENT 'those to which who began came back',
    author_returned_share Nullable(Float64) COMMENT 'returned_conversations / conversations, 0 to 1; NULL: none',
    author_returned_low Nullable(Float64) COMMENT 'lower end of its 95% interval (Wilson), 0 to 1',
    author_returned_high Nullable(Float64) COMMENT 'upper end of its 95% interval (Wilson), 0 to 1',
    asked_posts UInt64 COMMENT 'headline posts in them, at least 24 h old, whose replies are told',
    answered_posts UInt64 COMMENT 'those with at least one reply by others',
    answered_share Nullable(Float64) COMMENT 'answered_posts / asked_posts, 0 to 1; NULL: see status',
    answered_low Nullable(Float64) COMMENT 'lower end of its 95% interval (Wilson), 0 to 1',
    answered_high Nullable(Float64) COMMENT 'upper end of its 95% interval (Wilson), 0 to 1',
    answered_status LowCardinality(String) COMMENT 'ok, no_posts, or unknown_input: replies are told for fewer than 80% of the posts'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    now_at - toIntervalDay(28) AS from_at,
    now_at AS at,
    conversations,
    if(conversations = 0, NULL, depth_sum / conversations) AS depth_mean,
    if(conversations = 0, NULL, arraySort(depths)[intDiv(9 * conversations + 9, 10)]) AS depth_p90,
    if(conversations = 0, NULL, turns_sum / conversations) AS turns_mean,
    returned_conversations,
    returned.1 AS author_returned_share,
    returned.2 AS author_returned_low,
    returned.3 AS author_returned_high,
    asked_posts,
    answered_posts,
    if(answered_status = 'ok', answered.1, NULL) AS answered_share,
    if(answered_status = 'ok', answered.2, NULL) AS answered_low,
    if(answered_status = 'ok', answered.3, NULL) AS answered_high,
    multiIf(headline_posts = 0, 'no_posts', asked_posts < 0.8 * headline_posts, 'unknown_input', 'ok') AS answered_status
FROM
(
    SELECT
        network,
        account_id,
        any(now_at) AS now_at,
        sum(facts.conversations) AS conversations,
        sum(facts.depth) AS depth_sum,
        groupArrayIf(facts.depth, facts.conversations = 1) AS depths,
        sum(facts.turns) AS turns_sum,
        sum(facts.returned) AS returned_conversations,
        ${author_returned_share} AS returned,
        countIf(facts.is_headline) AS headline_posts,
        max(facts.tells_replies) AS tells_any,
        countIf(facts.is_replied) AS answered_posts,
        if(tells_any, headline_posts, countIf(facts.is_told)) AS asked_posts,
        ${answered_share} AS answered
    FROM
    (
        SELECT
            begun.network AS network,
            begun.account_id AS account_id,
            greatest(clocks.watermark, clocks.last_at) AS now_at,
            toUInt64(begun.participants >= 2 AND begun.started_at >= now_at - toIntervalDay(28)) AS conversations,
            if(conversations = 1, begun.depth, 0) AS depth,
            if(conversations = 1, begun.turns, 0) AS turns,
            conversations = 1 AND begun.author_returned AS returned,
            false AS is_headline,
            false AS is_told,
            false AS is_replied,
            begun.replies_in > 0 AS tells_replies
        FROM conversations AS begun
        INNER JOIN account_clocks AS clocks
            ON clocks.network = begun.network AND clocks.account_id = begun.account_id
        UNION ALL
        SELECT
            own.network,
            own.account_id,
            greatest(clocks.watermark, clocks.last_at) AS now_at,
            0,
            0,
            0,
            false,
            own.posted_at >= now_at - toIntervalDay(28) AND own.posted_at <= now_at - toIntervalDay(1) AS is_headline,
            is_headline AND (own.replies_24h IS NOT NULL OR replies.known > 0) AS is_told,
            is_headline AND (ifNull(own.replies_24h, 0) > 0 OR replies.known > 0) AS is_replied,
            false
        FROM post_facts AS own
        INNER JOIN account_clocks AS clocks
            ON clocks.network = own.network AND clocks.account_id = own.account_id
        LEFT JOIN
        (
            SELECT
                inbound.network AS network,
                inbound.account_id AS account_id,
                inbound.parent AS parent,
                count() AS known
            FROM
            (
                SELECT
                    network,
                    account_id,
                    id,
                    ifNull(reply_to_post, '') AS parent
                FROM posts FINAL
                WHERE relation = 'reply'
                SETTINGS do_not_merge_across_partitions_select_final = 1
            ) AS inbound
            INNER JOIN reply_chains AS kept
                ON kept.network = inbound.network AND kept.account_id = inbound.account_id AND kept.id = inbound.id
            GROUP BY
                network,
                account_id,
                parent
        ) AS replies ON replies.network = own.network AND replies.account_id = own.account_id AND replies.parent = own.id
        WHERE own.kind IN ('original', 'quote')
    ) AS facts
    GROUP BY
        network,
        account_id
) AS sums
LEFT JOIN accounts USING (network, account_id)
COMMENT 'how deep conversations go, and how many posts are answered';
