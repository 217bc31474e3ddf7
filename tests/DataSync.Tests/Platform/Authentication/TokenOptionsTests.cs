using DataSync.Platform.Authentication;
using DataSync.Tests.Platform.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace DataSync.Tests.Platform.Authentication;

public sealed class TokenOptionsTests
{
    private static readonly string Key = Convert.ToBase64String(new byte[32]);

    [Theory]
    [InlineData("Development", null, "key", 0)]
    [InlineData("Staging", null, "key", 0)]
    [InlineData("Production", null, "key", 1)]
    [InlineData("Production", "https://id.example", null, 0)]
    [InlineData("Production", "http://id.example", null, 1)]
    [InlineData("Production", "http://127.0.0.1:5000", null, 1)]
    [InlineData("Development", "http://127.0.0.1:5000", null, 0)]
    [InlineData("Development", "http://id.example", null, 1)]
    [InlineData("Development", "id.example", null, 1)]
    [InlineData("Development", null, null, 1)]
    [InlineData("Development", "https://id.example", "key", 1)]
    [InlineData("Production", "http://id.example", "key", 3)]
    [InlineData("Development", null, "c2hvcnQ=", 1)]
    [InlineData("Development", null, "not base64!", 1)]
    [InlineData("Production", null, "not base64!", 2)]
    public void Settings_are_checked_and_every_fault_is_named(string environment, string? authority, string? key, int faults)
    {
        var options = new TokenOptions { Authority = authority, DevelopmentKey = key == "key" ? Key : key };

        var result = new TokenOptionsValidator(new Environment(environment)).Validate(null, options);

        Assert.Equal(faults, result.Failures?.Count() ?? 0);
    }

    [Theory]
    [InlineData("DATASYNC_JWT_DEVELOPMENT_KEY", null)]
    [InlineData("DATASYNC_MASTER_KEY", null)]
    [InlineData("DATASYNC_MASTER_KEY", "c2hvcnQ=")]
    public async Task Wrong_setting_stops_the_start(string name, string? value)
    {
        await using var host = new ApiHost().With(name, value);

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(async () => await host.InitializeAsync());

        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
    }

    private sealed class Environment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
