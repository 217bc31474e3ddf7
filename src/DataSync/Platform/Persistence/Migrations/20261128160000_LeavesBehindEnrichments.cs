using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class LeavesBehindEnrichments : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(SqlResource.Read("0041_leaves_behind_enrichments.sql"));

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // The function as it was before, and nothing beside it.
            var before = SqlResource.Read("0035_retired.sql");
            migrationBuilder.Sql(before[before.IndexOf("CREATE OR REPLACE FUNCTION public.drop_expired_leaves", StringComparison.Ordinal)..]);
        }
    }
}
