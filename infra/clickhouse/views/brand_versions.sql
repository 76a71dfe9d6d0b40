-- Every version of the brand file that the log holds, once.
CREATE OR REPLACE VIEW brand_versions
(
    hash String COMMENT 'name of the version: 16 hexadecimal digits',
    from_at DateTime64(3, 'UTC') COMMENT 'from when on it holds, first time',
    last_at DateTime64(3, 'UTC') COMMENT 'from when on it holds, last time',
    time_zone String COMMENT 'time zone of days and weeks',
    content String COMMENT 'the brand file as JSON'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    hash,
    min(occurred_at) AS from_at,
    max(occurred_at) AS last_at,
    if(JSONExtractString(any(brands.content), 'time_zone') = '', 'UTC', JSONExtractString(any(brands.content), 'time_zone'))
        AS time_zone,
    any(brands.content) AS content
FROM brands FINAL
GROUP BY hash
COMMENT 'the versions of the brand file';
