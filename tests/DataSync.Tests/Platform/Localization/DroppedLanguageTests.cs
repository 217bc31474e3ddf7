using System.Text.Json;
using DataSync.Platform.Localization;
using DataSync.Platform.Settings;
using DataSync.Tests.Platform.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Tests.Platform.Localization;

/// <summary>A language that nobody built: a file in a folder, spoken by a server that was started beside it.</summary>
public sealed class DroppedLanguageTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("datasync-languages-").FullName;
    private readonly ApiHost _host = new();

    [Fact]
    public async Task Dropped_file_is_spoken_with_its_own_plurals_and_numbers_and_English_where_it_is_silent()
    {
        Drop("de-DE.json", new()
        {
            [PluralRules.Key] = "one: i = 1 and v = 0; other",
            ["titles.ValidationError"] = "Die Anfrage ist nicht gültig",
            ["errors.request.invalid"] = "Die Anfrage hat Fehler.",
            ["errors.job.queue_full"] = "{limit, plural, one {# Auftrag wartet} other {# Aufträge warten}} bereits.",
        });
        await StartAsync();

        var refused = await _host.GetAsync("/api/samples?page_size=0", _host.Token(language: "de"));
        Assert.Equal(("de-DE", 422), (refused.Headers["Content-Language"], refused.Status));
        Assert.Equal("Die Anfrage hat Fehler.", refused.Json.GetProperty("message").GetString());
        Assert.Equal("Die Anfrage ist nicht gültig", refused.Json.GetProperty("title").GetString());
        Assert.Equal("Must be a whole number from 1 to 1000.", refused.Json.GetProperty("errors")[0].GetProperty("message").GetString());
        Assert.Equal("de-DE", (await _host.GetAsync("/nowhere", null, ("Accept-Language", "fr, de;q=0.5"))).Headers["Content-Language"]);

        var messages = _host.Services.GetRequiredService<Messages>();
        Assert.Equal(["de-DE", "en-US", "zh-CN"], messages.Languages);
        string Queue(int limit) => messages.Format("errors.job.queue_full", "de-DE", new Dictionary<string, object?> { ["limit"] = limit });
        var grouped = 10_000.ToString("N0", System.Globalization.CultureInfo.GetCultureInfo("de-DE")); // a machine without cultures writes 10,000
        Assert.Equal(("1 Auftrag wartet bereits.", $"{grouped} Aufträge warten bereits."), (Queue(1), Queue(10_000)));
        Assert.Contains(_host.Log.Lines, line => line.Text.Contains("The language de-DE differs from en-US", StringComparison.Ordinal));
        Assert.DoesNotContain(_host.Log.Lines, line => line.Text.Contains("The language zh-CN", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("zh-CN.json", "{}")]
    [InlineData("not a tag.json", "{}")]
    [InlineData("fr-FR.json", "[]")]
    [InlineData("fr-FR.json", """{"a":1}""")]
    [InlineData("fr-FR.json", """{"a":"1","a":"2"}""")]
    [InlineData("fr-FR.json", """{"a":null}""")]
    public async Task File_that_is_no_language_refuses_the_start(string name, string content)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, name), content, TestContext.Current.CancellationToken);
        await StartAsync();
        var fault = Assert.Single(_host.Services.GetServices<SettingsFaults>().SelectMany(f => f.Faults));
        Assert.Equal((LanguageFolder.Setting, name), (fault.Path, fault.Params!["file"]));
        Assert.Equal(["en-US", "zh-CN"], _host.Services.GetRequiredService<Messages>().Languages);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void Drop(string name, Dictionary<string, string> texts) => File.WriteAllText(Path.Combine(_folder, name), JsonSerializer.Serialize(texts));

    private ValueTask StartAsync() => _host.With(LanguageFolder.Setting, _folder).InitializeAsync();
}
