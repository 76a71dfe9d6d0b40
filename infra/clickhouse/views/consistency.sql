-- Does the account keep coming back? Presence is a headline post or a reply to somebody else. Weeks are ISO weeks
-- in the brand's time zone: the last 12 that are over, fewer where the account is not known so long. The slope
-- is Theil and Sen's, the median of the slopes of all pairs of weeks, with Sen's interval: Sen (1968), "Estimates
-- of the regression coefficient based on Kendall's tau", JASA 63, https://doi.org/10.1080/01621459.1968.10480934
CREATE OR REPLACE VIEW consistency
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    at DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the last 12 full weeks, or first event known if that is later',
    weeks Int64 COMMENT 'how many of the last 12 full weeks are known, in weeks',
    active_weeks Int64 COMMENT 'of these, weeks with a headline post or a reply to others',
    posts Int64 COMMENT 'headline posts and replies to others in these weeks',
    slope Nullable(Float64) COMMENT 'trend of weekly posts, in posts a week per week; NULL: below 4 weeks',
    slope_low Nullable(Float64) COMMENT 'lower end of its 95% interval; NULL: no honest one',
    slope_high Nullable(Float64) COMMENT 'upper end of its 95% interval; NULL: no honest one',
    longest_gap_days Nullable(Float64) COMMENT 'longest time without presence since from_at, in days, up to now included; NULL: no post ever',
    days_since_last_post Nullable(Float64) COMMENT 'days since the last headline post or reply to others; NULL: no post ever',
    status LowCardinality(String) COMMENT 'ok, too_few (below 4 weeks known) or no_posts',
    needed Nullable(Int64) COMMENT 'too_few: how many more weeks would do'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS WITH
    (
        SELECT argMax(JSONExtractString(content, 'time_zone'), (occurred_at, version))
        FROM brands
    ) AS brand_zone,
    if(ifNull(brand_zone, '') = '', 'UTC', assumeNotNull(brand_zone)) AS time_zone
SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    at,
    from_at,
    weeks,
    toInt64(arrayCount(posts_of_week -> posts_of_week > 0, weekly)) AS active_weeks,
    toInt64(arraySum(weekly)) AS posts,
    if(status = 'ok', (slopes[intDiv(pairs + 1, 2)] + slopes[intDiv(pairs, 2) + 1]) / 2, NULL) AS slope,
    if(status = 'ok' AND outside > 0, slopes[outside], NULL) AS slope_low,
    if(status = 'ok' AND outside > 0, slopes[-outside], NULL) AS slope_high,
    if(is_present, arrayMax(arrayDifference(stations)) / 86400000, NULL) AS longest_gap_days,
    if(is_present, (stations[-1] - toUnixTimestamp64Milli(last_post_at)) / 86400000, NULL) AS days_since_last_post,
    multiIf(NOT is_present, 'no_posts', weeks < 4, 'too_few', 'ok') AS status,
    if(status = 'too_few', 4 - weeks, NULL) AS needed
FROM
(
    SELECT
        network,
        account_id,
        at,
        from_at,
        weeks,
        last_post_at,
        toUnixTimestamp64Milli(last_post_at) > 0 AS is_present,
        arrayMap(
            number -> arraySum(told -> if(told.1 = first_week + 7 * number, told.2, 0), told_weeks),
            range(toUInt64(weeks))
        ) AS weekly,
        arraySort(arrayFlatten(arrayMap(
            later -> arrayMap(
                earlier -> (toFloat64(weekly[later]) - weekly[earlier]) / (later - earlier),
                range(1, later)
            ),
            range(2, toUInt64(weeks) + 1)
        ))) AS slopes,
        toInt64(length(slopes)) AS pairs,
        toInt64(floor((pairs - 1.959963984540054 * sqrt(weeks * (weeks - 1) * (2 * weeks + 5) / 18)) / 2)) AS outside,
        toUnixTimestamp64Milli(from_at) AS begins,
        arraySort(arrayConcat(
            [begins, greatest(toUnixTimestamp64Milli(at), toUnixTimestamp64Milli(last_post_at))],
            arrayFilter(posted_at -> posted_at >= begins, instants)
        )) AS stations
    FROM
    (
        SELECT
            clocks.network AS network,
            clocks.account_id AS account_id,
            clocks.watermark AS at,
            toStartOfWeek(clocks.watermark, 1, time_zone) AS this_week,
            toTimeZone(greatest(toDateTime64(this_week - 84, 3, time_zone), clocks.known_since), 'UTC') AS from_at,
            toStartOfWeek(clocks.known_since - toIntervalMillisecond(1), 1, time_zone) + 7 AS first_full_week,
            toInt64(greatest(least(intDiv(toInt32(this_week) - toInt32(first_full_week), 7), 12), 0)) AS weeks,
            this_week - 7 * weeks AS first_week,
            presence.told_weeks AS told_weeks,
            presence.instants AS instants,
            presence.last_post_at AS last_post_at
        FROM account_clocks AS clocks
        LEFT JOIN
        (
            SELECT
                network,
                account_id,
                groupArray((week, posts_of_week)) AS told_weeks,
                groupArrayArray(posted) AS instants,
                max(last_of_week) AS last_post_at
            FROM
            (
                SELECT
                    network,
                    account_id,
                    toStartOfWeek(posted_at, 1, time_zone) AS week,
                    count() AS posts_of_week,
                    groupArray(toUnixTimestamp64Milli(posted_at)) AS posted,
                    max(posted_at) AS last_of_week
                FROM own_posts
                WHERE is_headline OR is_answer
                GROUP BY
                    network,
                    account_id,
                    week
            )
            GROUP BY
                network,
                account_id
        ) AS presence USING (network, account_id)
    )
) AS measured
LEFT JOIN accounts USING (network, account_id)
COMMENT 'how regularly an account is present';
