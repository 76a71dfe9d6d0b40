-- Every conversation that concerns an account, with its posts as far as they are known: the id of the network's
-- conversation, else the top of the chain of replies. Reposts are none. ORDER BY last_at DESC shows the latest.
CREATE OR REPLACE VIEW conversations
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    root String COMMENT 'id of the conversation; where the network tells none, of the top of the chain',
    root_known Bool COMMENT 'the post at the top is known, not only its id',
    root_author String COMMENT 'id of the account that began; empty: not told',
    root_handle String COMMENT 'its handle then, without @; empty: not told',
    root_text String COMMENT 'what the first known post said',
    started_at DateTime64(3, 'UTC') COMMENT 'first known post',
    last_at DateTime64(3, 'UTC') COMMENT 'last known post',
    posts UInt64 COMMENT 'known posts',
    own_posts UInt64 COMMENT 'those of the tracked account',
    replies_in UInt64 COMMENT 'replies of others to the tracked account',
    participants UInt64 COMMENT 'distinct authors of the known posts',
    depth UInt32 COMMENT 'known posts on the longest path from the top down, both ends counted',
    turns UInt32 COMMENT 'changes of author along that path, plus 1; of several as long the most',
    author_returned Bool COMMENT 'who began has posted again after somebody else'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    root,
    has_root AS root_known,
    if(has_root, top_author, told_author) AS root_author,
    top_handle AS root_handle,
    first_text AS root_text,
    started_at,
    last_at,
    posts,
    own_posts,
    replies_in,
    participants,
    longest.1 AS depth,
    longest.2 AS turns,
    root_author != '' AND arrayExists(
        (at, author) -> author = root_author AND at > first_other_at,
        said.1,
        said.2
    ) AND first_other_at > toDateTime64(0, 3, 'UTC') AS author_returned
FROM
(
    SELECT
        known.network AS network,
        known.account_id AS account_id,
        chains.conversation AS root,
        max(known.id = chains.conversation) AS has_root,
        anyIf(known.author, known.id = chains.conversation) AS top_author,
        anyIf(known.author_handle, known.id = chains.conversation) AS top_handle,
        ifNull(minIf(known.reply_to_account, ifNull(known.reply_to_post, '') = chains.conversation), '') AS told_author,
        argMin(known.text, (known.occurred_at, known.id)) AS first_text,
        min(known.occurred_at) AS started_at,
        max(known.occurred_at) AS last_at,
        count() AS posts,
        countIf(known.relation = 'own') AS own_posts,
        countIf(known.relation = 'reply') AS replies_in,
        uniqExact(known.author) AS participants,
        max((chains.depth, chains.turns)) AS longest,
        groupArray((known.occurred_at, known.author)) AS said,
        arrayMin(arrayMap(
            one -> if(one.2 = if(has_root, top_author, told_author), toDateTime64('2299-12-31 00:00:00', 3, 'UTC'), one.1),
            said
        )) AS first_other_at
    FROM
    (
        SELECT
            network,
            account_id,
            id,
            occurred_at,
            author,
            author_handle,
            text,
            relation,
            reply_to_post,
            reply_to_account
        FROM posts FINAL
        WHERE kind != 'repost'
        SETTINGS do_not_merge_across_partitions_select_final = 1
    ) AS known
    INNER JOIN reply_chains AS chains
        ON chains.network = known.network AND chains.account_id = known.account_id AND chains.id = known.id
    GROUP BY
        network,
        account_id,
        root
)
COMMENT 'every conversation that concerns an account';
