-- Followers gained or lost between the first and the last time that they were told in a window, and what the
-- profile showed last. The windows end at the watermark, in metrics at the last step before it. No interval: two
-- readings of a counter are no sample.
CREATE OR REPLACE VIEW follower_growth
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    window LowCardinality(String) COMMENT 'length of the window before at: 1h, 24h, 7d, 28d, or all that is known',
    at DateTime64(3, 'UTC') COMMENT 'end of the window, itself outside it: until when the account is known',
    net_follower_growth Nullable(Int64) COMMENT 'followers at last_at less followers at first_at; NULL: see status',
    first_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when followers were first told in the window; NULL: never',
    first_followers Nullable(Int64) COMMENT 'followers then',
    last_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when they were last told in the window; NULL: never',
    last_followers Nullable(Int64) COMMENT 'followers then',
    n Int64 COMMENT 'times that followers were told in the window',
    status LowCardinality(String) COMMENT 'ok, too_few (told once: no difference) or unknown_input (not told in the window)',
    needed Nullable(Int64) COMMENT 'too_few: how many more readings would do',
    followers Nullable(Int64) COMMENT 'followers as last told, whatever the window; NULL: never told',
    followers_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when that was',
    following Nullable(Int64) COMMENT 'accounts followed, as last told; NULL: never told',
    following_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when that was',
    listed Nullable(Int64) COMMENT 'lists that hold the account, as last told; NULL: never told',
    listed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when that was',
    posts_total Nullable(Int64) COMMENT 'posts ever, as the profile last told; NULL: never told',
    posts_total_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when that was'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    window,
    at,
    if(n >= 2, last.2 - first.2, NULL) AS net_follower_growth,
    if(n = 0, NULL, first.1) AS first_at,
    if(n = 0, NULL, first.2) AS first_followers,
    if(n = 0, NULL, last.1) AS last_at,
    if(n = 0, NULL, last.2) AS last_followers,
    n,
    multiIf(n = 0, 'unknown_input', n = 1, 'too_few', 'ok') AS status,
    if(n = 1, toInt64(1), NULL) AS needed,
    followers,
    followers_at,
    following,
    following_at,
    listed,
    listed_at,
    posts_total,
    posts_total_at
FROM
(
    SELECT
        network,
        account_id,
        window,
        watermark AS at,
        arrayFilter(
            reading -> days = 0
                OR (reading.1 < watermark AND reading.1 >= watermark - toIntervalHour(toInt32(24 * days))),
            profiles_told.readings
        ) AS inside,
        toInt64(length(inside)) AS n,
        inside[1] AS first,
        inside[-1] AS last,
        profiles_told.followers AS followers,
        profiles_told.followers_at AS followers_at,
        profiles_told.following AS following,
        profiles_told.following_at AS following_at,
        profiles_told.listed AS listed,
        profiles_told.listed_at AS listed_at,
        profiles_told.posts_total AS posts_total,
        profiles_told.posts_total_at AS posts_total_at
    FROM
    (
        SELECT
            network,
            account_id,
            watermark,
            length_of.1 AS window,
            length_of.2 AS days
        FROM account_clocks
        ARRAY JOIN [('1h', 1 / 24), ('24h', 1.), ('7d', 7.), ('28d', 28.), ('all', 0.)] AS length_of
    ) AS subjects
    LEFT JOIN
    (
        SELECT
            network,
            account_id,
            arraySort(groupArrayIf((told.occurred_at, assumeNotNull(told.followers)), isNotNull(told.followers)))
                AS readings,
            argMax(told.followers, told.occurred_at) AS followers,
            maxIf(toNullable(told.occurred_at), isNotNull(told.followers)) AS followers_at,
            argMax(told.following, told.occurred_at) AS following,
            maxIf(toNullable(told.occurred_at), isNotNull(told.following)) AS following_at,
            argMax(told.listed, told.occurred_at) AS listed,
            maxIf(toNullable(told.occurred_at), isNotNull(told.listed)) AS listed_at,
            argMax(told.posts, told.occurred_at) AS posts_total,
            maxIf(toNullable(told.occurred_at), isNotNull(told.posts)) AS posts_total_at
        FROM profiles AS told FINAL
        WHERE id = account_id AND NOT late
        GROUP BY
            network,
            account_id
    ) AS profiles_told USING (network, account_id)
) AS windows
LEFT JOIN accounts USING (network, account_id)
COMMENT 'net follower growth by window, and what the profile showed last';
