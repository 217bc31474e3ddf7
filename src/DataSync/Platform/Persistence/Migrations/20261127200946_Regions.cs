using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Regions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "region",
                table: "tenant_settings",
                type: "character varying(63)",
                maxLength: 63,
                nullable: true);

            migrationBuilder.Sql(SqlResource.Read("0037_regions.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP FUNCTION public.tables_with_rows_of_tenant();");

            migrationBuilder.DropColumn(
                name: "region",
                table: "tenant_settings");
        }
    }
}
