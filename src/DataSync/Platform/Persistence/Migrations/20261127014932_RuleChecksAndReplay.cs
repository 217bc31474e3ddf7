using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class RuleChecksAndReplay : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "corrected_at",
                table: "sync_rejections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "corrected_by",
                table: "sync_rejections",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "correction",
                table: "sync_rejections",
                type: "json",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "replay_job_id",
                table: "sync_rejections",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "replayed_at",
                table: "sync_rejections",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "rules",
                table: "sync_jobs",
                type: "json",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "sync_seen_values",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    upto = table.Column<long>(type: "bigint", nullable: false),
                    hashes = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_seen_values", x => new { x.tenant_id, x.job_id, x.name, x.upto });
                });

            migrationBuilder.CreateIndex(
                name: "idx_sync_rejections_replay",
                table: "sync_rejections",
                columns: new[] { "tenant_id", "replay_job_id", "seq" },
                filter: "replay_job_id IS NOT NULL");

            migrationBuilder.Sql(SqlResource.Read("0024_rules.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "sync_seen_values");

            migrationBuilder.DropIndex(
                name: "idx_sync_rejections_replay",
                table: "sync_rejections");

            migrationBuilder.DropColumn(
                name: "corrected_at",
                table: "sync_rejections");

            migrationBuilder.DropColumn(
                name: "corrected_by",
                table: "sync_rejections");

            migrationBuilder.DropColumn(
                name: "correction",
                table: "sync_rejections");

            migrationBuilder.DropColumn(
                name: "replay_job_id",
                table: "sync_rejections");

            migrationBuilder.DropColumn(
                name: "replayed_at",
                table: "sync_rejections");

            migrationBuilder.DropColumn(
                name: "rules",
                table: "sync_jobs");
        }
    }
}
