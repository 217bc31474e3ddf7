using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class SharedRateLimits : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "rate_limits",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    next_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rate_limits", x => new { x.tenant_id, x.name });
                    table.CheckConstraint("ck_rate_limits_tenant", "char_length(tenant_id) BETWEEN 1 AND 255");
                });

            // The fill factor leaves room for a row that changes with every request: it stays in its page and out of the index.
            migrationBuilder.Sql(
                """
                ALTER TABLE public.rate_limits ENABLE ROW LEVEL SECURITY;
                ALTER TABLE public.rate_limits FORCE ROW LEVEL SECURITY;
                CREATE POLICY tenant ON public.rate_limits
                    USING (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')))
                    WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')));
                GRANT SELECT, INSERT, UPDATE ON public.rate_limits TO datasync_app;
                ALTER TABLE public.rate_limits SET (fillfactor = 10);
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "rate_limits");
        }
    }
}
