-- The ledger: one row an account and other, over everything that is known. Every act weighs what it costs (reply,
-- mention, quote 1, repost 0.5, like 0.25) and fades by half in 15 days. The strength is the sum of these, times
-- the root of 2 · min(out, in) / (out + in), where out and in count the acts of either side but likes, for only
-- Bluesky tells the likes given: what is not mutual has strength 0. Tiers: 1 from 0.5 (one act each way, 30 days ago), 2
-- from 3 (between one act each way a month, 2.7, and one a week), 3 from 7 (one act each way a week adds up to
-- 7.2). Times are those of the network's watermark, days those of the brand's time zone.
CREATE OR REPLACE VIEW relationships
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account',
    account String COMMENT 'handle now, without @; the id where none was told',
    other String COMMENT 'id of the other account',
    other_handle String COMMENT 'handle of the other, the last that was told, without @; the id where none was',
    tag String COMMENT 'what the brand file calls this contact: client, prospect, partner …; empty: nothing',
    strength Float64 COMMENT 'faded acts, weighted, times how mutual they are; 0 and more, a reply each way a week makes 7.2',
    tier UInt8 COMMENT '0: nothing mutual of late; 1: from strength 0.5; 2: from 3, a contact; 3: from 7, close',
    fading Bool COMMENT 'was of tier 3 within 60 days, has less than half the strength it had then, and no contact for 21 days',
    strength_peak_60d Float64 COMMENT 'the greatest strength of the last 60 days',
    contact_since Nullable(DateTime64(3, 'UTC')) COMMENT 'when it first reached tier 2; NULL: never',
    active_reciprocal Bool COMMENT 'at least 2 replies, mentions or quotes each way, on at least 2 days, in 90 days',
    began LowCardinality(String) COMMENT 'who acted first: account or other',
    first_at DateTime64(3, 'UTC') COMMENT 'first act of either',
    last_at DateTime64(3, 'UTC') COMMENT 'last act of either',
    last_out_at Nullable(DateTime64(3, 'UTC')) COMMENT 'last act of the tracked account; NULL: none',
    last_in_at Nullable(DateTime64(3, 'UTC')) COMMENT 'last act of the other; NULL: none',
    silent_days Float64 COMMENT 'since the last act, up to the watermark, in days',
    contact_days UInt64 COMMENT 'days with an act of either, in the brand''s time zone',
    replies_out UInt64 COMMENT 'own replies to the other',
    mentions_out UInt64 COMMENT 'own posts that mention the other',
    quotes_out UInt64 COMMENT 'own quotes of the other',
    reposts_out UInt64 COMMENT 'own reposts of the other',
    likes_out UInt64 COMMENT 'likes given to the other, where the network tells them and to whom: on Bluesky from when on it was listened to',
    replies_in UInt64 COMMENT 'replies of the other',
    mentions_in UInt64 COMMENT 'posts of the other that mention the account',
    quotes_in UInt64 COMMENT 'quotes by the other',
    reposts_in UInt64 COMMENT 'reposts by the other',
    likes_in UInt64 COMMENT 'likes by the other, where the network tells them',
    reciprocated_replies UInt64 COMMENT 'own replies in conversations in which the other replied to or mentioned the account, before or after',
    reciprocated_reply_share Nullable(Float64) COMMENT 'reciprocated_replies / replies_out, 0 to 1; NULL: no own reply',
    other_followers Nullable(Int64) COMMENT 'followers of the other, last told with a post of its; NULL: not told',
    other_scored_posts UInt64 COMMENT 'posts of the other that were scored for relevance',
    other_on_topic_posts UInt64 COMMENT 'those of them on topic',
    watermark DateTime64(3, 'UTC') COMMENT 'now, as far as the network is known'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS WITH
    (
        SELECT argMax(content, (occurred_at, version))
        FROM brands
    ) AS brand,
    if(JSONExtractString(ifNull(brand, ''), 'time_zone') = '', 'UTC', JSONExtractString(ifNull(brand, ''), 'time_zone'))
        AS time_zone,
    JSONExtract(ifNull(brand, ''), 'contacts', 'Array(Tuple(network String, tag String, handle String, id String))')
        AS contacts,
    86400000 AS day_ms,
    15 * day_ms AS half_life_ms,
    0.5 AS tier_1,
    3 AS tier_2,
    7 AS tier_3
