-- One row an own post that was not deleted. Edits change the text and the links shown, never what was counted.
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
    late Bool COMMENT 'arrived too late to be counted',
    followers Nullable(Int64) COMMENT 'followers of the account when it posted; NULL: not known',
    status_1h LowCardinality(String) COMMENT 'ok, waiting, unmeasured (nobody told the counts) or not_counted (thread post, repost, late)',
    likes_1h Nullable(Int64) COMMENT 'likes at age 1 h; NULL: not told',
    replies_1h Nullable(Int64) COMMENT 'replies of others at age 1 h; NULL: not told',
    reposts_1h Nullable(Int64) COMMENT 'reposts at age 1 h; NULL: not told',
    quotes_1h Nullable(Int64) COMMENT 'quotes at age 1 h; NULL: not told',
    impressions_1h Nullable(Int64) COMMENT 'impressions at age 1 h; NULL: not told',
    interactions_1h Nullable(Int64) COMMENT 'sum of likes, replies, reposts and quotes that were told at age 1 h',
    status_24h LowCardinality(String) COMMENT 'ok, waiting, unmeasured (nobody told the counts) or not_counted (thread post, repost, late)',
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
        ages.decided_1h AND ages.measured_1h, 'ok',
        ages.decided_1h, 'unmeasured',
        own.late OR own.kind IN ('thread', 'repost'), 'not_counted',
        'waiting'
    ) AS status_1h,
    ages.likes_1h AS likes_1h,
    ages.replies_1h AS replies_1h,
    ages.reposts_1h AS reposts_1h,
    ages.quotes_1h AS quotes_1h,
    ages.impressions_1h AS impressions_1h,
    ages.interactions_1h AS interactions_1h,
    multiIf(
        ages.decided_24h AND ages.measured_24h, 'ok',
        ages.decided_24h, 'unmeasured',
        own.late OR own.kind IN ('thread', 'repost'), 'not_counted',
        'waiting'
    ) AS status_24h,
    ages.likes_24h AS likes_24h,
    ages.replies_24h AS replies_24h,
    ages.reposts_24h AS reposts_24h,
    ages.quotes_24h AS quotes_24h,
    ages.impressions_24h AS impressions_24h,
    ages.interactions_24h AS interactions_24h
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
        countIf(age = '1h') > 0 AS decided_1h,
        countIf(age = '1h' AND measured) > 0 AS measured_1h,
        maxIf(matured.likes, age = '1h') AS likes_1h,
        maxIf(matured.replies, age = '1h') AS replies_1h,
        maxIf(matured.reposts, age = '1h') AS reposts_1h,
        maxIf(matured.quotes, age = '1h') AS quotes_1h,
        maxIf(matured.impressions, age = '1h') AS impressions_1h,
        maxIf(matured.interactions, age = '1h') AS interactions_1h,
        countIf(age = '24h') > 0 AS decided_24h,
        countIf(age = '24h' AND measured) > 0 AS measured_24h,
        maxIf(matured.likes, age = '24h') AS likes_24h,
        maxIf(matured.replies, age = '24h') AS replies_24h,
        maxIf(matured.reposts, age = '24h') AS reposts_24h,
        maxIf(matured.quotes, age = '24h') AS quotes_24h,
        maxIf(matured.impressions, age = '24h') AS impressions_24h,
        maxIf(matured.interactions, age = '24h') AS interactions_24h
    FROM matured FINAL
    GROUP BY
        network,
        account_id,
        id
) AS ages USING (network, account_id, id)
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
COMMENT 'one row an own post: what it says, how it was judged, and its counts at 1 h and 24 h';
