using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class AnswersPaidBy : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(name: "job_id", table: "ai_answers", type: "uuid", nullable: true);
            migrationBuilder.AddColumn<long>(name: "seq", table: "ai_answers", type: "bigint", nullable: false, defaultValue: 0L);
            migrationBuilder.AddColumn<int>(name: "calls", table: "ai_answers", type: "integer", nullable: false, defaultValue: 0);
            migrationBuilder.AddColumn<int>(name: "reasks", table: "ai_answers", type: "integer", nullable: false, defaultValue: 0);
            migrationBuilder.AddColumn<int>(name: "estimated", table: "ai_answers", type: "integer", nullable: false, defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(name: "job_id", table: "ai_answers");
            migrationBuilder.DropColumn(name: "seq", table: "ai_answers");
            migrationBuilder.DropColumn(name: "calls", table: "ai_answers");
            migrationBuilder.DropColumn(name: "reasks", table: "ai_answers");
            migrationBuilder.DropColumn(name: "estimated", table: "ai_answers");
        }
    }
}
