using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class JobEndings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "sync_job_endings",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    duration_ms = table.Column<long>(type: "bigint", nullable: false),
                    running_ms = table.Column<long>(type: "bigint", nullable: false),
                    records = table.Column<long>(type: "bigint", nullable: false),
                    rejected = table.Column<long>(type: "bigint", nullable: false),
                    bytes = table.Column<long>(type: "bigint", nullable: false),
                    llm_cost_micros = table.Column<long>(type: "bigint", nullable: false),
                    error_key = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_job_endings", x => new { x.tenant_id, x.job_id });
                });

            migrationBuilder.CreateIndex(
                name: "idx_sync_job_endings_completed",
                table: "sync_job_endings",
                columns: new[] { "tenant_id", "source_id", "ended_at" },
                filter: "status = 'completed'");

            migrationBuilder.CreateIndex(
                name: "idx_sync_job_endings_window",
                table: "sync_job_endings",
                columns: new[] { "tenant_id", "ended_at" })
                .Annotation("Npgsql:IndexInclude", new[] { "source_id", "status", "duration_ms", "running_ms", "records", "rejected", "bytes", "llm_cost_micros", "error_key" });

            migrationBuilder.Sql(SqlResource.Read("0027_job_endings.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER ending ON public.sync_jobs;
                DROP FUNCTION public.record_sync_job_ending();
                DROP FUNCTION public.llm_cost_micros(json);
                DROP FUNCTION public.error_key(text);
                """);

            migrationBuilder.DropTable(
                name: "sync_job_endings");
        }
    }
}
