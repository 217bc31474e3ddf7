using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Webhooks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "webhook_deliveries",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    delivery_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    webhook_id = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    arrival = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    bytes = table.Column<int>(type: "integer", nullable: false),
                    payload = table.Column<byte[]>(type: "bytea", nullable: true),
                    let_go_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    job_id = table.Column<Guid>(type: "uuid", nullable: true),
                    position = table.Column<long>(type: "bigint", nullable: true),
                    failure = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    replays = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_deliveries", x => new { x.tenant_id, x.delivery_id });
                    table.CheckConstraint("ck_webhook_deliveries_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateTable(
                name: "webhook_drains",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: true),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_webhook_drains", x => new { x.tenant_id, x.source_id });
                    table.CheckConstraint("ck_webhook_drains_ids", "char_length(tenant_id) BETWEEN 1 AND 255 AND char_length(source_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateIndex(
                name: "idx_webhook_deliveries_job",
                table: "webhook_deliveries",
                columns: new[] { "tenant_id", "job_id", "position" },
                filter: "job_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_webhook_deliveries_received",
                table: "webhook_deliveries",
                columns: new[] { "tenant_id", "received_at", "delivery_id" });

            migrationBuilder.CreateIndex(
                name: "idx_webhook_deliveries_waiting",
                table: "webhook_deliveries",
                columns: new[] { "tenant_id", "source_id", "arrival" },
                filter: "job_id IS NULL AND failure IS NULL");

            migrationBuilder.Sql(SqlResource.Read("0010_webhooks.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "webhook_deliveries");

            migrationBuilder.DropTable(
                name: "webhook_drains");
        }
    }
}
