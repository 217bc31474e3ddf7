using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class RetiredRecords : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "retired_at",
                table: "sync_jobs",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "idx_audit_log_words",
                table: "audit_log",
                columns: new[] { "tenant_id", "sequence" },
                filter: "salt IS NOT NULL AND action NOT IN ('audit.erase', 'tenant.erase')");

            migrationBuilder.Sql(SqlResource.Read("0035_retired.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // The function as it was before, and nothing behind it.
            var before = SqlResource.Read("0033_retention.sql");
            before = before[before.IndexOf("CREATE FUNCTION public.drop_expired_leaves", StringComparison.Ordinal)..];
            before = before[..(before.IndexOf("END $$;", StringComparison.Ordinal) + 7)];
            migrationBuilder.Sql(before.Replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", StringComparison.Ordinal));
            migrationBuilder.Sql("ALTER TABLE public.label_studio_jobs ADD CONSTRAINT fk_label_studio_jobs_job FOREIGN KEY (tenant_id, job_id) REFERENCES public.sync_jobs (tenant_id, id) ON DELETE CASCADE NOT VALID;");

            migrationBuilder.DropIndex(
                name: "idx_audit_log_words",
                table: "audit_log");

            migrationBuilder.DropColumn(
                name: "retired_at",
                table: "sync_jobs");
        }
    }
}
