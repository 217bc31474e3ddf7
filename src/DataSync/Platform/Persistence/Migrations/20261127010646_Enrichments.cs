using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Enrichments : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "enriched",
                table: "sync_jobs",
                type: "json",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "rung_at",
                table: "sync_jobs",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "waiting_since",
                table: "sync_jobs",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "sync_enrichments",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    outcome = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    problem = table.Column<string>(type: "text", nullable: true),
                    result = table.Column<string>(type: "json", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_enrichments", x => new { x.tenant_id, x.job_id, x.kind, x.seq });
                });

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_waiting",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "not_before" },
                filter: "status = 'waiting'");

            migrationBuilder.Sql(SqlResource.Read("0022_enrichments.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "sync_enrichments");

            migrationBuilder.DropIndex(
                name: "idx_sync_jobs_waiting",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "enriched",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "rung_at",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "waiting_since",
                table: "sync_jobs");
        }
    }
}
