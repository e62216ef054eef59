-- name: as_of
-- meaning: Which data an answer is computed from: how far along the log each store is, and which
--   snapshot of the lake is read.
-- formula: The positions that the stores wrote in the same transactions as their rows.
-- unit: log positions; a snapshot number
-- parameters: none
-- columns:
--   lake_position: Log position up to which every event is in the lake; '0-0' before any.
--   postgres_position: The same for PostgreSQL; null before any.
--   snapshot: The lake's snapshot, usable with AT (VERSION => snapshot).
-- reads: lake.log_position, master.store_position, lake.current_snapshot
-- limits: Consistent with other measures only within one transaction.

SELECT
    (SELECT position FROM lake.log_position) AS lake_position,
    (SELECT position FROM master.store_position WHERE store = 'postgres') AS postgres_position,
    (SELECT id FROM lake.current_snapshot()) AS snapshot
