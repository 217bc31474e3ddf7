using System.Text.RegularExpressions;

namespace DataSync.Tests.Architecture;

/// <summary>Holds the house: who may use whom, which third party is fenced to which folder, and how large a file may be.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Source = Path.Combine(Repository.Root, "src", "DataSync");

    /// <summary>What each room may use besides itself. The root files are the table of contents and know all.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Pipeline"] = [],
        ["Platform"] = ["Pipeline.Failures"],
        ["Sources"] = ["Pipeline", "Platform"],
        ["Extract"] = ["Pipeline", "Platform"],
        ["Process"] = ["Pipeline", "Platform"],
        ["Refine"] = ["Pipeline", "Platform"],
        ["Export"] = ["Pipeline", "Platform"],
        ["Jobs"] = ["Pipeline", "Platform", "Sources"],
        ["Alerts"] = ["Pipeline", "Platform"],
        ["Privacy"] = ["Pipeline", "Platform"],
    };

    /// <summary>Third parties, and the only folders that may name them.</summary>
    private static readonly Dictionary<string, string[]> Fences = new(StringComparer.Ordinal)
    {
        ["Hangfire"] = ["Jobs"],
        ["Cronos"] = ["Jobs/Schedules"],
        ["CsvHelper"] = ["Export/Csv"],
        ["Snappier"] = ["Export/Parquet/Format"],
        ["Amazon"] = ["Export/Storage/S3"],
        ["ZstdSharp"] = ["Export/Compression/Zstd"],
        ["MailKit"] = ["Alerts/Channels/Email"],
        ["MimeKit"] = ["Alerts/Channels/Email"],
        ["Npgsql"] = ["Platform", "Process/Async", "Jobs", "Alerts", "Privacy", "Extract/Connectors/Postgres"],
        ["Microsoft.Data.Sqlite"] = ["Extract/Connectors/Sqlite"],
        ["SQLitePCL"] = ["Extract/Connectors/Sqlite"],
        ["MySqlConnector"] = ["Extract/Connectors/MySql"],
        ["Microsoft.Data.SqlClient"] = ["Extract/Connectors/SqlServer"],
        ["Microsoft.SqlServer"] = ["Extract/Connectors/SqlServer/Text"],
        ["Polly"] = ["Platform/Resilience"],
        ["NJsonSchema"] = [],
        ["Json.Schema"] = [],
        ["Newtonsoft"] = [],
        ["Microsoft.Extensions.AI"] = ["Refine/Ai"],
        ["OpenAI"] = ["Refine/Ai/Provider"],
        ["System.ClientModel"] = ["Refine/Ai/Provider"],
        ["Microsoft.IdentityModel"] = ["Platform/Authentication"],
        ["Microsoft.Extensions.Caching"] = ["Platform/Caching"],
        ["StackExchange.Redis"] = ["Platform/Caching"],
        ["Serilog"] = ["Platform/Monitoring"],
        ["OpenTelemetry"] = ["Platform/Monitoring"],
    };

    [Fact]
    public void Rooms_use_only_what_they_may()
    {
        List<string> wrong = [];
        foreach (var (file, text) in Files())
        {
            var room = file.Split('/')[0];
            if (!Allowed.TryGetValue(room, out var allowed)) continue;
            foreach (var used in Namespaces().Matches(text).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal))
            {
                if (used.Split('.')[0] != room && !allowed.Any(a => used == a || used.StartsWith(a + ".", StringComparison.Ordinal))) wrong.Add($"{file} uses DataSync.{used}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Third_parties_stay_behind_their_fences()
    {
        List<string> wrong = [];
        foreach (var (file, text) in Files().Where(f => f.File.Contains('/', StringComparison.Ordinal)))
        {
            foreach (var (library, folders) in Fences)
            {
                if (Regex.IsMatch(text, $@"(?m)^using (static )?{Regex.Escape(library)}[.;]") && !folders.Any(f => file.StartsWith(f + "/", StringComparison.Ordinal))) wrong.Add($"{file} uses {library}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Native_code_stays_behind_its_fence()
        => Assert.Empty(Files().Where(f => Regex.IsMatch(f.Text, @"\bunsafe (partial |sealed |class |static |struct |\w+ \w+\()|\[LibraryImport\(") && !f.File.StartsWith("Extract/Connectors/Odbc/", StringComparison.Ordinal)).Select(f => f.File));

    /// <summary>What .NET asks for without being told fetches whatever a stranger's certificate names; the analysers see to those who make the options themselves.</summary>
    [Fact]
    public void Connections_over_http_say_what_their_TLS_asks_for()
        => Assert.Empty(Files().Where(f => Regex.IsMatch(f.Text, @"\bHttpClientHandler\b|\bnew HttpClient\(\)|\bAddHttpClient\(") || (f.Text.Contains("SocketsHttpHandler", StringComparison.Ordinal) && !f.Text.Contains("SslOptions = ", StringComparison.Ordinal))).Select(f => f.File));

    [Fact]
    public void Files_are_small()
    {
        var lengths = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !IsGenerated(f)).Select(f => (File: Path.GetRelativePath(Repository.Root, f), Lines: File.ReadLines(f).Count())).OrderBy(f => f.Lines).ToList();
        Assert.DoesNotContain(lengths, f => f.Lines > 400);
        Assert.True(lengths[lengths.Count / 2].Lines <= 60, $"The median file has {lengths[lengths.Count / 2].Lines} lines.");
    }

    [Fact]
    public void Nothing_is_called_a_helper()
        => Assert.DoesNotContain(Files(), f => Regex.IsMatch(Path.GetFileName(f.File), "(Helpers?|Utils?|Common|Constants)\\.cs$"));

    private static IEnumerable<(string File, string Text)> Files()
        => Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories).Where(f => !IsGenerated(f))
            .Select(f => (Path.GetRelativePath(Source, f).Replace('\\', '/'), File.ReadAllText(f)));

    private static bool IsGenerated(string file)
        => file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            || file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            || file.Contains($"{Path.DirectorySeparatorChar}Migrations{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    [GeneratedRegex(@"\bDataSync\.([A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)*)")]
    private static partial Regex Namespaces();
}
