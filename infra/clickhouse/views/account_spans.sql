-- One row an account and span of time that the views on posts add up over: the last 28 days, and all that is known.
-- `window` is a plain String, as what it is joined with: of another type, the filter by account stops at the join.
CREATE OR REPLACE VIEW account_spans
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    window String COMMENT '28d: the 28 days up to at; all: everything known',
    from_at DateTime64(3, 'UTC') COMMENT 'begin of the span; all: first event known',
    at DateTime64(3, 'UTC') COMMENT 'until when the account is known'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    window,
    if(window = '28d', watermark - toIntervalDay(28), known_since) AS from_at,
    watermark AS at
FROM account_clocks
ARRAY JOIN ['28d', 'all'] AS window
COMMENT 'each account by 28 days and by all that is known';
