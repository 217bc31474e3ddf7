using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class JobChangeTracking : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "change_tracking",
                table: "sync_jobs",
                type: "json",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "change_tracking",
                table: "sync_jobs");
        }
    }
}
