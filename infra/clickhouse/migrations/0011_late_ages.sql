-- A post that came too late to mature by itself gets its ages by a recount. More may be told of it before the next
-- one, so of these rows the newest stays, and not the first.

ALTER TABLE matured
    ADD COLUMN late Bool COMMENT 'its post came too late: decided by a recount, from what was known of it by then'
    AFTER version;

ALTER TABLE matured
    MODIFY COLUMN precedence UInt64 MATERIALIZED if(late, version, bitNot(version));