SELECT
    network,
    account_id,
    if(accounts.handle = '', account_id, accounts.handle) AS account,
    other,
    if(told_handle = '', other, told_handle) AS other_handle,
    arrayFirst(
        one -> one.network = network AND (one.id = other OR (one.id = '' AND lowerUTF8(one.handle) = lowerUTF8(told_handle))),
        contacts
    ).tag AS tag,
    round(strengths[-1] * exp2(-(now_ms - acts[-1].1) / half_life_ms), 6) AS strength,
    multiIf(strength >= tier_3, 3, strength >= tier_2, 2, strength >= tier_1, 1, 0) AS tier,
    strength_peak_60d >= tier_3 AND strength < strength_peak_60d / 2 AND silent_days >= 21 AS fading,
    round(arrayMax(arrayMap(
        (act, now_and_then, next_ms) -> multiIf(
            act.1 >= now_ms - 60 * day_ms, now_and_then,
            next_ms > now_ms - 60 * day_ms, now_and_then * exp2(-(now_ms - 60 * day_ms - act.1) / half_life_ms),
            0.
        ),
        acts,
        strengths,
        arrayPushBack(arrayPopFront(acts.1), now_ms)
    )), 6) AS strength_peak_60d,
    fromUnixTimestamp64Milli(
        arrayFirstOrNull((at_ms, then) -> round(then, 6) >= tier_2, acts.1, strengths), 'UTC') AS contact_since,
    words_out_90d >= 2 AND words_in_90d >= 2 AND word_days_90d >= 2 AS active_reciprocal,
    if(acts[1].3, 'account', 'other') AS began,
    first_act_at AS first_at,
    last_act_at AS last_at,
    last_out_at,
    last_in_at,
    (now_ms - acts[-1].1) / day_ms AS silent_days,
    contact_days,
    replies_out,
    mentions_out,
    quotes_out,
    reposts_out,
    likes_out,
    replies_in,
    mentions_in,
    quotes_in,
    reposts_in,
    likes_in,
    reciprocated_replies,
    if(replies_out = 0, NULL, reciprocated_replies / replies_out) AS reciprocated_reply_share,
    other_followers,
    other_scored_posts,
    other_on_topic_posts,
    now_at AS watermark
