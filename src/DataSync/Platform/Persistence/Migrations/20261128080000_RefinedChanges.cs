using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class RefinedChanges : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(SqlResource.Read("0039_refined_changes.sql"));

        /// <summary>Records that are kept as changes alone would be lost with the column: it goes only where there are none.</summary>
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                -- The owner is behind the wall himself; where this refuses, the wall is as it was.
                ALTER TABLE public.sync_data NO FORCE ROW LEVEL SECURITY;
                DO $$ BEGIN
                    IF EXISTS (SELECT FROM public.sync_data WHERE refined_changes IS NOT NULL) THEN RAISE EXCEPTION 'sync_data holds refined records as changes; erase or export those jobs first'; END IF;
                END $$;
                ALTER TABLE public.sync_data FORCE ROW LEVEL SECURITY;
                """);
            migrationBuilder.Sql(SqlResource.Read("0003_stored_compression.sql"));
            migrationBuilder.Sql("ALTER TABLE public.sync_data DROP COLUMN refined_changes");
        }
    }
}
