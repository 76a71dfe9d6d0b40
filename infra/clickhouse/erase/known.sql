-- All that names somebody: ids of what they said and did (also where others answer, quote or repeat it), handles
-- and names.
SELECT DISTINCT what, value
FROM
(
    SELECT 'thing' AS what, id AS value
    FROM posts
    WHERE network = %(network)s AND author = %(account)s
    UNION ALL
    SELECT 'thing', assumeNotNull(reply_to_post)
    FROM posts
    WHERE network = %(network)s AND reply_to_account = %(account)s AND reply_to_post IS NOT NULL
    UNION ALL
    SELECT 'thing', assumeNotNull(quote_of)
    FROM posts
    WHERE network = %(network)s AND quote_of_account = %(account)s AND quote_of IS NOT NULL
    UNION ALL
    SELECT 'thing', assumeNotNull(repost_of)
    FROM posts
    WHERE network = %(network)s AND repost_of_account = %(account)s AND repost_of IS NOT NULL
    UNION ALL
    SELECT 'thing', id
    FROM posts
    ARRAY JOIN [ifNull(reply_to_post, ''), ifNull(quote_of, ''), ifNull(repost_of, ''), ifNull(conversation, '')] AS id
    WHERE network = %(network)s AND startsWith(id, concat('at://', %(account)s, '/'))
    UNION ALL
    SELECT 'thing', id
    FROM interactions
    WHERE network = %(network)s AND actor = %(account)s
    UNION ALL
    SELECT 'thing', post
    FROM interactions
    WHERE network = %(network)s AND startsWith(post, concat('at://', %(account)s, '/'))
    UNION ALL
    SELECT 'thing', id
    FROM deletions
    WHERE network = %(network)s AND id != %(account)s
        AND (author = %(account)s OR startsWith(id, concat('at://', %(account)s, '/')))
    UNION ALL
    SELECT 'thing', id
    FROM post_edits
    WHERE network = %(network)s AND startsWith(id, concat('at://', %(account)s, '/'))
    UNION ALL
    SELECT 'handle', author_handle
    FROM posts
    WHERE network = %(network)s AND author = %(account)s
    UNION ALL
    SELECT 'handle', mention.2
    FROM posts
    ARRAY JOIN arrayZip(mentions, mention_handles) AS mention
    WHERE network = %(network)s AND mention.1 = %(account)s
    UNION ALL
    SELECT 'handle', handle
    FROM profiles
    WHERE network = %(network)s AND id = %(account)s
    UNION ALL
    SELECT 'name', name
    FROM profiles
    WHERE network = %(network)s AND id = %(account)s
)
WHERE value != ''
ORDER BY what, value
