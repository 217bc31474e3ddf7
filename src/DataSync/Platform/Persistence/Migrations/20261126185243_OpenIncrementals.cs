using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class OpenIncrementals : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ux_sync_jobs_open_incremental",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "source_id" },
                unique: true,
                filter: "sync_type = 'incremental' AND status IN ('queued', 'running', 'waiting')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ux_sync_jobs_open_incremental",
                table: "sync_jobs");
        }
    }
}
