-- The others with whom a relationship first reached tier 2, ever: one row each, in the week in which it did, beside
-- the weekly goal of the brand file. The tiers are those of the view relationships.
CREATE OR REPLACE VIEW new_contacts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    week Date COMMENT 'Monday of the ISO week, in the brand''s time zone',
    at DateTime64(3, 'UTC') COMMENT 'when it first reached tier 2',
    other String COMMENT 'id of the other account',
    other_handle String COMMENT 'its handle, the last that was told, without @; the id where none was',
    tag String COMMENT 'what the brand file calls this contact: client, prospect, partner …; empty: nothing',
    tier UInt8 COMMENT 'tier now: 0 to 3',
    other_followers Nullable(Int64) COMMENT 'its followers, last told; how many of them are on topic no source tells; NULL: not told',
    other_on_topic_share Nullable(Float64) COMMENT 'of its posts that were scored the share on topic, 0 to 1; NULL: none was',
    contacts_that_week UInt64 COMMENT 'new contacts of the account in that week',
    weekly_goal Int64 COMMENT 'new contacts a week that the brand file wants; 1 where it says nothing'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS WITH
    (
        SELECT argMax(content, (occurred_at, version))
        FROM brands
    ) AS brand,
    if(JSONExtractString(ifNull(brand, ''), 'time_zone') = '', 'UTC', JSONExtractString(ifNull(brand, ''), 'time_zone'))
        AS time_zone
SELECT
    network,
    account_id,
    account,
    toStartOfWeek(assumeNotNull(contact_since), 1, time_zone) AS week,
    assumeNotNull(contact_since) AS at,
    other,
    other_handle,
    tag,
    tier,
    other_followers,
    if(other_scored_posts = 0, NULL, other_on_topic_posts / other_scored_posts) AS other_on_topic_share,
    count() OVER (PARTITION BY network, account_id, week) AS contacts_that_week,
    if(JSONHas(ifNull(brand, ''), 'goals', 'new_contacts_per_week'),
        JSONExtractInt(ifNull(brand, ''), 'goals', 'new_contacts_per_week'), 1) AS weekly_goal
FROM relationships
WHERE contact_since IS NOT NULL
COMMENT 'relationships that became contacts, by week';
