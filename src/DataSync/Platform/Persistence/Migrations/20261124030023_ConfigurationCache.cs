using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class ConfigurationCache : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "configuration_generations",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    generation = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_configuration_generations", x => x.tenant_id);
                });

            migrationBuilder.CreateTable(
                name: "tenant_settings",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    language = table.Column<string>(type: "character varying(35)", maxLength: 35, nullable: true),
                    version = table.Column<int>(type: "integer", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tenant_settings", x => x.tenant_id);
                    table.CheckConstraint("ck_tenant_settings_tenant", "char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.Sql(SqlResource.Read("0004_configuration_cache.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER configuration ON data_source_configs; DROP TRIGGER configuration ON tenant_settings; DROP FUNCTION raise_configuration_generation();");

            migrationBuilder.DropTable(
                name: "configuration_generations");

            migrationBuilder.DropTable(
                name: "tenant_settings");
        }
    }
}
