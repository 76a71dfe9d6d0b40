-- Facts keep the first arrival: `precedence` is the inverted version, so a duplicate never replaces what was
-- counted. They are partitioned by the time inside the post's id where it has one, so that a delete or an edit
-- meets its post; a TTL counts from `written_at`, so that an old archive stays.

CREATE TABLE posts
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account that the post concerns',
    id String COMMENT 'id of the post',
    id_at DateTime64(3, 'UTC') COMMENT 'instant inside the id; 1970 where it holds none',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it was posted',
    ingested_at DateTime64(3, 'UTC') COMMENT 'when we saw it',
    author String COMMENT 'id of the author',
    author_handle String COMMENT 'handle of the author then',
    author_host LowCardinality(String) COMMENT 'home server of the author, where the network has several',
    text String COMMENT 'text, links expanded where the source does',
    language LowCardinality(String) COMMENT 'BCP 47 tag as the source tells it',
    reply_to_post Nullable(String) COMMENT 'id of the post replied to',
    reply_to_account Nullable(String) COMMENT 'id of the account replied to; NULL: not told',
    quote_of Nullable(String) COMMENT 'id of the post quoted',
    quote_of_account Nullable(String) COMMENT 'id of the account quoted',
    repost_of Nullable(String) COMMENT 'id of the post reposted',
    repost_of_account Nullable(String) COMMENT 'id of the account reposted',
    conversation Nullable(String) COMMENT 'id of the conversation as the network tells it',
    mentions Array(String) COMMENT 'ids of the accounts mentioned',
    mention_handles Array(String) COMMENT 'their handles then',
    links Array(String) COMMENT 'links, expanded',
    hashtags Array(String) COMMENT 'hashtags without #',
    has_media Bool COMMENT 'picture, video or poll attached',
    followers_at_post Nullable(Int64) COMMENT 'followers of the author when posted',
    acts_told Bool COMMENT 'the source tells every single act on this post',
    kind LowCardinality(String) COMMENT 'original, quote, reply, thread or repost',
    relation LowCardinality(String) COMMENT 'own, or what it is to the account: reply, quote, repost, mention',
    asks Bool COMMENT 'holds a question',
    has_mention Bool COMMENT 'mentions another account',
    has_link Bool COMMENT 'has a link that leaves the network',
    promotional Bool COMMENT 'links an own domain, names an offer or quotes an own promotional post',
    cross_post Bool COMMENT 'only repeats another own channel',
    near_duplicate Bool COMMENT 'equals an own post of the last 28 days but for links, mentions and digits',
    relevance Nullable(Float32) COMMENT 'largest probability of a topic, 0 to 1; NULL: not scored',
    topic LowCardinality(String) COMMENT 'that topic',
    on_topic Bool COMMENT 'relevance reaches the threshold',
    root UInt64 COMMENT 'hash of the id of the root of its thread',
    thread_place UInt16 COMMENT 'own posts of its thread that were known before it',
    adds_link Bool COMMENT 'counts in link_posts',
    adds_promotion Bool COMMENT 'counts in promotional_posts',
    adds_broadcast Bool COMMENT 'counts in broadcast_posts',
    brand LowCardinality(String) COMMENT 'hash of the brand file by which it was judged',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'watermark when it arrived',
    late Bool COMMENT 'arrived later than the allowed lateness: stored, not counted',
    counted Bool COMMENT 'neither late nor withdrawn before it arrived',
    version UInt64 COMMENT 'epoch (8 bits), offset (40), index in the message (16)',
    precedence UInt64 MATERIALIZED bitNot(version),
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYear(id_at)
ORDER BY (network, account_id, id)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;

CREATE TABLE post_stats
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account whose post it is',
    id String COMMENT 'id of the post',
    id_at DateTime64(3, 'UTC') COMMENT 'instant inside the id; 1970 where it holds none',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when the counts were read, or the post''s time if that is unknown',
    final Bool COMMENT 'read at an unknown time, long after',
    ingested_at DateTime64(3, 'UTC') COMMENT 'when we saw it',
    likes Nullable(Int64) COMMENT 'likes; NULL: not told',
    replies Nullable(Int64) COMMENT 'replies; NULL: not told',
    reposts Nullable(Int64) COMMENT 'reposts; NULL: not told',
    quotes Nullable(Int64) COMMENT 'quotes; NULL: not told',
    bookmarks Nullable(Int64) COMMENT 'bookmarks; NULL: not told',
    impressions Nullable(Int64) COMMENT 'impressions; NULL: not told',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'watermark when it arrived',
    late Bool COMMENT 'arrived later than the allowed lateness: stored, not counted',
    version UInt64 COMMENT 'epoch (8 bits), offset (40), index in the message (16)',
    precedence UInt64 MATERIALIZED bitNot(version),
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYear(id_at)
ORDER BY (network, account_id, id, final, occurred_at)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;

