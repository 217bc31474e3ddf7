using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Audit : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "audit_log",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    previous = table.Column<byte[]>(type: "bytea", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor_kind = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    actor = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    client = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    action = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    target_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    target = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: true),
                    outcome = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    correlation_id = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    details = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true),
                    salt = table.Column<byte[]>(type: "bytea", nullable: true),
                    digest = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_log", x => new { x.tenant_id, x.sequence });
                    table.CheckConstraint("ck_audit_log", "char_length(tenant_id) BETWEEN 1 AND 255 AND sequence > 0 AND length(digest) = 32 AND length(previous) = 32 AND length(hash) = 32");
                });

            migrationBuilder.CreateTable(
                name: "audit_pending",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    actor_kind = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    actor = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    client = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: true),
                    action = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    target_kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    target = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: true),
                    outcome = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    correlation_id = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    details = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true),
                    salt = table.Column<byte[]>(type: "bytea", nullable: true, defaultValueSql: "uuid_send(gen_random_uuid())"),
                    digest = table.Column<byte[]>(type: "bytea", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_pending", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_audit_pending_tenant", "char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateIndex(
                name: "ix_audit_log_tenant_id_actor_sequence",
                table: "audit_log",
                columns: new[] { "tenant_id", "actor", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_log_tenant_id_target_sequence",
                table: "audit_log",
                columns: new[] { "tenant_id", "target", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_audit_log_tenant_id_time",
                table: "audit_log",
                columns: new[] { "tenant_id", "time" });

            migrationBuilder.Sql(SqlResource.Read("0029_audit.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER audit_end ON public.sync_jobs; DROP TRIGGER audit_start ON public.sync_jobs; DROP FUNCTION public.audit_sync_job();");

            migrationBuilder.DropTable(
                name: "audit_log");

            migrationBuilder.DropTable(
                name: "audit_pending");

            migrationBuilder.Sql("DROP FUNCTION public.refuse_audit_change(), public.erase_audit_entries(text, integer), public.prune_audit_entries(text, bigint, bytea), public.audit_digest(bytea, text, text, text, text);");
        }
    }
}
