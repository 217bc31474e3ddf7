using System.Globalization;
using System.Net;
using System.Text.Json;
using DataSync.Tests;

namespace DataSync.IntegrationTests.Host;

/// <summary>Swagger UI in a browser, against real processes and under the pages' own Content-Security-Policy.</summary>
[Collection(nameof(WholeSystem))]
public sealed class SwaggerUiTests(EndToEndTests.System system)
{
    private static readonly NpmFolder Puppeteer = new("swagger-ui", "tests/DataSync.IntegrationTests/Host/SwaggerUi");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_authorises_starts_a_sync_and_downloads_its_export()
    {
        var chromium = Browser();
        await Puppeteer.InstallAsync(Ct);
        File.Copy(Path.Combine(Repository.Root, "tests", "DataSync.IntegrationTests", "Host", "SwaggerUi", "walk.mjs"), Path.Combine(Puppeteer.Path, "walk.mjs"), overwrite: true);
        using var client = system.Running.Client("browsing");
        await client.PostAsync("api/sources", system.Running.Source("things", new { query = "SELECT id, name FROM things WHERE id <= 3" }), HttpStatusCode.Created, Ct);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(TimeSpan.FromMinutes(3));
        var (code, said) = await Puppeteer.NodeAsync(
            ["walk.mjs", system.Running.Address.AbsoluteUri, RunningSystem.Token("browsing", "sources.write sync.read sync.write"), "things", "data.jsonl"],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["CHROMIUM"] = chromium }, patience.Token);
        Assert.True(code == 0, said);
        var seen = JsonElement.Parse(said.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal("[]", seen.GetProperty("complaints").GetRawText());
        Assert.True(seen.GetProperty("authorised").GetBoolean());
        Assert.Equal(("202", "completed"), (seen.GetProperty("status").GetString(), seen.GetProperty("ended").GetString()));
        Assert.Equal(await client.ExportAsync(Guid.Parse(seen.GetProperty("job").GetString()!, CultureInfo.InvariantCulture), "data.jsonl", Ct), seen.GetProperty("content").GetString());
        Assert.Equal(3, seen.GetProperty("content").GetString()!.Count(c => c == '\n'));
    }

    /// <summary>Skips the test, visibly, where no browser is installed, and fails it on a build server.</summary>
    private static string Browser()
    {
        var found = ((string[])["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]).FirstOrDefault(File.Exists);
        if (found is null && NpmFolder.MayMiss) Assert.Skip("Chromium is not here (Debian: sudo apt-get install chromium).");
        Assert.True(found is not null, "Chromium is not installed.");
        return found;
    }
}
