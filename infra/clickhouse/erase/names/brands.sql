match(content, ${brand})
