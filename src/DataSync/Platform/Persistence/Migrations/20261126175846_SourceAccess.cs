using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace DataSync.Platform.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class SourceAccess : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "access",
                table: "data_source_configs",
                type: "json",
                nullable: true);

            // What is found out about a source's login changes nothing of its configuration: no cached copy need be read again.
            migrationBuilder.Sql(
                """
                DROP TRIGGER configuration ON public.data_source_configs;
                CREATE TRIGGER configuration AFTER INSERT OR DELETE ON public.data_source_configs
                    FOR EACH ROW EXECUTE FUNCTION public.raise_configuration_generation();
                CREATE TRIGGER configuration_changed AFTER UPDATE ON public.data_source_configs
                    FOR EACH ROW WHEN (NEW.version <> OLD.version OR NEW.access::text IS NOT DISTINCT FROM OLD.access::text)
                    EXECUTE FUNCTION public.raise_configuration_generation();
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(
                """
                DROP TRIGGER configuration ON public.data_source_configs;
                DROP TRIGGER configuration_changed ON public.data_source_configs;
                CREATE TRIGGER configuration AFTER INSERT OR UPDATE OR DELETE ON public.data_source_configs
                    FOR EACH ROW EXECUTE FUNCTION public.raise_configuration_generation();
                """);

            migrationBuilder.DropColumn(
                name: "access",
                table: "data_source_configs");
        }
    }
}
