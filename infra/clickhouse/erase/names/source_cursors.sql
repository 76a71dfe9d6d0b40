match(source, ${id}) OR (endsWith(source, ':handles') AND match(cursor, ${word}))
