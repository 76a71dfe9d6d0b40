-- One row an other account and conversation in which it spoke to the tracked account: by a reply to it or a mention
-- of it, never a repost. Answered is what an own reply to that other in that conversation follows, be it in the
-- same millisecond, for some sources tell whole seconds only.
CREATE OR REPLACE VIEW response_units
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    conversation String COMMENT 'id of the conversation; where the network tells none, of the top of the chain',
    other String COMMENT 'id of the other account',
    opened_at DateTime64(3, 'UTC') COMMENT 'its first reply or mention there',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first own reply to it there after that; NULL: none',
    reply_time_s Nullable(Float64) COMMENT 'between the two, in seconds; NULL: not answered',
    observed_s Float64 COMMENT 'how long it was open as far as is known: until the answer, else the watermark, in seconds',
    answered_before Bool COMMENT 'the account has replied to it there, ever',
    waiting_posts UInt64 COMMENT 'posts of the other since the last own reply to it there',
    waiting_post String COMMENT 'id of the first of them; empty: none',
    waiting_asks Bool COMMENT 'any of them holds a question',
    waiting_since Nullable(DateTime64(3, 'UTC')) COMMENT 'when the first of them was posted; NULL: none waits',
    waiting_s Nullable(Float64) COMMENT 'since then, up to the watermark, in seconds; NULL: none waits',
    watermark DateTime64(3, 'UTC') COMMENT 'now, as far as the network is known'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    conversation,
    other,
    opened AS opened_at,
    if(empty(answers), NULL, answers[1]) AS answered_at,
    if(empty(answers), NULL, dateDiff('millisecond', opened_at, answers[1]) / 1000) AS reply_time_s,
    greatest(dateDiff('millisecond', opened_at, if(empty(answers), now_at, answers[1])), 0) / 1000 AS observed_s,
    notEmpty(replied) AS answered_before,
    length(waiting) AS waiting_posts,
    waiting[1].2 AS waiting_post,
    arrayExists(one -> one.3, waiting) AS waiting_asks,
    if(empty(waiting), NULL, waiting[1].1) AS waiting_since,
    if(empty(waiting), NULL, greatest(dateDiff('millisecond', waiting[1].1, now_at), 0) / 1000) AS waiting_s,
    now_at AS watermark
FROM
(
    SELECT
        network,
        account_id,
        conversation,
        other,
        greatest(watermark, last_at) AS now_at,
        opened,
        replied,
        arrayFilter(at -> at >= opened, replied) AS answers,
        arrayFilter(one -> one.1 > last_reply, came) AS waiting
    FROM
    (
        SELECT
            acts.network AS network,
            acts.account_id AS account_id,
            chains.conversation AS conversation,
            acts.other AS other,
            arraySort(groupArrayIf((acts.at, acts.post, acts.asks), NOT acts.outgoing)) AS came,
            arraySort(groupArrayIf(acts.at, acts.outgoing AND acts.kind = 'reply')) AS replied,
            minIf(acts.at, NOT acts.outgoing) AS opened,
            maxIf(acts.at, acts.outgoing AND acts.kind = 'reply') AS last_reply
        FROM
        (
            SELECT
                network,
                account_id,
                other,
                at,
                outgoing,
                kind,
                post,
                asks
            FROM exchanges
            WHERE kind = 'reply' OR (kind = 'mention' AND NOT outgoing)
        ) AS acts
        INNER JOIN reply_chains AS chains
            ON chains.network = acts.network AND chains.account_id = acts.account_id AND chains.id = acts.post
        GROUP BY
            network,
            account_id,
            conversation,
            other
        HAVING notEmpty(came)
    ) AS units
    INNER JOIN account_clocks USING (network, account_id)
)
COMMENT 'every conversation in which another account spoke to the tracked one';
