using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Alerts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "alert_channels",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    channel_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    kind = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    host = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    target = table.Column<byte[]>(type: "bytea", nullable: false),
                    events = table.Column<string[]>(type: "text[]", nullable: false),
                    language = table.Column<string>(type: "character varying(35)", maxLength: 35, nullable: true),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alert_channels", x => new { x.tenant_id, x.channel_id });
                    table.CheckConstraint("ck_alert_channels_tenant", "char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateTable(
                name: "alert_notices",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    notice_id = table.Column<Guid>(type: "uuid", nullable: false),
                    channel_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    @event = table.Column<string>(name: "event", type: "character varying(30)", maxLength: 30, nullable: false),
                    alert_id = table.Column<Guid>(type: "uuid", nullable: true),
                    job_id = table.Column<Guid>(type: "uuid", nullable: true),
                    state = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    next_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    ended_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    failure = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alert_notices", x => new { x.tenant_id, x.notice_id });
                    table.CheckConstraint("ck_alert_notices_about", "(alert_id IS NULL) <> (job_id IS NULL)");
                    table.CheckConstraint("ck_alert_notices_state", "state IN ('pending', 'delivered', 'dead')");
                });

            migrationBuilder.CreateTable(
                name: "alert_rules",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    rule_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    condition = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    threshold = table.Column<double>(type: "double precision", nullable: false),
                    window_seconds = table.Column<int>(type: "integer", nullable: false),
                    source_id = table.Column<string>(type: "text", nullable: true),
                    min_count = table.Column<int>(type: "integer", nullable: false),
                    channels = table.Column<string[]>(type: "text[]", nullable: true),
                    enabled = table.Column<bool>(type: "boolean", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alert_rules", x => new { x.tenant_id, x.rule_id });
                    table.CheckConstraint("ck_alert_rules", "threshold >= 0 AND window_seconds >= 0 AND min_count >= 1 AND char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateTable(
                name: "alert_silences",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    rule_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alert_silences", x => new { x.tenant_id, x.rule_id });
                });

            migrationBuilder.CreateTable(
                name: "alerts",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    alert_id = table.Column<Guid>(type: "uuid", nullable: false),
                    rule_id = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    condition = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<double>(type: "double precision", nullable: false),
                    threshold = table.Column<double>(type: "double precision", nullable: false),
                    window_seconds = table.Column<int>(type: "integer", nullable: false),
                    channels = table.Column<string[]>(type: "text[]", nullable: true),
                    silenced = table.Column<bool>(type: "boolean", nullable: false),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    over_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    seen_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    acknowledged_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    acknowledged_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alerts", x => new { x.tenant_id, x.alert_id });
                    table.CheckConstraint("ck_alerts_tenant", "char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateIndex(
                name: "idx_alert_notices_channel",
                table: "alert_notices",
                columns: new[] { "tenant_id", "channel_id" });

            migrationBuilder.CreateIndex(
                name: "idx_alert_notices_created",
                table: "alert_notices",
                columns: new[] { "tenant_id", "created_at", "notice_id" });

            migrationBuilder.CreateIndex(
                name: "idx_alert_notices_pending",
                table: "alert_notices",
                columns: new[] { "tenant_id", "next_at" },
                filter: "state = 'pending'");

            migrationBuilder.CreateIndex(
                name: "ux_alert_notices_alert",
                table: "alert_notices",
                columns: new[] { "tenant_id", "alert_id", "event", "channel_id" },
                unique: true,
                filter: "alert_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "idx_alerts_opened",
                table: "alerts",
                columns: new[] { "tenant_id", "opened_at", "alert_id" });

            migrationBuilder.CreateIndex(
                name: "ux_alerts_open",
                table: "alerts",
                columns: new[] { "tenant_id", "rule_id", "subject" },
                unique: true,
                filter: "over_at IS NULL");

            migrationBuilder.Sql(SqlResource.Read("0028_alerts.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER telling ON public.sync_jobs;
                DROP FUNCTION public.tell_sync_job_ending();
                DROP TABLE public.alert_turn;
                DROP POLICY look ON public.sync_job_endings;
                DROP POLICY look ON public.sync_job_attempts;
                DROP POLICY look ON public.ai_usage;
                DROP POLICY look ON public.ai_budgets;
                DROP TABLE public.alert_notices;
                """);

            migrationBuilder.DropTable(
                name: "alert_channels");

            migrationBuilder.DropTable(
                name: "alert_rules");

            migrationBuilder.DropTable(
                name: "alert_silences");

            migrationBuilder.DropTable(
                name: "alerts");
        }
    }
}
