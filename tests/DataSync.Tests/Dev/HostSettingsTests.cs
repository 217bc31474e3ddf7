using DataSync.Dev;
using DataSync.Dev.Start;
using DataSync.LocalPostgres;
using DataSync.LocalPostgres.Secrets;
using DataSync.Tests.Deploy;

namespace DataSync.Tests.Dev;

public sealed class HostSettingsTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("datasync-settings-");

    [Fact]
    public void Settings_are_ones_the_code_reads()
        => Assert.Empty(new[] { Settings.Migrate(), Settings.Api(), Settings.Worker() }
            .SelectMany(settings => settings.Where(pair => pair.Value is not null).Select(pair => pair.Key)).Distinct()
            .Where(name => name.StartsWith("DATASYNC_", StringComparison.Ordinal)).Except(SourceTree.SettingsRead));

    [Fact]
    public void Owner_is_known_to_the_migrations_alone()
    {
        Assert.Equal("owner", Settings.Migrate()["DATASYNC_OWNER_CONNECTION"]);
        Assert.All(new[] { Settings.Api(), Settings.Worker() }, settings =>
        {
            Assert.Null(settings["DATASYNC_OWNER_CONNECTION"]);
            Assert.Equal("app", settings["DATASYNC_CONNECTION"]);
            Assert.Equal("system", settings["DATASYNC_SYSTEM_CONNECTION"]);
        });
    }

    [Fact]
    public void Superuser_is_taken_out_of_every_environment()
        => Assert.All(new[] { Settings.Migrate(), Settings.Api(), Settings.Worker() }, settings => Assert.Null(settings["DATASYNC_ADMIN_CONNECTION"]));

    [Fact]
    public void Only_the_api_listens_on_the_address_that_was_asked_for()
    {
        Assert.Equal("http://127.0.0.1:8080", Settings.Api()["DATASYNC_URLS"]);
        Assert.Null(Settings.Worker()["DATASYNC_URLS"]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    HostSettings Settings => new(new Checkout(_folder.FullName), new DevelopmentKeys(_folder.FullName), new RoleConnections("owner", "app", "system"), "http://127.0.0.1:8080");
}