CREATE TABLE profiles
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    id String COMMENT 'id of the account described',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it was so',
    ingested_at DateTime64(3, 'UTC') COMMENT 'when we saw it',
    handle String COMMENT 'handle without @',
    name String COMMENT 'display name',
    bio String COMMENT 'what the account says of itself',
    url String COMMENT 'web site given',
    followers Nullable(Int64) COMMENT 'followers; NULL: not told',
    following Nullable(Int64) COMMENT 'accounts followed; NULL: not told',
    posts Nullable(Int64) COMMENT 'posts ever; NULL: not told',
    listed Nullable(Int64) COMMENT 'lists that hold it; NULL: not told',
    created_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when the account was made',
    verified Bool COMMENT 'marked as verified',
    protected Bool COMMENT 'posts visible to approved followers only',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'watermark when it arrived',
    late Bool COMMENT 'arrived later than the allowed lateness: stored, not counted',
    version UInt64 COMMENT 'epoch (8 bits), offset (40), index in the message (16)',
    precedence UInt64 MATERIALIZED bitNot(version),
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (network, account_id, id, occurred_at)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;

CREATE TABLE interactions
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    kind LowCardinality(String) COMMENT 'like, follow, unfollow, click, conversion, effort or vote',
    id String COMMENT 'id of the act',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it happened',
    ingested_at DateTime64(3, 'UTC') COMMENT 'when we saw it',
    actor String COMMENT 'id of the account that acts; empty where nobody is named',
    post String COMMENT 'id of the post acted on; empty where none is',
    amount Nullable(Int64) COMMENT 'conversion: cents; effort: minutes; vote: thousandths; click: 1 if human',
    label String COMMENT 'click: address; conversion: currency; effort: activity',
    channel LowCardinality(String) COMMENT 'conversion and effort: channel',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'watermark when it arrived',
    late Bool COMMENT 'arrived later than the allowed lateness: stored, not counted',
    version UInt64 COMMENT 'epoch (8 bits), offset (40), index in the message (16)',
    precedence UInt64 MATERIALIZED bitNot(version),
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (network, account_id, kind, id)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;

CREATE TABLE post_edits
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    id String COMMENT 'id of the post',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it was edited',
    ingested_at DateTime64(3, 'UTC') COMMENT 'when we saw it',
    text String COMMENT 'text from then on',
    links Array(String) COMMENT 'links from then on, expanded',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'watermark when it arrived',
    late Bool COMMENT 'arrived later than the allowed lateness',
    version UInt64 COMMENT 'epoch (8 bits), offset (40), index in the message (16)',
    precedence UInt64 MATERIALIZED bitNot(version),
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (network, account_id, id, occurred_at)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;

CREATE TABLE deletions
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    id String COMMENT 'id of the thing withdrawn',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it was withdrawn',
    ingested_at DateTime64(3, 'UTC') COMMENT 'when we saw it',
    `of` LowCardinality(String) COMMENT 'post, like, repost, follow or account',
    author String COMMENT 'id of the account whose it was; empty: not told',
    watermark Nullable(DateTime64(3, 'UTC')) COMMENT 'watermark when it arrived',
    late Bool COMMENT 'arrived later than the allowed lateness: stored, not counted',
    counted Bool COMMENT 'counted in deleted_posts when it arrived',
    version UInt64 COMMENT 'epoch (8 bits), offset (40), index in the message (16)',
    precedence UInt64 MATERIALIZED bitNot(version),
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (network, account_id, id)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;

CREATE TABLE matured
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    id String COMMENT 'id of the own post',
    age LowCardinality(String) COMMENT '1h or 24h',
    due_at DateTime64(3, 'UTC') COMMENT 'instant at which it was decided',
    occurred_at DateTime64(3, 'UTC') COMMENT 'when it was posted',
    kind LowCardinality(String) COMMENT 'original, quote or reply',
    relevance Nullable(Float32) COMMENT 'relevance, 0 to 1; NULL: not scored',
    on_topic Bool COMMENT 'relevance reaches the threshold',
    followers Nullable(Int64) COMMENT 'followers at the post; NULL: not known',
    measured Bool COMMENT 'its counts at this age are known',
    likes Nullable(Int64) COMMENT 'likes; NULL: not told',
    replies Nullable(Int64) COMMENT 'replies, less own ones; NULL: not told',
    reposts Nullable(Int64) COMMENT 'reposts; NULL: not told',
    quotes Nullable(Int64) COMMENT 'quotes; NULL: not told',
    impressions Nullable(Int64) COMMENT 'impressions; NULL: not told',
    interactions Nullable(Int64) COMMENT 'sum of likes, replies, reposts and quotes that were told',
    version UInt64 COMMENT 'version of the event that decided it',
    precedence UInt64 MATERIALIZED bitNot(version),
    written_at DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree(precedence)
ORDER BY (network, account_id, id, age)
TTL written_at + INTERVAL ${facts_ttl_days} DAY
SETTINGS index_granularity = 1024;
