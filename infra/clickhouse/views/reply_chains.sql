-- Where each post stands in its conversation. The conversation is the network's own, else the top of the chain of
-- replies: a post that replies to none, or the id of one that is not known. Chains of up to 1,024 replies are
-- climbed, each of ten rounds doubling the way (pointer jumping: Wyllie, The Complexity of Parallel Computations,
-- 1979); a recursive query would read all accounts for one. Deleted posts are left out, and reposts, which are no
-- conversation.
CREATE OR REPLACE VIEW reply_chains
(
    network LowCardinality(String) COMMENT 'x, bluesky or mastodon',
    account_id String COMMENT 'id of the tracked account that the post concerns',
    id String COMMENT 'id of the post',
    conversation String COMMENT 'id of the conversation; where the network tells none, of the top of the chain',
    top String COMMENT 'id of the top of the chain as far as it is known',
    depth UInt32 COMMENT 'posts on the way from the top to this one, both counted, where they are known',
    turns UInt32 COMMENT 'changes of author on that way, plus 1'
)
DEFINER = ${definer} SQL SECURITY DEFINER
AS SELECT
    network,
    account_id,
    place.1 AS id,
    ifNull(place.2, place.3) AS conversation,
    place.3 AS top,
    place.4 + 1 AS depth,
    place.5 + 1 AS turns
FROM
(
    SELECT
        network,
        account_id,
        arrayZip(
            known.1,
            known.4,
            arrayReduceInRanges('any', arrayMap(number -> (number, 1), climbed.1), tops),
            climbed.2,
            climbed.3
        ) AS places
    FROM
    (
        SELECT
            network,
            account_id,
            known,
            arrayMap((id, parent) -> if(parent = '', id, parent), known.1, known.3) AS tops,
            arrayFold(
                (climb, round) -> (
                    arrayReduceInRanges('any', arrayMap(number -> (number, 1), climb.1), climb.1),
                    arrayMap(
                        (below, above) -> toUInt32(below + above),
                        climb.2,
                        arrayReduceInRanges('any', arrayMap(number -> (number, 1), climb.1), climb.2)
                    ),
                    arrayMap(
                        (below, above) -> toUInt32(below + above),
                        climb.3,
                        arrayReduceInRanges('any', arrayMap(number -> (number, 1), climb.1), climb.3)
                    )
                ),
                range(10),
                (
                    parents,
                    arrayMap((parent, place) -> toUInt32(parent != place), parents, arrayEnumerate(parents)),
                    arrayMap(
                        (author, author_above) -> toUInt32(author != author_above),
                        known.2,
                        arrayReduceInRanges('any', arrayMap(number -> (number, 1), parents), known.2)
                    )
                )
            ) AS climbed
        FROM
        (
            SELECT
                network,
                account_id,
                known,
                arrayMap(
                    (number, place) -> toUInt32(if(number > size, place, number)),
                    arraySlice(arrayEnumerateDense(arrayConcat(known.1, known.3)), size + 1),
                    arrayEnumerate(known.1)
                ) AS parents
            FROM
            (
                SELECT
                    all_posts.network AS network,
                    all_posts.account_id AS account_id,
                    groupArray((all_posts.id, all_posts.author, all_posts.parent, all_posts.conversation)) AS known,
                    count() AS size
                FROM
                (
                    SELECT
                        network,
                        account_id,
                        id,
                        author,
                        conversation,
                        if(ifNull(reply_to_post, '') = id, '', ifNull(reply_to_post, '')) AS parent
                    FROM posts FINAL
                    WHERE kind != 'repost'
                    SETTINGS do_not_merge_across_partitions_select_final = 1
                ) AS all_posts
                LEFT JOIN
                (
                    SELECT
                        network,
                        account_id,
                        id,
                        1 AS is_deleted
                    FROM deletions FINAL
                    WHERE of = 'post'
                ) AS withdrawn USING (network, account_id, id)
                LEFT JOIN
                (
                    SELECT
                        network,
                        account_id,
                        id AS author,
                        1 AS is_gone
                    FROM deletions FINAL
                    WHERE of = 'account'
                ) AS authors_gone USING (network, account_id, author)
                WHERE withdrawn.is_deleted = 0 AND authors_gone.is_gone = 0
                GROUP BY
                    network,
                    account_id
            )
        )
    )
)
ARRAY JOIN places AS place
COMMENT 'the place of each post in its conversation';
