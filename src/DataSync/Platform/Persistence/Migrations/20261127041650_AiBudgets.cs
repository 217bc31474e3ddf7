using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class AiBudgets : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateOnly>(
                name: "day",
                table: "ai_usage",
                type: "date",
                nullable: false,
                defaultValue: new DateOnly(1, 1, 1));

            migrationBuilder.AddColumn<long>(
                name: "day_cost_micros",
                table: "ai_usage",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<long>(
                name: "day_tokens",
                table: "ai_usage",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateTable(
                name: "ai_budgets",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    token_limit = table.Column<long>(type: "bigint", nullable: true),
                    cost_limit = table.Column<long>(type: "bigint", nullable: true),
                    day_token_limit = table.Column<long>(type: "bigint", nullable: true),
                    day_cost_limit = table.Column<long>(type: "bigint", nullable: true),
                    updated_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_ai_budgets", x => x.tenant_id);
                    table.CheckConstraint("ck_ai_budgets", "char_length(tenant_id) BETWEEN 1 AND 255 AND LEAST(token_limit, cost_limit, day_token_limit, day_cost_limit, 0) >= 0");
                });

            migrationBuilder.Sql(SqlResource.Read("0026_ai_budgets.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ai_budgets");

            migrationBuilder.DropColumn(
                name: "day",
                table: "ai_usage");

            migrationBuilder.DropColumn(
                name: "day_cost_micros",
                table: "ai_usage");

            migrationBuilder.DropColumn(
                name: "day_tokens",
                table: "ai_usage");
        }
    }
}
