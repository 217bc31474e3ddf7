using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;

namespace DataSync.Platform.Localization;

/// <summary>
/// Every text a user sees, by language and key. The languages are the embedded files <c>languages/*.json</c>: a new one is one file.
/// A key that a language lacks falls back to en-US, then to the key itself, so a user is never left without an answer.
/// </summary>
internal sealed class Messages
{
    public const string FallbackLanguage = "en-US";

    private const string ResourcePrefix = "languages/";
    private static readonly JsonSerializerOptions Strict = new() { AllowDuplicateProperties = false };
    private readonly FrozenDictionary<string, FrozenDictionary<string, string>> _languages;

    /// <summary>Takes texts by language tag and key; <see cref="FallbackLanguage"/> must be among them.</summary>
    public Messages(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> languages)
    {
        _languages = languages.ToFrozenDictionary(
            l => l.Key, l => l.Value.ToFrozenDictionary(StringComparer.Ordinal), StringComparer.OrdinalIgnoreCase);
        if (!_languages.ContainsKey(FallbackLanguage)) throw new ArgumentException($"No language {FallbackLanguage}.", nameof(languages));
        Languages = [.. _languages.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Tags of the languages there are, such as <c>zh-CN</c>.</summary>
    public IReadOnlyList<string> Languages { get; }

    /// <summary>Reads the language files embedded in an assembly.</summary>
    public static Messages Load(Assembly assembly)
        => new(LanguagesOf(assembly).ToDictionary(l => l, IReadOnlyDictionary<string, string> (l) => Read(assembly, $"{ResourcePrefix}{l}.json"), StringComparer.OrdinalIgnoreCase));

    /// <summary>Tags of the languages whose files are embedded in an assembly.</summary>
    public static IReadOnlyList<string> LanguagesOf(Assembly assembly)
        => [.. assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal) && n.EndsWith(".json", StringComparison.Ordinal))
            .Select(n => n[ResourcePrefix.Length..^".json".Length]).Order(StringComparer.Ordinal)];

    /// <summary>The keys of one language.</summary>
    public IEnumerable<string> Keys(string language) => _languages[language].Keys;

    /// <summary>The text as it stands in the file; null if neither the language nor en-US has it.</summary>
    public string? Template(string key, string language)
        => _languages.TryGetValue(language, out var texts) && texts.TryGetValue(key, out var text) ? text
            : _languages[FallbackLanguage].GetValueOrDefault(key);

    /// <summary>The text with its placeholders filled. Numbers and times are written the same way in every language.</summary>
    public string Format(string key, string language, IReadOnlyDictionary<string, object?>? values = null)
        => Template(key, language) is { } template ? MessageTemplate.Fill(template, values) : key;

    /// <summary>Why a record was refused: a message of ours is a key, and filled with the field it names; a rule's own text stays as its author wrote it.</summary>
    public string Worded(string message, string? field, string language)
        => message.StartsWith("errors.", StringComparison.Ordinal) ? Format(message, language, new Dictionary<string, object?>(StringComparer.Ordinal) { ["field"] = field }) : message;

    private static Dictionary<string, string> Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        return JsonSerializer.Deserialize<Dictionary<string, string>>(stream, Strict)
            ?? throw new InvalidDataException($"{resource} holds no texts.");
    }
}
