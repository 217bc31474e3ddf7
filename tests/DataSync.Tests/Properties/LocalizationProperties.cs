using System.Collections.Immutable;
using DataSync.Platform.Localization;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace DataSync.Tests.Properties;

public sealed class LocalizationProperties
{
    private static readonly Messages Real = Messages.Load(typeof(Messages).Assembly);
    private static readonly string[] Keys = [.. Real.Keys(Messages.FallbackLanguage)];

    // Feature: data-sync-pipeline, Property 28: every message has a key and comes in the language asked for
    [Property(MaxTest = 500)]
    [Trait("Property", "28")]
    public Property Every_message_comes_in_the_language_asked_for_with_all_its_values()
        => Prop.ForAll(
            Gen.Elements(Keys.Where(k => k != PluralRules.Key).ToArray()).SelectMany(key => Gen.Elements(Real.Languages.ToArray()).SelectMany(language => Texts.Select(value => (Key: key, Language: language, Value: value)))).ToArbitrary(),
            sample =>
            {
                var template = Real.Template(sample.Key, sample.Language)!;
                var names = MessageTemplate.Placeholders(template);
                var text = Real.Format(sample.Key, sample.Language, names.ToDictionary(n => n, object? (n) => $"<{n}:{sample.Value}>", StringComparer.Ordinal));
                if (MessageArgument.All(template).Any(a => a.Kind.Length > 0)) return names.All(n => text.Contains($"<{n}:{sample.Value}>", StringComparison.Ordinal)) && !text.Contains(", plural,", StringComparison.Ordinal);
                var expected = names.Aggregate(template, (t, n) => t.Replace("{" + n + "}", "\u0001" + n + "\u0002", StringComparison.Ordinal));
                expected = names.Aggregate(expected, (t, n) => t.Replace("\u0001" + n + "\u0002", $"<{n}:{sample.Value}>", StringComparison.Ordinal));
                return text == expected && (sample.Language != "zh-CN" || text.Any(c => c is >= '\u4e00' and <= '\u9fff'));
            });

    // Feature: data-sync-pipeline, Property 29: a new language file is supported without a change of code
    [Property(MaxTest = 200)]
    [Trait("Property", "29")]
    public Property Any_further_language_is_found_and_every_key_of_it_is_used()
        => Prop.ForAll(Gen.Elements("fr-FR", "ja-JP", "sr-Latn-RS", "ar", "de-CH-1996").SelectMany(tag => Texts.Select(text => (Tag: tag, Text: text))).ToArbitrary(), sample =>
        {
            var languages = Real.Languages.ToDictionary(l => l, IReadOnlyDictionary<string, string> (l) => Real.Keys(l).ToDictionary(k => k, k => Real.Template(k, l)!));
            languages[sample.Tag] = Keys.ToImmutableDictionary(k => k, k => $"{k}|{sample.Text.Replace("{", "", StringComparison.Ordinal)}");
            var messages = new Messages(languages);
            return LanguagePreference.FromHeader($"xx, {sample.Tag};q=0.8, en;q=0.1", messages.Languages) == sample.Tag
                && Keys.All(k => messages.Format(k, sample.Tag).StartsWith(k + "|", StringComparison.Ordinal))
                && Keys.All(k => messages.Format(k, "zh-CN") == Real.Format(k, "zh-CN"));
        });

    private static Gen<string> Texts => Gen.OneOf(
        Gen.Elements("", "{max}", "{", "}", "\u0000", "数据", "😀", "\u202E", "{{x}}", "%s", "'\"<&>"), ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get.Replace("\u0001", "", StringComparison.Ordinal)));
}
