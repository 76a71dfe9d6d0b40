-- Handles change, ids do not: the handle and the name are the latest that a profile or an own post told.
CREATE OR REPLACE VIEW accounts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    handle String COMMENT 'handle now, without @; empty: never told',
    name String COMMENT 'display name now; empty: never told',
    first_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first event known; NULL: none counted yet',
    last_at Nullable(DateTime64(3, 'UTC')) COMMENT 'last event known; NULL: none counted yet'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    argMaxIf(told_handle, (told_at, is_profile), told_handle != '') AS handle,
    argMaxIf(told_name, told_at, told_name != '') AS name,
    min(known_since) AS first_at,
    max(known_until) AS last_at
FROM
(
    SELECT
        network,
        account_id,
        handle AS told_handle,
        name AS told_name,
        occurred_at AS told_at,
        1 AS is_profile,
        NULL AS known_since,
        NULL AS known_until
    FROM profiles
    WHERE id = account_id
    UNION ALL
    SELECT
        network,
        account_id,
        author_handle,
        '',
        occurred_at,
        0,
        NULL,
        NULL
    FROM posts
    WHERE relation = 'own'
    UNION ALL
    SELECT
        network,
        account_id,
        '',
        '',
        last_at,
        0,
        known_since,
        last_at
    FROM checkpoints FINAL
    WHERE kind = 'header'
)
GROUP BY
    network,
    account_id
COMMENT 'the tracked accounts';
