-- Interactions weighted by what they cost the other: a reply is more than a like. The weights are those of
-- Twitter's own ranking, as published on 5 April 2023: like 0.5, repost 1, reply 13.5
-- (https://github.com/twitter/the-algorithm-ml/blob/b852108/projects/home/recap/README.md). It weighs
-- probabilities there; we weigh counts. It names none for a quote, which is weighed as a repost. Ratio of sums:
-- a weighted sum over all posts per 1,000 followers at all posts.
CREATE OR REPLACE VIEW engagement_depth
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    window LowCardinality(String) COMMENT '28d: posts that matured in the 28 days up to at; all: everything known',
    at DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    n Int64 COMMENT 'matured headline posts whose followers, likes, replies and reposts are known',
    likes Int64 COMMENT 'likes of these posts at 24 h',
    replies Int64 COMMENT 'replies of others to these posts at 24 h',
    reposts Int64 COMMENT 'reposts of these posts at 24 h',
    quotes Int64 COMMENT 'quotes of these posts at 24 h, where told',
    weight_of_like Float64 COMMENT 'points a like is worth',
    weight_of_reply Float64 COMMENT 'points a reply is worth',
    weight_of_repost Float64 COMMENT 'points a repost is worth',
    weight_of_quote Float64 COMMENT 'points a quote is worth',
    weighted_interactions Float64 COMMENT 'interactions times their weights, in points',
    followers Int64 COMMENT 'followers at each of these posts, added up',
    depth_per_1000_followers Nullable(Float64) COMMENT 'points per post and 1,000 followers; NULL: see status',
    depth_per_interaction Nullable(Float64) COMMENT 'points of the mean interaction: 0.5 if all are likes; NULL: none, or see status',
    status LowCardinality(String) COMMENT 'ok, too_few (without followers), unknown_input (followers, likes, replies or reposts known for less than 80% of the posts) or no_posts'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    window,
    at,
    toInt64(sums.n) AS n,
    toInt64(sums.likes) AS likes,
    toInt64(sums.replies) AS replies,
    toInt64(sums.reposts) AS reposts,
    toInt64(sums.quotes) AS quotes,
    0.5 AS weight_of_like,
    13.5 AS weight_of_reply,
    1. AS weight_of_repost,
    1. AS weight_of_quote,
    weight_of_like * likes + weight_of_reply * replies + weight_of_repost * reposts + weight_of_quote * quotes
        AS weighted_interactions,
    toInt64(sums.followers) AS followers,
    if(status = 'ok', 1000 * weighted_interactions / followers, NULL) AS depth_per_1000_followers,
    if(status = 'ok', weighted_interactions / nullIf(likes + replies + reposts + quotes, 0), NULL)
        AS depth_per_interaction,
    multiIf(
        sums.headlines = 0, 'no_posts',
        n = 0 OR n * 100 < 80 * sums.measured, 'unknown_input',
        followers = 0, 'too_few',
        'ok'
    ) AS status
FROM account_spans
LEFT JOIN
(
    SELECT
        network,
        account_id,
        window,
        count() AS headlines,
        countIf(headline.measured) AS measured,
        countIf(is_told) AS n,
        sumIf(ifNull(headline.likes, 0), is_told) AS likes,
        sumIf(ifNull(headline.replies, 0), is_told) AS replies,
        sumIf(ifNull(headline.reposts, 0), is_told) AS reposts,
        sumIf(ifNull(headline.quotes, 0), is_told) AS quotes,
        sumIf(ifNull(headline.followers, 0), is_told) AS followers
    FROM
    (
        SELECT
            network,
            account_id,
            windows,
            measured,
            likes,
            replies,
            reposts,
            quotes,
            followers,
            measured AND isNotNull(followers) AND isNotNull(likes) AND isNotNull(replies) AND isNotNull(reposts)
                AS is_told
        FROM matured_headlines
    ) AS headline
    ARRAY JOIN windows AS window
    GROUP BY
        network,
        account_id,
        window
) AS sums USING (network, account_id, window)
LEFT JOIN accounts USING (network, account_id)
COMMENT 'what interactions cost those who gave them, per 1,000 followers';
