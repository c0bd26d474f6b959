-- Until when Facebook's large pools of calls are to be left in peace: known to every process, and after a restart.

ALTER TABLE facebook_sync_state
  ADD COLUMN IF NOT EXISTS parked_until timestamptz,
  ADD COLUMN IF NOT EXISTS parked_reason text;

CREATE TABLE IF NOT EXISTS facebook_call_pools (
  pool text PRIMARY KEY,
  parked_until timestamptz NOT NULL,
  reason text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE facebook_call_pools ENABLE ROW LEVEL SECURITY;

COMMENT ON COLUMN facebook_sync_state.parked_until IS 'Facebook is not called for this Page and platform before; null or past: it may be.';
COMMENT ON COLUMN facebook_sync_state.parked_reason IS 'Why, in a sentence.';
COMMENT ON TABLE facebook_call_pools IS 'Pools of calls that all Pages share, once Facebook has closed them for a while.';
COMMENT ON COLUMN facebook_call_pools.pool IS 'app: the calls of the whole app.';
COMMENT ON COLUMN facebook_call_pools.parked_until IS 'Facebook is not called for any Page before; past: it may be.';
COMMENT ON COLUMN facebook_call_pools.reason IS 'Why, in a sentence.';
COMMENT ON COLUMN facebook_call_pools.updated_at IS 'When Facebook last asked for quiet.';
