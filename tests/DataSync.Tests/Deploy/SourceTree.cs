using System.Text.RegularExpressions;

namespace DataSync.Tests.Deploy;

/// <summary>The checkout's files, for tests that hold the repository to its word.</summary>
static partial class SourceTree
{
    static string Root => Repository.Root;

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Exists(string path) => Path.Combine(Root, path) is var full && (File.Exists(full) || Directory.Exists(full));

    /// <summary>The settings that the service's code names in a string: what it reads.</summary>
    public static IReadOnlySet<string> SettingsRead { get; } = new[] { "src/DataSync", "src/DataSync.Host" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
        .SelectMany(file => SettingLiteral().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value))
        .ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex("\"(?<name>(DATASYNC|SYNC|LABEL_STUDIO|AI_ENHANCEMENT)_[A-Z_]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex SettingLiteral();
}
