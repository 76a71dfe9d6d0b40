-- What somebody said, as stubs at the same place in the log, which count the same and say nothing; and what others
-- say, without them. All other columns stay. Rows are chosen in a subquery, since outside of it a name means the
-- column that replaces it.
WITH
    ${account_list} AS whom,
    ${account_stubs} AS whom_stubs,
    ${thing_list} AS things,
    ${thing_stubs} AS thing_stubs,
    ${thing_roots} AS thing_roots,
    has(whom, author) AS said
SELECT * REPLACE
(
    if(said, transform(id, things, thing_stubs, id), id) AS id,
    if(said, toDateTime64(0, 3, 'UTC'), id_at) AS id_at,
    if(said, transform(id, things, thing_roots, root), root) AS root,
    transform(author, whom, whom_stubs, author) AS author,
    if(said, '', author_handle) AS author_handle,
    if(said, '', author_host) AS author_host,
    if(said, if(asks, '?', ''), ${nameless_text}) AS text,
    if(said, '', language) AS language,
    if(
        reply_to_post IS NULL, NULL,
        transform(assumeNotNull(reply_to_post), things, thing_stubs, assumeNotNull(reply_to_post))
    ) AS reply_to_post,
    if(
        reply_to_account IS NULL, NULL,
        transform(assumeNotNull(reply_to_account), whom, whom_stubs, assumeNotNull(reply_to_account))
    ) AS reply_to_account,
    if(
        quote_of IS NULL, NULL,
        transform(assumeNotNull(quote_of), things, thing_stubs, assumeNotNull(quote_of))
    ) AS quote_of,
    if(
        quote_of_account IS NULL, NULL,
        transform(assumeNotNull(quote_of_account), whom, whom_stubs, assumeNotNull(quote_of_account))
    ) AS quote_of_account,
    if(
        repost_of IS NULL, NULL,
        transform(assumeNotNull(repost_of), things, thing_stubs, assumeNotNull(repost_of))
    ) AS repost_of,
    if(
        repost_of_account IS NULL, NULL,
        transform(assumeNotNull(repost_of_account), whom, whom_stubs, assumeNotNull(repost_of_account))
    ) AS repost_of_account,
    if(
        conversation IS NULL, NULL,
        transform(assumeNotNull(conversation), things, thing_stubs, assumeNotNull(conversation))
    ) AS conversation,
    if(
        said,
        if(relation = 'mention', [account_id], []),
        arrayMap(mention -> transform(mention, whom, whom_stubs, mention), mentions)
    ) AS mentions,
    if(
        said,
        if(relation = 'mention', [''], []),
        arrayMap((mention, handle) -> if(has(whom, mention), 'erased', handle), mentions, mention_handles)
    ) AS mention_handles,
    if(said, [], arrayMap(link -> ${nameless_link}, links)) AS links,
    if(said, [], hashtags) AS hashtags,
    if(said, NULL, followers_at_post) AS followers_at_post,
    if(said, relation = 'mention', has_mention) AS has_mention,
    if(said, false, has_link) AS has_link
)
FROM
(
    SELECT *
    FROM posts FINAL
    WHERE ${names}
)
