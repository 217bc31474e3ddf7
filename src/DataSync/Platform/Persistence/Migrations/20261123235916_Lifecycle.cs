using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Lifecycle : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "idx_sync_jobs_open",
                table: "sync_jobs");

            migrationBuilder.AddColumn<int>(
                name: "fruitful_attempts",
                table: "sync_jobs",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "furthest",
                table: "sync_jobs",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<string>(
                name: "interruption",
                table: "sync_jobs",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "routed",
                table: "sync_jobs",
                type: "json",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "sync_job_attempts",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    fence = table.Column<long>(type: "bigint", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    outcome = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    records = table.Column<long>(type: "bigint", nullable: false),
                    rejected = table.Column<long>(type: "bigint", nullable: false),
                    failure = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_job_attempts", x => new { x.tenant_id, x.job_id, x.fence });
                    table.ForeignKey(
                        name: "fk_sync_job_attempts_sync_jobs_tenant_id_job_id",
                        columns: x => new { x.tenant_id, x.job_id },
                        principalTable: "sync_jobs",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "tenant_queues",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    queued = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tenant_queues", x => x.tenant_id);
                });

            migrationBuilder.CreateTable(
                name: "sync_job_stages",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    fence = table.Column<long>(type: "bigint", nullable: false),
                    stage = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    outcome = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: true),
                    records = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_job_stages", x => new { x.tenant_id, x.job_id, x.fence, x.stage });
                    table.ForeignKey(
                        name: "fk_sync_job_stages_sync_job_attempts_tenant_id_job_id_fence",
                        columns: x => new { x.tenant_id, x.job_id, x.fence },
                        principalTable: "sync_job_attempts",
                        principalColumns: new[] { "tenant_id", "job_id", "fence" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_handed_out",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "dispatched_at" },
                filter: "status = 'queued' AND dispatched_at IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_queued",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "id" },
                filter: "status = 'queued'");

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_running",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "id" },
                filter: "status = 'running'");

            migrationBuilder.Sql(SqlResource.Read("0002_lifecycle.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER birth ON sync_jobs; DROP TRIGGER move ON sync_jobs; DROP TRIGGER history_of_birth ON sync_jobs; DROP TRIGGER history ON sync_jobs;
                DROP TRIGGER queue_of_birth ON sync_jobs; DROP TRIGGER queue ON sync_jobs; DROP TRIGGER queue_of_death ON sync_jobs;
                DROP FUNCTION check_sync_job_move(); DROP FUNCTION record_sync_job_move(); DROP FUNCTION count_queued_sync_job();
                """);

            migrationBuilder.DropTable(
                name: "sync_job_stages");

            migrationBuilder.DropTable(
                name: "tenant_queues");

            migrationBuilder.DropTable(
                name: "sync_job_attempts");

            migrationBuilder.DropIndex(
                name: "idx_sync_jobs_handed_out",
                table: "sync_jobs");

            migrationBuilder.DropIndex(
                name: "idx_sync_jobs_queued",
                table: "sync_jobs");

            migrationBuilder.DropIndex(
                name: "idx_sync_jobs_running",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "fruitful_attempts",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "furthest",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "interruption",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "routed",
                table: "sync_jobs");

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_open",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "id" },
                filter: "status IN ('queued', 'running', 'waiting')");
        }
    }
}
