network = %(network)s
AND
(
    id IN ${things}
    OR match(text, ${talk})
    OR match(text, ${page})
    OR arrayExists(link -> match(link, ${page}), links)
)
