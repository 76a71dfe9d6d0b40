-- One row an own post that was not deleted. Edits change the text and the links shown, never what was counted.
-- All its tables are sorted by the same key, so that merging them needs little memory, however many posts.
CREATE OR REPLACE VIEW post_facts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'its handle when it posted, without @; the id where none was told',
    id String COMMENT 'id of the post',
    posted_at DateTime64(3, 'UTC') COMMENT 'when it was posted',
    kind LowCardinality(String) COMMENT 'original, quote, reply, thread or repost',
    text String COMMENT 'text, as last edited',
    edited_at Nullable(DateTime64(3, 'UTC')) COMMENT 'last edit; NULL: none',
    permalink String COMMENT 'address of the post on its network; empty where it cannot be told',
    links Array(String) COMMENT 'links, expanded, as last edited',
    language LowCardinality(String) COMMENT 'BCP 47 tag as the source tells it',
    relevance Nullable(Float32) COMMENT 'largest probability of a topic of the brand, 0 to 1; NULL: not scored',
    topic LowCardinality(String) COMMENT 'that topic',
    on_topic Bool COMMENT 'relevance reaches the threshold',
    promotional Bool COMMENT 'links an own domain, names an offer or quotes an own promotional post',
    cross_post Bool COMMENT 'only repeats another own channel',
    asks Bool COMMENT 'holds a question',
    has_link Bool COMMENT 'has a link that leaves the network',
    near_duplicate Bool COMMENT 'equals an own post of the last 28 days but for links, mentions and digits',
    late Bool COMMENT 'arrived too late to be counted but by a recount',
    followers Nullable(Int64) COMMENT 'followers of the account when it posted; NULL: not known',
    status_1h LowCardinality(String) COMMENT 'ok, waiting, unmeasured (nobody told the counts) or not_counted (thread post, repost, late and not recounted yet)',
    likes_1h Nullable(Int64) COMMENT 'likes at age 1 h; NULL: not told',
    replies_1h Nullable(Int64) COMMENT 'replies of others at age 1 h; NULL: not told',
    reposts_1h Nullable(Int64) COMMENT 'reposts at age 1 h; NULL: not told',
    quotes_1h Nullable(Int64) COMMENT 'quotes at age 1 h; NULL: not told',
    impressions_1h Nullable(Int64) COMMENT 'impressions at age 1 h; NULL: not told',
    interactions_1h Nullable(Int64) COMMENT 'sum of likes, replies, reposts and quotes that were told at age 1 h',
    status_24h LowCardinality(String) COMMENT 'ok, waiting, unmeasured (nobody told the counts) or not_counted (thread post, repost, late and not recounted yet)',
    likes_24h Nullable(Int64) COMMENT 'likes at age 24 h; NULL: not told',
    replies_24h Nullable(Int64) COMMENT 'replies of others at age 24 h; NULL: not told',
    reposts_24h Nullable(Int64) COMMENT 'reposts at age 24 h; NULL: not told',
    quotes_24h Nullable(Int64) COMMENT 'quotes at age 24 h; NULL: not told',
    impressions_24h Nullable(Int64) COMMENT 'impressions at age 24 h; NULL: not told',
    interactions_24h Nullable(Int64) COMMENT 'sum of likes, replies, reposts and quotes that were told at age 24 h'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    own.network AS network,
    own.account_id AS account_id,
    if(own.author_handle = '', own.account_id, own.author_handle) AS account,
    own.id AS id,
    own.occurred_at AS posted_at,
    own.kind AS kind,
    if(edits.is_edited, edits.text, own.text) AS text,
    if(edits.is_edited, edits.edited_at, NULL) AS edited_at,
    multiIf(
        own.network = 'x' AND own.author_handle = '', concat('https://x.com/i/status/', own.id),
        own.network = 'x', concat('https://x.com/', own.author_handle, '/status/', own.id),
        own.network = 'bluesky',
            concat('https://bsky.app/profile/', own.author, '/post/', splitByChar('/', own.id)[-1]),
        own.network = 'mastodon' AND own.author_host != '' AND own.author_handle != '',
            concat('https://', own.author_host, '/@', splitByChar('@', own.author_handle)[1], '/', own.id),
        ''
    ) AS permalink,
    if(edits.is_edited, edits.links, own.links) AS links,
    own.language AS language,
    own.relevance AS relevance,
    own.topic AS topic,
    own.on_topic AS on_topic,
    own.promotional AS promotional,
    own.cross_post AS cross_post,
    own.asks AS asks,
    own.has_link AS has_link,
    own.near_duplicate AS near_duplicate,
    own.late AS late,
    own.followers_at_post AS followers,
    multiIf(
        at_1h.status != '', at_1h.status,
        own.late OR own.kind IN ('thread', 'repost'), 'not_counted',
        'waiting'
    ) AS status_1h,
    at_1h.likes AS likes_1h,
    at_1h.replies AS replies_1h,
    at_1h.reposts AS reposts_1h,
    at_1h.quotes AS quotes_1h,
    at_1h.impressions AS impressions_1h,
    at_1h.interactions AS interactions_1h,
    multiIf(
        at_24h.status != '', at_24h.status,
        own.late OR own.kind IN ('thread', 'repost'), 'not_counted',
        'waiting'
    ) AS status_24h,
    at_24h.likes AS likes_24h,
    at_24h.replies AS replies_24h,
    at_24h.reposts AS reposts_24h,
    at_24h.quotes AS quotes_24h,
    at_24h.impressions AS impressions_24h,
    at_24h.interactions AS interactions_24h
FROM
(
    SELECT
        network,
        account_id,
        id,
        occurred_at,
        author,
        author_handle,
        author_host,
        text,
        language,
        links,
        followers_at_post,
        kind,
        asks,
        has_link,
        promotional,
        cross_post,
        near_duplicate,
        relevance,
        topic,
        on_topic,
        late
    FROM posts FINAL
    WHERE relation = 'own'
    SETTINGS do_not_merge_across_partitions_select_final = 1
) AS own
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        if(measured, 'ok', 'unmeasured') AS status,
        likes,
        replies,
        reposts,
        quotes,
        impressions,
        interactions
    FROM matured FINAL
    WHERE age = '1h'
) AS at_1h USING (network, account_id, id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        if(measured, 'ok', 'unmeasured') AS status,
        likes,
        replies,
        reposts,
        quotes,
        impressions,
        interactions
    FROM matured FINAL
    WHERE age = '24h'
) AS at_24h USING (network, account_id, id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        1 AS is_edited,
        max(post_edits.occurred_at) AS edited_at,
        argMax(post_edits.text, post_edits.occurred_at) AS text,
        argMax(post_edits.links, post_edits.occurred_at) AS links
    FROM post_edits FINAL
    GROUP BY
        network,
        account_id,
        id
) AS edits USING (network, account_id, id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        id,
        1 AS is_deleted
    FROM deletions FINAL
    WHERE of IN ('post', 'repost')
) AS withdrawn USING (network, account_id, id)
LEFT JOIN
(
    SELECT
        network,
        account_id,
        1 AS is_gone
    FROM deletions FINAL
    WHERE of = 'account' AND (id = account_id OR author = account_id)
    GROUP BY
        network,
        account_id
) AS gone USING (network, account_id)
WHERE withdrawn.is_deleted = 0 AND gone.is_gone = 0
SETTINGS join_algorithm = 'full_sorting_merge'
COMMENT 'one row an own post: what it says, how it was judged, and its counts at 1 h and 24 h';
