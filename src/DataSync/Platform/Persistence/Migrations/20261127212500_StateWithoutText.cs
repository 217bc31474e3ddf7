using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class StateWithoutText : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(SqlResource.Read("0038_state_without_text.sql"));

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // The function as it was before, and nothing beside it.
            var before = SqlResource.Read("0036_slots_from_their_beginning.sql");
            before = before[before.IndexOf("CREATE OR REPLACE FUNCTION public.note_source_slot", StringComparison.Ordinal)..];
            migrationBuilder.Sql(before[..(before.IndexOf("END $$;", StringComparison.Ordinal) + 7)]);
        }
    }
}
