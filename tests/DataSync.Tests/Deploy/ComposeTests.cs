using System.Text.RegularExpressions;

namespace DataSync.Tests.Deploy;

public sealed partial class ComposeTests
{
    static readonly string[] Roles = ["migrate", "api", "worker"];

    [Fact]
    public void Services_are_the_database_and_one_for_each_role()
        => Assert.Equal(["api", "migrate", "postgres", "worker"], ComposeFile.Services.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_setting_of_ours_is_one_the_code_reads()
        => Assert.Empty(Roles.SelectMany(role => ComposeFile.Environment(role).Keys).Distinct()
            .Where(name => name.StartsWith("DATASYNC_", StringComparison.Ordinal) || name.StartsWith("SYNC_", StringComparison.Ordinal))
            .Except(SourceTree.SettingsRead));

    [Theory]
    [InlineData("migrate")]
    [InlineData("api")]
    [InlineData("worker")]
    public void Service_runs_in_the_role_of_its_name(string service) => Assert.Equal(service, ComposeFile.Environment(service)["DATASYNC_ROLE"]);

    [Theory]
    [InlineData("migrate")]
    [InlineData("api")]
    [InlineData("worker")]
    public void Service_may_do_nothing_it_need_not_and_take_no_more_than_its_share(string name)
    {
        var service = ComposeFile.Service(name);
        Assert.Equal("true", service["read_only"]);
        Assert.Equal(["ALL"], ((List<object>)service["cap_drop"]!).Cast<string>());
        Assert.Contains("no-new-privileges:true", ((List<object>)service["security_opt"]!).Cast<string>());
        Assert.True(service.ContainsKey("mem_limit") && service.ContainsKey("pids_limit"));
    }

    [Fact]
    public void Migrations_wait_for_a_healthy_database_and_the_services_for_the_migrations()
    {
        Assert.Equal("service_healthy", ComposeFile.DependsOn("migrate")["postgres"]);
        Assert.Equal("service_completed_successfully", ComposeFile.DependsOn("api")["migrate"]);
        Assert.Equal("service_completed_successfully", ComposeFile.DependsOn("worker")["migrate"]);
    }

    [Fact]
    public void Only_the_migrations_know_the_owner()
    {
        Assert.Contains("Username=datasync_owner;", ComposeFile.Environment("migrate")["DATASYNC_OWNER_CONNECTION"], StringComparison.Ordinal);
        foreach (var service in new[] { "api", "worker" })
        {
            Assert.DoesNotContain(ComposeFile.Environment(service).Values, value => value.Contains("owner", StringComparison.OrdinalIgnoreCase));
            Assert.Contains("Username=datasync_app;", ComposeFile.Environment(service)["DATASYNC_CONNECTION"], StringComparison.Ordinal);
            Assert.Contains("Username=datasync_system;", ComposeFile.Environment(service)["DATASYNC_SYSTEM_CONNECTION"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_password_or_key_has_a_value_or_a_default()
    {
        foreach (var value in ComposeFile.Services.SelectMany(service => ComposeFile.Environment(service)).Where(pair => IsSecret(pair.Key)).Select(pair => pair.Value))
            Assert.Matches(@"\$\{[A-Z_]+(:\?[^}]+|:-)\}$", value);

        static bool IsSecret(string name) => name.EndsWith("PASSWORD", StringComparison.Ordinal) || name.EndsWith("_KEY", StringComparison.Ordinal) || name.EndsWith("CONNECTION", StringComparison.Ordinal);
    }

    [Fact]
    public void Api_and_workers_write_exports_to_the_same_volume()
    {
        foreach (var service in new[] { "api", "worker" })
        {
            Assert.Contains($"exports:{ComposeFile.Environment(service)["DATASYNC_EXPORT_ROOT"]}", ComposeFile.Mounts(service));
            Assert.Contains($"anchors:{ComposeFile.Environment(service)["DATASYNC_AUDIT_ANCHORS"]}", ComposeFile.Mounts(service));
        }

        Assert.Contains("exports", ComposeFile.Volumes);
        Assert.Contains("anchors", ComposeFile.Volumes);
    }

    [Fact]
    public void Mounted_files_exist()
    {
        var files = ComposeFile.Mounts("postgres").Where(mount => mount.StartsWith("./", StringComparison.Ordinal)).Select(mount => mount.Split(':')[0]).ToList();
        Assert.Equal(2, files.Count);
        Assert.All(files, file => Assert.True(SourceTree.Exists(file), file));
    }

    [Fact]
    public void Database_service_gets_the_passwords_its_script_asks_for()
    {
        var asked = GetEnvironment().Matches(SourceTree.Read("deploy/postgres/init-roles.sh")).Select(match => match.Groups["name"].Value).ToList();
        Assert.Equal(4, asked.Count);
        Assert.Subset(ComposeFile.Environment("postgres").Keys.ToHashSet(), asked.ToHashSet());
    }

    [Fact]
    public void Example_names_every_variable_that_has_no_default()
    {
        var required = Required().Matches(SourceTree.Read("docker-compose.yml")).Select(match => match.Groups["name"].Value).ToHashSet();
        Assert.NotEmpty(required);
        Assert.Subset(Example().Matches(SourceTree.Read(".env.example")).Select(match => match.Groups["name"].Value).ToHashSet(), required);
    }

    [Fact]
    public void Example_gives_no_secret()
        => Assert.DoesNotMatch(@"(?m)^#?\s*\w*(PASSWORD|KEY)=.+$", SourceTree.Read(".env.example"));

    [GeneratedRegex(@"^\\getenv \w+ (?<name>\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex GetEnvironment();

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+):\?", RegexOptions.ExplicitCapture)]
    private static partial Regex Required();

    [GeneratedRegex(@"^(?<name>[A-Z_]+)=", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Example();
}