FROM
(
    SELECT
        network,
        account_id,
        other,
        max(now_at) AS now_at,
        toUnixTimestamp64Milli(now_at) AS now_ms,
        tupleElement(max(units.told_handle), 2) AS told_handle,
        min(units.first_act_at) AS first_act_at,
        toUnixTimestamp64Milli(first_act_at) AS begin_ms,
        max(units.last_act_at) AS last_act_at,
        max(units.last_out_at) AS last_out_at,
        max(units.last_in_at) AS last_in_at,
        length(groupUniqArrayArray(units.days)) AS contact_days,
        length(groupUniqArrayArray(units.word_days)) AS word_days_90d,
        sum(units.words_out) AS words_out_90d,
        sum(units.words_in) AS words_in_90d,
        sum(units.replies_out) AS replies_out,
        sum(units.mentions_out) AS mentions_out,
        sum(units.quotes_out) AS quotes_out,
        sum(units.reposts_out) AS reposts_out,
        sum(units.likes_out) AS likes_out,
        sum(units.replies_in) AS replies_in,
        sum(units.mentions_in) AS mentions_in,
        sum(units.quotes_in) AS quotes_in,
        sum(units.reposts_in) AS reposts_in,
        sum(units.likes_in) AS likes_in,
        sumIf(units.replies_out, units.replies_in + units.mentions_in > 0) AS reciprocated_replies,
        tupleElement(max(units.followers), 2) AS other_followers,
        sum(units.scored_posts) AS other_scored_posts,
        sum(units.on_topic_posts) AS other_on_topic_posts,
        arraySort(groupArrayArray(units.acts)) AS acts,
        arrayCumSum(arrayMap(act -> act.4 * exp2((act.1 - begin_ms) / half_life_ms), acts)) AS grown,
        arrayCumSum(arrayMap(act -> act.3 AND NOT act.5, acts)) AS outs,
        arrayCumSum(arrayMap(act -> NOT act.3 AND NOT act.5, acts)) AS ins,
        arrayMap(
            (act, sum, out, in) -> if(
                out = 0 OR in = 0,
                0.,
                sum * exp2(-(act.1 - begin_ms) / half_life_ms) * sqrt(2 * least(out, in) / (out + in))
            ),
            acts,
            grown,
            outs,
            ins
        ) AS strengths
    FROM
    (
        SELECT
            acts.network AS network,
            acts.account_id AS account_id,
            acts.other AS other,
            ifNull(chains.conversation, '') AS conversation,
            any(acts.now_at) AS now_at,
            maxIf((acts.at, acts.other_handle), acts.other_handle != '') AS told_handle,
            min(acts.at) AS first_act_at,
            max(acts.at) AS last_act_at,
            maxOrNullIf(acts.at, acts.outgoing) AS last_out_at,
            maxOrNullIf(acts.at, NOT acts.outgoing) AS last_in_at,
            groupUniqArray(toDate(acts.at, time_zone)) AS days,
            countIf(acts.outgoing AND acts.kind = 'reply') AS replies_out,
            countIf(acts.outgoing AND acts.kind = 'mention') AS mentions_out,
            countIf(acts.outgoing AND acts.kind = 'quote') AS quotes_out,
            countIf(acts.outgoing AND acts.kind = 'repost') AS reposts_out,
            countIf(NOT acts.outgoing AND acts.kind = 'reply') AS replies_in,
            countIf(NOT acts.outgoing AND acts.kind = 'mention') AS mentions_in,
            countIf(NOT acts.outgoing AND acts.kind = 'quote') AS quotes_in,
            countIf(NOT acts.outgoing AND acts.kind = 'repost') AS reposts_in,
            countIf(acts.outgoing AND acts.kind = 'like') AS likes_out,
            countIf(NOT acts.outgoing AND acts.kind = 'like') AS likes_in,
            countIf(acts.is_recent_word AND acts.outgoing) AS words_out,
            countIf(acts.is_recent_word AND NOT acts.outgoing) AS words_in,
            groupUniqArrayIf(toDate(acts.at, time_zone), acts.is_recent_word) AS word_days,
            maxIf((acts.at, acts.followers), acts.followers IS NOT NULL) AS followers,
            countIf(acts.relevance IS NOT NULL) AS scored_posts,
            countIf(acts.on_topic) AS on_topic_posts,
            groupArray((
                toUnixTimestamp64Milli(acts.at),
                acts.post,
                acts.outgoing,
                multiIf(acts.kind = 'repost', 0.5, acts.kind = 'like', 0.25, 1.),
                acts.kind = 'like'
            )) AS acts
        FROM
        (
            SELECT
                either.network AS network,
                either.account_id AS account_id,
                either.other AS other,
                either.other_handle AS other_handle,
                either.at AS at,
                either.outgoing AS outgoing,
                either.kind AS kind,
                either.post AS post,
                either.followers AS followers,
                either.relevance AS relevance,
                either.on_topic AS on_topic,
                greatest(clocks.watermark, clocks.last_at) AS now_at,
                either.kind IN ('reply', 'mention', 'quote') AND either.at >= now_at - toIntervalDay(90) AS is_recent_word
            FROM exchanges AS either
            INNER JOIN account_clocks AS clocks
                ON clocks.network = either.network AND clocks.account_id = either.account_id
        ) AS acts
        LEFT JOIN reply_chains AS chains
            ON chains.network = acts.network AND chains.account_id = acts.account_id AND chains.id = acts.post
                AND acts.kind != 'like'
        GROUP BY
            network,
            account_id,
            other,
            conversation
    ) AS units
    GROUP BY
        network,
        account_id,
        other
) AS dyads
LEFT JOIN accounts USING (network, account_id)
COMMENT 'one row an account and other: who did what, how strong it is, and where it goes';
