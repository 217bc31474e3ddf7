using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class OperatorSettings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "max_concurrent_jobs",
                table: "tenant_settings",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "requests_per_minute",
                table: "tenant_settings",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "realtime_bytes",
                table: "tenant_settings",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "updated_by",
                table: "tenant_settings",
                type: "character varying(255)",
                maxLength: 255,
                nullable: true);

            migrationBuilder.AddCheckConstraint(
                name: "ck_tenant_settings_least",
                table: "tenant_settings",
                sql: "LEAST(max_concurrent_jobs, requests_per_minute, realtime_bytes, 1) >= 1");

            migrationBuilder.Sql(SqlResource.Read("0031_tenant_settings.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP POLICY sweep_read ON public.tenant_settings;");

            migrationBuilder.DropCheckConstraint(
                name: "ck_tenant_settings_least",
                table: "tenant_settings");

            migrationBuilder.DropColumn(
                name: "max_concurrent_jobs",
                table: "tenant_settings");

            migrationBuilder.DropColumn(
                name: "requests_per_minute",
                table: "tenant_settings");

            migrationBuilder.DropColumn(
                name: "realtime_bytes",
                table: "tenant_settings");

            migrationBuilder.DropColumn(
                name: "updated_by",
                table: "tenant_settings");
        }
    }
}
