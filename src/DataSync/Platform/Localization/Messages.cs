using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Platform.Localization;

/// <summary>
/// Every text a user sees, by language and key. The languages are the embedded files <c>languages/*.json</c>, and those dropped beside a running installation: a new one is one file.
/// A key that a language lacks falls back to en-US, then to the key itself, so a user is never left without an answer.
/// </summary>
internal sealed class Messages
{
    public const string FallbackLanguage = "en-US";

    private const string ResourcePrefix = "languages/";
    /// <summary>How language files are read: a key that is given twice is a mistake.</summary>
    internal static readonly JsonSerializerOptions Strict = new() { AllowDuplicateProperties = false };
    private readonly FrozenDictionary<string, FrozenDictionary<string, string>> _languages;
    private readonly FrozenDictionary<string, WrittenLanguage> _written;

    /// <summary>Takes texts by language tag and key; <see cref="FallbackLanguage"/> must be among them.</summary>
    public Messages(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> languages)
    {
        _languages = languages.ToFrozenDictionary(
            l => l.Key, l => l.Value.ToFrozenDictionary(StringComparer.Ordinal), StringComparer.OrdinalIgnoreCase);
        _written = _languages.ToFrozenDictionary(l => l.Key, l => WrittenLanguage.Of(l.Key, l.Value), StringComparer.OrdinalIgnoreCase);
        if (!_languages.ContainsKey(FallbackLanguage)) throw new ArgumentException($"No language {FallbackLanguage}.", nameof(languages));
        Languages = [.. _languages.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Tags of the languages there are, such as <c>zh-CN</c>.</summary>
    public IReadOnlyList<string> Languages { get; }

    /// <summary>Reads the language files embedded in an assembly.</summary>
    public static Messages Load(Assembly assembly) => Load(assembly, new Dictionary<string, IReadOnlyDictionary<string, string>>());

    /// <summary>Reads the language files embedded in an assembly, and takes further languages beside them.</summary>
    public static Messages Load(Assembly assembly, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> further)
        => new(LanguagesOf(assembly).Select(l => KeyValuePair.Create(l, (IReadOnlyDictionary<string, string>)Read(assembly, $"{ResourcePrefix}{l}.json"))).Concat(further)
            .ToDictionary(l => l.Key, l => l.Value, StringComparer.OrdinalIgnoreCase));

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

    /// <summary>What is wrong with a body's member <c>language</c>: null is nobody's. Which languages there are, only the running process knows.</summary>
    public IReadOnlyList<Fault> LanguageFaults(string? language)
        => language is null || Languages.Contains(language, StringComparer.Ordinal) ? [] : [new Fault("/language", "faults.one_of", ("allowed", Languages))];

    /// <summary>What is wrong with a language beside en-US: see <see cref="LanguageParity"/>.</summary>
    public IReadOnlyList<string> Faults(string language) => LanguageParity.Faults(_languages[FallbackLanguage], _languages[language]);

    /// <summary>The text with its placeholders filled, with the language's own plurals and numbers.</summary>
    public string Format(string key, string language, IReadOnlyDictionary<string, object?>? values = null)
        => Template(key, language) is { } template ? MessageTemplate.Fill(template, values, _written[Spoken(key, language)]) : key;

    /// <summary>The same of values that stand here and there.</summary>
    public string Format(string key, string language, params (string Name, object? Value)[] values) => Format(key, language, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));

    /// <summary>The language that a text comes in: the one asked for, or en-US where that one lacks it or is not there.</summary>
    public string Spoken(string key, string language) => _languages.TryGetValue(language, out var texts) && texts.ContainsKey(key) ? language : FallbackLanguage;

    /// <summary>Why a record was refused: a message of ours is a key, and filled with the field it names; a rule's own text stays as its author wrote it.</summary>
    public string Worded(string message, string? field, string language)
        => message.StartsWith("errors.", StringComparison.Ordinal) ? Format(message, language, ("field", field)) : message;

    private static Dictionary<string, string> Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)!;
        return JsonSerializer.Deserialize<Dictionary<string, string>>(stream, Strict)
            ?? throw new InvalidDataException($"{resource} holds no texts.");
    }
}
