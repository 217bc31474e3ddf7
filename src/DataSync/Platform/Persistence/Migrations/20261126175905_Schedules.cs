using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Schedules : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "sync_schedules",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: false),
                    cron = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    time_zone = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: true),
                    next_run_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    not_before = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_run_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_job_id = table.Column<Guid>(type: "uuid", nullable: true),
                    settled = table.Column<bool>(type: "boolean", nullable: false),
                    idle_runs = table.Column<int>(type: "integer", nullable: false),
                    failed_runs = table.Column<int>(type: "integer", nullable: false),
                    failure = table.Column<string>(type: "text", nullable: true),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sync_schedules", x => new { x.tenant_id, x.source_id });
                    table.CheckConstraint("ck_sync_schedules_plan", "(cron IS NULL) = (time_zone IS NULL)");
                    table.ForeignKey(
                        name: "fk_sync_schedules_data_source_config_tenant_id_source_id",
                        columns: x => new { x.tenant_id, x.source_id },
                        principalTable: "data_source_configs",
                        principalColumns: new[] { "tenant_id", "source_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "idx_sync_jobs_open",
                table: "sync_jobs",
                columns: new[] { "tenant_id", "source_id" },
                filter: "status IN ('queued', 'running', 'waiting')");

            migrationBuilder.Sql(SqlResource.Read("0005_schedules.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER schedule ON public.sync_jobs;
                DROP FUNCTION public.wake_scheduler();
                DROP POLICY schedule_read ON public.data_source_configs;
                REVOKE SELECT (tenant_id, source_id, is_active) ON public.data_source_configs FROM datasync_system;
                REVOKE SELECT (source_id) ON public.sync_jobs FROM datasync_system;
                """);

            migrationBuilder.DropTable(
                name: "sync_schedules");

            migrationBuilder.DropIndex(
                name: "idx_sync_jobs_open",
                table: "sync_jobs");
        }
    }
}
