-- Who waits for an answer: one row an other account and conversation of the last 28 days in which a reply to the
-- account or a mention of it came after its last reply to that other there. Oldest first: ORDER BY waiting_s DESC.
CREATE OR REPLACE VIEW inbox
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    conversation String COMMENT 'id of the conversation; where the network tells none, of the top of the chain',
    other String COMMENT 'id of the account that waits',
    other_handle String COMMENT 'its handle then, without @; the id where none was told',
    post String COMMENT 'id of the first post that waits',
    text String COMMENT 'its text, as last edited',
    permalink String COMMENT 'address of that post on its network; empty where it cannot be told',
    asks Bool COMMENT 'any of the posts that wait holds a question',
    posts UInt64 COMMENT 'posts that wait',
    answered_before Bool COMMENT 'the account has replied in this conversation before',
    waiting_since DateTime64(3, 'UTC') COMMENT 'when the first post that waits was posted',
    waiting_s Float64 COMMENT 'how long it has waited, up to the watermark, in seconds'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    units.network AS network,
    units.account_id AS account_id,
    units.conversation AS conversation,
    units.other AS other,
    if(said.author_handle = '', units.other, said.author_handle) AS other_handle,
    units.post AS post,
    if(edits.is_edited, edits.text, said.text) AS text,
    multiIf(
        said.id = '', '',
        units.network = 'x' AND said.author_handle = '', concat('https://x.com/i/status/', said.id),
        units.network = 'x', concat('https://x.com/', said.author_handle, '/status/', said.id),
        units.network = 'bluesky',
            concat('https://bsky.app/profile/', said.author, '/post/', splitByChar('/', said.id)[-1]),
        units.network = 'mastodon' AND said.author_host != '' AND said.author_handle != '',
            concat('https://', said.author_host, '/@', splitByChar('@', said.author_handle)[1], '/', said.id),
        ''
    ) AS permalink,
    units.asks AS asks,
    units.posts AS posts,
    units.answered_before AS answered_before,
    units.since AS waiting_since,
    units.since_s AS waiting_s
FROM
(
    SELECT
        network,
        account_id,
        conversation,
        other,
        waiting_post AS post,
        waiting_asks AS asks,
        waiting_posts AS posts,
        answered_before,
        assumeNotNull(waiting_since) AS since,
        assumeNotNull(waiting_s) AS since_s
    FROM response_units
    WHERE waiting_posts > 0 AND waiting_s <= 28 * 86400 AND NOT startsWith(other, 'erased-')
) AS units
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        author,
        author_handle,
        author_host,
        text
    FROM posts FINAL
    WHERE relation IN ('reply', 'mention')
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS said ON said.network = units.network AND said.account_id = units.account_id AND said.id = units.post
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        1 AS is_edited,
        argMax(post_edits.text, post_edits.occurred_at) AS text
    FROM post_edits FINAL
    GROUP BY
        network,
        account_id,
        id
) AS edits ON edits.network = units.network AND edits.account_id = units.account_id AND edits.id = units.post
COMMENT 'who waits for an answer now';
