namespace DataSync.Platform.Localization;

/// <summary>What is wrong with a language's texts beside those of en-US: the same keys, the same placeholders, nothing empty.</summary>
internal static class LanguageParity
{
    /// <summary>The keys that are wrong, each with what it is; empty where the language is whole.</summary>
    public static IReadOnlyList<string> Faults(IReadOnlyDictionary<string, string> english, IReadOnlyDictionary<string, string> texts)
    {
        List<string> faults = [.. english.Keys.Except(texts.Keys, StringComparer.Ordinal).Select(k => $"{k}: missing"), .. texts.Keys.Except(english.Keys, StringComparer.Ordinal).Select(k => $"{k}: unknown")];
        foreach (var (key, text) in texts)
        {
            if (string.IsNullOrWhiteSpace(text)) faults.Add($"{key}: empty");
            else if (key == PluralRules.Key) AddRules(text);
            else if (!MessageTemplate.IsWellFormed(text)) faults.Add($"{key}: a brace is no placeholder's");
            else if (english.TryGetValue(key, out var model) && !MessageTemplate.Placeholders(model).SetEquals(MessageTemplate.Placeholders(text))) faults.Add($"{key}: other placeholders");
        }

        return [.. faults.Order(StringComparer.Ordinal)];

        void AddRules(string rules)
        {
            if (!PluralRules.TryParse(rules, out _)) faults.Add($"{PluralRules.Key}: no rules");
        }
    }
}
