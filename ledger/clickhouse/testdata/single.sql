CREATE TABLE IF NOT EXISTS usage_db.schema_version (
    version UInt32
) ENGINE = ReplacingMergeTree() ORDER BY version;

CREATE TABLE IF NOT EXISTS usage_db.usage (
    resource_kind String EPHEMERAL,
    microvm_id String EPHEMERAL,
    period_start DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    period_seconds UInt32 CODEC(T64, ZSTD(1)),
    resource String DEFAULT multiIf(resource_kind = 'image', multiIf(microvm_id = '', '(image)', startsWith(microvm_id, '(image)'), microvm_id, concat('(image) ', microvm_id)), resource_kind = 'fleet', multiIf(microvm_id = '', '(fleet)', startsWith(microvm_id, '(fleet)'), microvm_id, concat('(fleet) ', microvm_id)), microvm_id) CODEC(ZSTD(1)),
    region LowCardinality(String),
    account LowCardinality(String),
    image LowCardinality(String),
    arch LowCardinality(String),
    tenant LowCardinality(String),
    tenant_by LowCardinality(String),
    role LowCardinality(String),
    source LowCardinality(String),
    vcpu_ms Int64 CODEC(T64, ZSTD(1)),
    mem_mib_ms Int64 CODEC(T64, ZSTD(1)),
    read_bytes Int64 CODEC(T64, ZSTD(1)),
    write_bytes Int64 CODEC(T64, ZSTD(1)),
    storage_byte_seconds Int64 CODEC(T64, ZSTD(1)),
    running_ms Int64 CODEC(T64, ZSTD(1)),
    suspended_ms Int64 CODEC(T64, ZSTD(1)),
    launches Int64 CODEC(T64, ZSTD(1)),
    suspends Int64 CODEC(T64, ZSTD(1)),
    resumes Int64 CODEC(T64, ZSTD(1)),
    coverage Enum8('unknown' = 0, 'partial' = 1, 'complete' = 2),
    deleted UInt8 DEFAULT 0,
    version UInt64 CODEC(DoubleDelta, ZSTD(1))
) ENGINE = ReplacingMergeTree(version) PARTITION BY toDate(period_start) ORDER BY (resource, period_start, source, region, account);

CREATE TABLE IF NOT EXISTS usage_db.usage_hourly (
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    whole UInt8,
    resource_kind LowCardinality(String),
    region LowCardinality(String),
    account LowCardinality(String),
    image LowCardinality(String),
    arch LowCardinality(String),
    tenant LowCardinality(String),
    tenant_by LowCardinality(String),
    role LowCardinality(String),
    source LowCardinality(String),
    records UInt64 CODEC(T64, ZSTD(1)),
    seconds UInt128 CODEC(ZSTD(1)),
    covered UInt128 CODEC(ZSTD(1)),
    vcpu_ms UInt128 CODEC(ZSTD(1)),
    mem_mib_ms UInt128 CODEC(ZSTD(1)),
    read_bytes UInt128 CODEC(ZSTD(1)),
    write_bytes UInt128 CODEC(ZSTD(1)),
    storage_byte_seconds UInt128 CODEC(ZSTD(1)),
    running_ms UInt128 CODEC(ZSTD(1)),
    suspended_ms UInt128 CODEC(ZSTD(1)),
    launches UInt128 CODEC(ZSTD(1)),
    suspends UInt128 CODEC(ZSTD(1)),
    resumes UInt128 CODEC(ZSTD(1)),
    first DateTime('UTC') CODEC(Delta, ZSTD(1)),
    last DateTime('UTC') CODEC(Delta, ZSTD(1)),
    made_of UInt64 CODEC(Delta, ZSTD(1))
) ENGINE = MergeTree() PARTITION BY (toDate(hour), made_of) ORDER BY (tenant, image, region, account, source, hour);

CREATE TABLE IF NOT EXISTS usage_db.documents (
    name String,
    content String CODEC(ZSTD(3)),
    version UInt64,
    deleted UInt8
) ENGINE = ReplacingMergeTree(version) ORDER BY name;

CREATE TABLE IF NOT EXISTS usage_db.audit (
    seq UInt64,
    entry String CODEC(ZSTD(3))
) ENGINE = MergeTree() ORDER BY seq;

