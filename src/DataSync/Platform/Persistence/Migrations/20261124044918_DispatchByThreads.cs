using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class DispatchByThreads : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Runs in the process that took the request hold no worker's thread: the dispatcher has to tell them apart.
            migrationBuilder.Sql("GRANT SELECT (mode) ON public.sync_jobs TO datasync_system");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("REVOKE SELECT (mode) ON public.sync_jobs FROM datasync_system");
        }
    }
}
