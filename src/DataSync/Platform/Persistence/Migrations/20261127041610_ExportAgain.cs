using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class ExportAgain : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "export_of",
                table: "sync_jobs",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_export_of",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "export_of", "id" },
                filter: "export_of IS NOT NULL");

            // Whoever looks for due schedules passes over jobs that ask nothing of their source.
            migrationBuilder.Sql("GRANT SELECT (export_of) ON public.sync_jobs TO datasync_system");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "idx_sync_jobs_export_of",
                table: "sync_jobs");

            migrationBuilder.DropColumn(
                name: "export_of",
                table: "sync_jobs");
        }
    }
}
