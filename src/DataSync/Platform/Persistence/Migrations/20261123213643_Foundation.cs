using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Foundation : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "data_source_configs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    source_name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    source_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    connection_params = table.Column<string>(type: "json", nullable: false),
                    extraction_params = table.Column<string>(type: "json", nullable: false),
                    sync = table.Column<string>(type: "json", nullable: false),
                    is_active = table.Column<bool>(type: "boolean", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_source_configs", x => new { x.tenant_id, x.id });
                    table.UniqueConstraint("idx_data_source_tenant_id", x => new { x.tenant_id, x.source_id });
                    table.CheckConstraint("ck_source_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateTable(
                name: "idempotency_keys",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    operation = table.Column<byte[]>(type: "bytea", nullable: false),
                    key = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    fingerprint = table.Column<byte[]>(type: "bytea", nullable: false),
                    claim_id = table.Column<Guid>(type: "uuid", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    content_type = table.Column<string>(type: "text", nullable: true),
                    location = table.Column<string>(type: "text", nullable: true),
                    body = table.Column<byte[]>(type: "bytea", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_idempotency_keys", x => new { x.tenant_id, x.operation, x.key });
                });

            migrationBuilder.CreateTable(
                name: "sync_jobs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    source_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    mode = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    sync_type = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    stage = table.Column<string>(type: "text", nullable: true),
                    record_count = table.Column<long>(type: "bigint", nullable: false),
                    error_count = table.Column<long>(type: "bigint", nullable: false),
                    extracted = table.Column<long>(type: "bigint", nullable: false),
                    refined = table.Column<long>(type: "bigint", nullable: false),
                    exported = table.Column<long>(type: "bigint", nullable: false),
                    total = table.Column<long>(type: "bigint", nullable: true),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    config = table.Column<string>(type: "json", nullable: false),
                    result = table.Column<string>(type: "json", nullable: true),
                    error_details = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    correlation_id = table.Column<string>(type: "text", nullable: false),
                    trace_parent = table.Column<string>(type: "text", nullable: true),
                    language = table.Column<string>(type: "text", nullable: false),
                    timeout_seconds = table.Column<int>(type: "integer", nullable: false),
                    running_ms = table.Column<long>(type: "bigint", nullable: false),
                    cancel_requested_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    dispatched_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    not_before = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    fence = table.Column<long>(type: "bigint", nullable: false),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_pid = table.Column<int>(type: "integer", nullable: true),
                    lease_backend_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    writer_pid = table.Column<int>(type: "integer", nullable: true),
                    writer_backend_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    checkpoint = table.Column<string>(type: "json", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    fruitless_attempts = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_jobs", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_sync_jobs_ended", "(status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)");
                    table.CheckConstraint("ck_sync_jobs_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255");
                    table.CheckConstraint("ck_sync_jobs_status", "status IN ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled')");
                });

            migrationBuilder.CreateTable(
                name: "sync_rejections",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    rule_id = table.Column<string>(type: "text", nullable: false),
                    code = table.Column<string>(type: "text", nullable: false),
                    message = table.Column<string>(type: "text", nullable: false),
                    field = table.Column<string>(type: "text", nullable: true),
                    original = table.Column<string>(type: "json", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_rejections", x => new { x.tenant_id, x.job_id, x.seq });
                });

            migrationBuilder.CreateTable(
                name: "tenant_keys",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    key_id = table.Column<int>(type: "integer", nullable: false),
                    master_key_id = table.Column<string>(type: "text", nullable: false),
                    wrapped_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    retired_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tenant_keys", x => new { x.tenant_id, x.key_id });
                    table.CheckConstraint("ck_tenant_keys_tenant", "char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateTable(
                name: "sync_state",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    last_sync_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    last_sync_job_id = table.Column<Guid>(type: "uuid", nullable: true),
                    last_record_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    state_data = table.Column<string>(type: "json", nullable: true),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_state", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_sync_state_data_source_configs_tenant_id_source_id",
                        columns: x => new { x.tenant_id, x.source_id },
                        principalTable: "data_source_configs",
                        principalColumns: new[] { "tenant_id", "source_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_open",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "id" },
                filter: "status IN ('queued', 'running', 'waiting')");

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_tenant_source",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "source_id" });

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_tenant_status",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "status" });

            migrationBuilder.CreateIndex(
                name: "idx_sync_state_tenant_source",
                table: "sync_state",
                columns: new[] { "tenant_id", "source_id" },
                unique: true);

            migrationBuilder.Sql(SqlResource.Read("0001_isolation.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TABLE sync_data; DROP FUNCTION make_sync_data_leaves(integer); DROP FUNCTION last_sync_data_leaf(); DROP FUNCTION uuid7_floor(timestamptz);");

            migrationBuilder.DropTable(
                name: "idempotency_keys");

            migrationBuilder.DropTable(
                name: "sync_jobs");

            migrationBuilder.DropTable(
                name: "sync_rejections");

            migrationBuilder.DropTable(
                name: "sync_state");

            migrationBuilder.DropTable(
                name: "tenant_keys");

            migrationBuilder.DropTable(
                name: "data_source_configs");
        }
    }
}
