using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class LabelStudio : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "label_studio_jobs",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    project_id = table.Column<long>(type: "bigint", nullable: false),
                    hinted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_label_studio_jobs", x => new { x.tenant_id, x.job_id });
                });

            migrationBuilder.CreateTable(
                name: "label_studio_projects",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    project_id = table.Column<long>(type: "bigint", nullable: false),
                    base_url = table.Column<string>(type: "character varying(2048)", maxLength: 2048, nullable: true),
                    api_key = table.Column<byte[]>(type: "bytea", nullable: true),
                    hook_digest = table.Column<byte[]>(type: "bytea", nullable: true),
                    version = table.Column<int>(type: "integer", nullable: false),
                    created_by = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_label_studio_projects", x => new { x.tenant_id, x.project_id });
                    table.CheckConstraint("ck_label_studio_projects", "project_id > 0 AND (base_url IS NULL) = (api_key IS NULL) AND char_length(tenant_id) BETWEEN 1 AND 255");
                });

            migrationBuilder.CreateTable(
                name: "label_studio_tasks",
                columns: table => new
                {
                    tenant_id = table.Column<string>(type: "text", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    seq = table.Column<long>(type: "bigint", nullable: false),
                    task_id = table.Column<long>(type: "bigint", nullable: true),
                    settled = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_label_studio_tasks", x => new { x.tenant_id, x.job_id, x.seq });
                    table.ForeignKey(
                        name: "fk_label_studio_tasks_label_studio_jobs_tenant_id_job_id",
                        columns: x => new { x.tenant_id, x.job_id },
                        principalTable: "label_studio_jobs",
                        principalColumns: new[] { "tenant_id", "job_id" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_label_studio_jobs_tenant_id_project_id",
                table: "label_studio_jobs",
                columns: new[] { "tenant_id", "project_id" });

            migrationBuilder.CreateIndex(
                name: "ix_label_studio_tasks_open",
                table: "label_studio_tasks",
                columns: new[] { "tenant_id", "job_id", "seq" },
                filter: "NOT settled");

            migrationBuilder.Sql(SqlResource.Read("0023_label_studio.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "label_studio_projects");

            migrationBuilder.DropTable(
                name: "label_studio_tasks");

            migrationBuilder.DropTable(
                name: "label_studio_jobs");
        }
    }
}
