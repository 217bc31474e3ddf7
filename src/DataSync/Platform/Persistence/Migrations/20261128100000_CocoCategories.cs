using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class CocoCategories : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "coco_categories",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<int>(type: "integer", nullable: false),
                    name = table.Column<string>(type: "text", nullable: true),
                    hash = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_coco_categories", x => new { x.tenant_id, x.source_id, x.id });
                });

            migrationBuilder.CreateIndex(
                name: "idx_coco_categories_hash",
                table: "coco_categories",
                columns: new[] { "tenant_id", "source_id", "hash" });

            migrationBuilder.Sql(SqlResource.Read("0040_coco_categories.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "coco_categories");
        }
    }
}
