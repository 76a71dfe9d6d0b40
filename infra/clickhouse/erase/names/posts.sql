network = %(network)s
AND
(
    author IN ${accounts}
    OR ifNull(reply_to_account, '') IN ${accounts}
    OR ifNull(quote_of_account, '') IN ${accounts}
    OR ifNull(repost_of_account, '') IN ${accounts}
    OR hasAny(mentions, ${account_list})
    OR ifNull(reply_to_post, '') IN ${things}
    OR ifNull(quote_of, '') IN ${things}
    OR ifNull(repost_of, '') IN ${things}
    OR ifNull(conversation, '') IN ${things}
    OR match(text, ${talk})
    OR match(text, ${page})
    OR arrayExists(link -> match(link, ${page}), links)
)
