using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class SourceSlots : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "source_slots",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    lag_bytes = table.Column<long>(type: "bigint", nullable: true),
                    looked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    next_look_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_source_slots", x => new { x.tenant_id, x.source_id });
                    table.ForeignKey(
                        name: "fk_source_slots_data_source_config_tenant_id_source_id",
                        columns: x => new { x.tenant_id, x.source_id },
                        principalTable: "data_source_configs",
                        principalColumns: new[] { "tenant_id", "source_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.Sql(SqlResource.Read("0034_source_slots.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER noting ON public.sync_state; DROP FUNCTION public.note_source_slot();");

            migrationBuilder.DropTable(
                name: "source_slots");
        }
    }
}
