using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Privacy : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "privacy_requests",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    subject = table.Column<byte[]>(type: "bytea", nullable: true),
                    subject_hash = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    pass = table.Column<int>(type: "integer", nullable: false),
                    phase = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    place = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    counts = table.Column<string>(type: "json", nullable: false),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    pass_started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    not_before = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    failure = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_privacy_requests", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_privacy_requests_over", "(status IN ('completed', 'failed')) = (subject IS NULL) AND (subject IS NULL) = (completed_at IS NOT NULL)");
                    table.CheckConstraint("ck_privacy_requests_status", "status IN ('queued', 'running', 'waiting', 'completed', 'failed')");
                });

            migrationBuilder.CreateTable(
                name: "retention",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    days = table.Column<int>(type: "integer", nullable: false),
                    updated_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_retention", x => new { x.tenant_id, x.kind });
                    table.CheckConstraint("ck_retention", "days >= 1 AND char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateTable(
                name: "privacy_exports",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    outcome = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    files = table.Column<string>(type: "json", nullable: false),
                    done_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_privacy_exports", x => new { x.tenant_id, x.request_id, x.job_id });
                    table.ForeignKey(
                        name: "fk_privacy_exports_privacy_requests_tenant_id_request_id",
                        columns: x => new { x.tenant_id, x.request_id },
                        principalTable: "privacy_requests",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "idx_privacy_requests_open",
                table: "privacy_requests",
                columns: new[] { "tenant_id", "id" },
                filter: "status IN ('queued', 'running', 'waiting')");

            migrationBuilder.Sql(SqlResource.Read("0032_privacy.sql"));
            migrationBuilder.Sql(SqlResource.Read("0033_retention.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION public.forget_ended_jobs(uuid[]), public.drop_expired_leaves(timestamptz), public.erase_tenant_rows(text, integer); REVOKE DELETE ON public.ai_answers FROM datasync_app;");

            migrationBuilder.DropTable(
                name: "privacy_exports");

            migrationBuilder.DropTable(
                name: "retention");

            migrationBuilder.DropTable(
                name: "privacy_requests");
        }
    }
}
