-- Idempotency keys are forgotten after a while (`database.idempotency_days`). They lie on disk in the order they came
-- in, so a coarse index finds the old ones, and costs an append nothing.
create index idempotency_keys_age on idempotency_keys using brin (created_at) with (autosummarize = on);
