-- When do posts move people most? Interactions at 24 h per headline post of the last 90 days, by hour of the week
-- of the post in the brand's time zone. An hour holds few posts, so its mean is drawn towards the account's own:
-- (sum + K · mean) / (n + K), where K, the posts' variance within hours over the variance between hours, comes from
-- the account's posts by the method of moments, between 2 and 10,000: Bühlmann and Straub (1970), "Glaubwürdigkeit
-- für Schadensätze", Mitteilungen der Vereinigung schweizerischer Versicherungsmathematiker 70.
CREATE OR REPLACE VIEW hour_of_week
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    at DateTime64(3, 'UTC') COMMENT 'until when the account is known',
    time_zone String COMMENT 'time zone of the brand',
    hour_of_week Int64 COMMENT 'hours since Monday midnight, 0 to 167; hours without a post have no row',
    day_of_week Int64 COMMENT 'day: 1 Monday to 7 Sunday',
    hour Int64 COMMENT 'hour of the day, 0 to 23',
    n Int64 COMMENT 'headline posts of this hour whose counts at 24 h are known',
    interactions Int64 COMMENT 'their interactions at 24 h, added up',
    mean Float64 COMMENT 'interactions per post of this hour as counted',
    shrunk Nullable(Float64) COMMENT 'interactions per post of this hour, drawn towards mean_of_account; NULL: too_few',
    weight Nullable(Float64) COMMENT 'how much the hour itself counts in shrunk, 0 to 1; NULL: too_few',
    mean_of_account Float64 COMMENT 'interactions per post over all hours',
    posts Int64 COMMENT 'posts over all hours',
    status LowCardinality(String) COMMENT 'ok or too_few (below 20 posts over all hours)',
    needed Nullable(Int64) COMMENT 'too_few: how many more posts would do'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS WITH
    (
        SELECT argMax(JSONExtractString(content, 'time_zone'), (occurred_at, version))
        FROM brands
    ) AS brand_zone,
    if(ifNull(brand_zone, '') = '', 'UTC', assumeNotNull(brand_zone)) AS zone_of_brand
SELECT
    network,
    account_id,
    if(handle = '', account_id, handle) AS account,
    at,
    zone_of_brand AS time_zone,
    hour_told.1 AS hour_of_week,
    intDiv(hour_of_week, 24) + 1 AS day_of_week,
    hour_of_week % 24 AS hour,
    hour_told.2 AS n,
    hour_told.3 AS interactions,
    interactions / n AS mean,
    if(status = 'ok', (interactions + strength * mean_of_account) / (n + strength), NULL) AS shrunk,
    if(status = 'ok', n / (n + strength), NULL) AS weight,
    mean_of_account,
    posts,
    if(posts < 20, 'too_few', 'ok') AS status,
    if(posts < 20, 20 - posts, NULL) AS needed
FROM
(
    SELECT
        network,
        account_id,
        max(watermark) AS at,
        groupArray((hour_of_post, posts_of_hour, sum_of_hour)) AS hours_told,
        sum(posts_of_hour) AS posts,
        sum(sum_of_hour) / posts AS mean_of_account,
        sum(sum_of_hour * sum_of_hour / posts_of_hour) AS squares_of_hours,
        if(posts > count(), (sum(squares_of_hour) - squares_of_hours) / (posts - count()), NULL) AS within,
        (squares_of_hours - posts * mean_of_account * mean_of_account - (count() - 1) * within)
            / nullIf(posts - sum(posts_of_hour * posts_of_hour) / posts, 0) AS between_hours,
        if(between_hours > 1e-9, least(greatest(assumeNotNull(within / between_hours), 2), 10000), 10000) AS strength
    FROM
    (
        SELECT
            network,
            account_id,
            max(watermark) AS watermark,
            toInt64((toDayOfWeek(posted_at, 0, zone_of_brand) - 1) * 24 + toHour(posted_at, zone_of_brand))
                AS hour_of_post,
            toInt64(count()) AS posts_of_hour,
            toInt64(sum(headlines.interactions)) AS sum_of_hour,
            toInt64(sum(headlines.interactions * headlines.interactions)) AS squares_of_hour
        FROM matured_headlines AS headlines
        WHERE headlines.measured AND headlines.posted_at >= headlines.watermark - toIntervalDay(90)
        GROUP BY
            network,
            account_id,
            hour_of_post
    )
    GROUP BY
        network,
        account_id
) AS subjects
LEFT JOIN accounts USING (network, account_id)
ARRAY JOIN hours_told AS hour_told
COMMENT 'best time to post, by hour of the week';
