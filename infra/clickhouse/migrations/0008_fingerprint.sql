-- By its fingerprint an own post is known to repeat another. With the fact it lets a recount tell whether any
-- post is left that a near-duplicate repeats.
ALTER TABLE posts
    ADD COLUMN fingerprint UInt64 COMMENT 'hash of what an own post says but for links, mentions and digits; 0: too short, or not told'
    AFTER near_duplicate;
