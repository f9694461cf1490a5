-- Raised whenever other hands than a worker's change what the worker keeps in memory beside its position, that is,
-- which streams are parked: the worker then finds itself overtaken and reads it anew. Counts on row `*` only.
alter table projection_checkpoints add column generation bigint not null default 0;
