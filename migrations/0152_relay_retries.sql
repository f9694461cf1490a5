-- Operators ask the relay to send parked events again: it does so before anything else in its next term. Null for what
-- nobody asked for, and for what read models have parked, which is retried at once.
alter table dead_letters add column asked_at timestamptz;
