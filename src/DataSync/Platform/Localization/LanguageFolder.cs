using System.Text.Json;
using System.Text.RegularExpressions;

namespace DataSync.Platform.Localization;

/// <summary>Further languages, a file each, such as <c>de-DE.json</c>, in a folder of the operator's: dropped there, they are spoken after the next start. Nothing is built.</summary>
internal static partial class LanguageFolder
{
    /// <summary>The setting that names the folder.</summary>
    public const string Setting = "DATASYNC_LANGUAGES_DIR";

    private const long LargestFile = 4 * 1024 * 1024;

    /// <summary>Reads the folder's files.</summary>
    /// <param name="folder">The folder; null where there is none.</param>
    /// <param name="builtIn">Tags that are taken.</param>
    /// <returns>Texts by tag and key, and the names of files that are no languages.</returns>
    public static (IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Languages, IReadOnlyList<string> Unusable) Read(string? folder, IReadOnlyCollection<string> builtIn)
    {
        Dictionary<string, IReadOnlyDictionary<string, string>> languages = new(StringComparer.OrdinalIgnoreCase);
        List<string> unusable = [];
        if (string.IsNullOrEmpty(folder)) return (languages, unusable);
        if (!Directory.Exists(folder)) return (languages, [folder]);
        foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            var tag = Path.GetFileNameWithoutExtension(file);
            var isFree = Tag().IsMatch(tag) && !builtIn.Contains(tag, StringComparer.OrdinalIgnoreCase);
            if (isFree && Texts(file) is { } texts && languages.TryAdd(tag, texts)) continue;
            unusable.Add(Path.GetFileName(file));
        }

        return (languages, unusable);
    }

    private static Dictionary<string, string>? Texts(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LargestFile) return null;
            using var stream = File.OpenRead(file);
            var texts = JsonSerializer.Deserialize<Dictionary<string, string?>>(stream, Messages.Strict);
            return texts is null || texts.Values.Any(t => t is null) ? null : texts.ToDictionary(t => t.Key, t => t.Value!, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A language's tag, as in <c>Accept-Language</c>.</summary>
    [GeneratedRegex("^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Tag();
}
