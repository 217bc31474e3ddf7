using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <summary>Rights alone: the model stays as it is, so there is no designer file.</summary>
    [DbContext(typeof(DataSyncDbContext))]
    [Migration("20261123210000_KeySweep")]
    public partial class KeySweep : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(SqlResource.Read("0002_key_sweep.sql"));

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
            => migrationBuilder.Sql("DROP POLICY sweep_read ON public.tenant_keys; REVOKE SELECT (tenant_id, key_id, master_key_id) ON public.tenant_keys FROM datasync_system;");
    }
}
