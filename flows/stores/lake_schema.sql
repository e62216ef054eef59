-- The lake's tables. Written by flows/stores/lake.py only; read by everyone.
-- position_ns is the log position as one number (milliseconds * 1,000,000 + sequence): the order key.
-- A rollup row is an algebraic partial, of which a key can have several: rollups.py sums them up.

CREATE TABLE IF NOT EXISTS lake.events (
    position VARCHAR NOT NULL,
    position_ns BIGINT NOT NULL,
    event_id VARCHAR NOT NULL,
    schema_version BIGINT NOT NULL,
    type VARCHAR NOT NULL,
    course_id VARCHAR NOT NULL,
    student_id VARCHAR NOT NULL,
    session_id VARCHAR,
    seq BIGINT,
    notebook VARCHAR,
    cell_id VARCHAR,
    exercise VARCHAR,
    execution_count BIGINT,
    status VARCHAR,
    error_name VARCHAR,
    error_message VARCHAR,
    duration_ms DOUBLE,
    occurred_at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    code_sha256 VARCHAR,
    code_lines BIGINT,
    code_chars BIGINT,
    code VARCHAR,
    output VARCHAR,
    check_name VARCHAR,
    passed BOOLEAN,
    points DOUBLE,
    points_possible DOUBLE,
    help_message VARCHAR,
    hook_version VARCHAR,
    truncated VARCHAR[],
    extra JSON
);

-- exercise is '' for runs outside exercises; every time is least(occurred_at, received_at).
CREATE TABLE IF NOT EXISTS lake.rollup_student_exercise (
    course_id VARCHAR NOT NULL,
    student_id VARCHAR NOT NULL,
    exercise VARCHAR NOT NULL,
    notebook VARCHAR,
    events BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    interrupted BIGINT NOT NULL,
    checks_passed BIGINT NOT NULL,
    checks_failed BIGINT NOT NULL,
    duration_ms_sum DOUBLE NOT NULL,
    duration_ms_max DOUBLE,
    first_event_at TIMESTAMPTZ NOT NULL,
    last_event_at TIMESTAMPTZ NOT NULL,
    first_run_at TIMESTAMPTZ,
    last_run_at TIMESTAMPTZ,
    first_ok_at TIMESTAMPTZ,
    first_passed_at TIMESTAMPTZ
);

CREATE TABLE IF NOT EXISTS lake.rollup_course_minute (
    course_id VARCHAR NOT NULL,
    minute TIMESTAMPTZ NOT NULL,
    events BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    interrupted BIGINT NOT NULL,
    checks_passed BIGINT NOT NULL,
    checks_failed BIGINT NOT NULL,
    duration_ms_sum DOUBLE NOT NULL
);

-- One row: the version of these tables, see flows/stores/versions.py.
CREATE TABLE IF NOT EXISTS lake.schema_version (
    version BIGINT NOT NULL
);

-- One row: how far along the log the lake is, committed together with the rows above.
CREATE TABLE IF NOT EXISTS lake.log_position (
    position VARCHAR NOT NULL
);
