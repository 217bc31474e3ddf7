using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class SlotsFromTheirBeginning : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "slot_releases",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    source_type = table.Column<string>(type: "character varying(50)", maxLength: 50, nullable: false),
                    connection_params = table.Column<string>(type: "json", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    mark = table.Column<Guid>(type: "uuid", nullable: true),
                    last = table.Column<string>(type: "json", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    next_try_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_slot_releases", x => new { x.tenant_id, x.id });
                });

            migrationBuilder.Sql(SqlResource.Read("0036_slots_from_their_beginning.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER expecting ON public.sync_jobs; DROP FUNCTION public.expect_source_slot();");

            // The function as it was before, and nothing behind it.
            var before = SqlResource.Read("0034_source_slots.sql");
            before = before[before.IndexOf("CREATE FUNCTION public.note_source_slot", StringComparison.Ordinal)..];
            before = before[..(before.IndexOf("END $$;", StringComparison.Ordinal) + 7)];
            migrationBuilder.Sql(before.Replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", StringComparison.Ordinal));

            migrationBuilder.DropTable(
                name: "slot_releases");
        }
    }
}
