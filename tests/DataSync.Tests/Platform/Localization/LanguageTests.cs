using DataSync.Platform.Localization;

namespace DataSync.Tests.Platform.Localization;

public sealed class LanguageTests
{
    /// <summary>The languages that are built in, and those of a folder that the environment names: <c>./dev lint</c> checks a translator's file before it is dropped.</summary>
    private static readonly Messages Real = Messages.Load(
        typeof(Messages).Assembly, LanguageFolder.Read(Environment.GetEnvironmentVariable(LanguageFolder.Setting), Messages.LanguagesOf(typeof(Messages).Assembly)).Languages);

    public static TheoryData<string> Languages => [.. Real.Languages];

    [Fact]
    public void Languages_of_the_contract_are_there()
    {
        Assert.Contains("en-US", Real.Languages);
        Assert.Contains("zh-CN", Real.Languages);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void Language_has_every_key_with_the_same_placeholders(string language) => Assert.Empty(Real.Faults(language));

    /// <summary>What <c>./dev lint</c> finds, each planted in a copy of the real Chinese texts.</summary>
    [Theory]
    [InlineData("titles.ResourceError", null, "titles.ResourceError: missing")]
    [InlineData("titles.Nothing", "空", "titles.Nothing: unknown")]
    [InlineData("errors.api.charset", "无法读取的字符集 {charset}。", "errors.api.charset: other placeholders")]
    [InlineData("errors.api.charset", "{host} {charset} {port}", "errors.api.charset: other placeholders")]
    [InlineData("errors.job.timeout", "超过 {seconds, plural, one {# 秒}}", "errors.job.timeout: a brace is no placeholder's")]
    [InlineData("errors.job.timeout", "超过 {seconds 秒", "errors.job.timeout: a brace is no placeholder's")]
    [InlineData("errors.job.timeout", " ", "errors.job.timeout: empty")]
    [InlineData("language.plurals", "one: sometimes", "language.plurals: no rules")]
    public void Broken_copy_of_a_language_is_found(string key, string? text, string fault)
    {
        Dictionary<string, string> Texts(string language) => Real.Keys(language).ToDictionary(k => k, k => Real.Template(k, language)!);
        var copy = Texts("zh-CN");
        Assert.Empty(LanguageParity.Faults(Texts("en-US"), copy));
        if (text is null) copy.Remove(key);
        else copy[key] = text;
        Assert.Equal([fault], LanguageParity.Faults(Texts("en-US"), copy));
    }

    [Fact]
    public void Files_are_sorted_one_key_a_line()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "src/DataSync/Platform/Localization/Languages"), "*.json"))
        {
            var lines = File.ReadAllLines(file)[1..^1];
            Assert.All(lines, line => Assert.Matches("^  \"[^\"]+\": \".*\",?$", line));
            var keys = lines.Select(l => l.Split('"')[1]).ToArray();
            Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        }
    }

    [Fact]
    public void Chinese_is_written_in_Chinese()
        => Assert.All(Real.Keys("zh-CN").Where(k => k != PluralRules.Key), key => Assert.Contains(Real.Template(key, "zh-CN")!, c => c is >= '\u4e00' and <= '\u9fff'));

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("fr", null)]
    [InlineData("en", "en-US")]
    [InlineData("EN-gb", "en-US")]
    [InlineData("zh-Hans-CN", "zh-CN")]
    [InlineData("zh_cn", "zh-CN")]
    [InlineData("*", "en-US")]
    [InlineData("fr, *;q=0.1", "en-US")]
    [InlineData("en;q=0.1, zh;q=0.9", "zh-CN")]
    [InlineData("en;q=0, zh;q=0.1", "zh-CN")]
    [InlineData("zh;q=0", null)]
    [InlineData("zh;q=2, en;q=0.3", "en-US")]
    [InlineData("zh;q=abc, en;q=0.3", "en-US")]
    [InlineData("zh ; q=0.5 , en ; q=0.4", "zh-CN")]
    [InlineData(",,;;=,", null)]
    public void Accept_Language_chooses_by_quality(string? header, string? language)
        => Assert.Equal(language, LanguagePreference.FromHeader(header, Real.Languages));

    [Theory]
    [InlineData("en-US", "1234567.5 1000000000000000000000 2026-01-01T19:04:05Z true null x, y")]
    [InlineData("zh-CN", "1234567.5 1000000000000000000000 2026-01-01T19:04:05Z true null x, y")]
    [InlineData("de-DE", "1234567,5 1000000000000000000000 2026-01-01T19:04:05Z true null x, y")]
    public void Values_are_written_as_the_language_writes_numbers_without_groups(string language, string expected)
        => Assert.Equal(expected, MessageTemplate.Fill("{a} {b} {c} {d} {e} {f}", Values, Written(language)));

    [Theory]
    [InlineData("en-US", "1,234,567.5 of 1,000", "1/1/2026", "19:04")]
    [InlineData("zh-CN", "1,234,567.5 of 1,000", "2026/1/1", "19:04")]
    [InlineData("de-DE", "1.234.567,5 of 1.000", "01.01.2026", "19:04")]
    public void Numbers_dates_and_times_are_written_as_the_text_asks(string language, string numbers, string date, string time)
    {
        Assert.Equal(numbers, MessageTemplate.Fill("{a, number} of {g, number}", Values, Written(language)));
        Assert.Equal(date, MessageTemplate.Fill("{c, date}", Values, Written(language)));
        var said = MessageTemplate.Fill("{c, time}", Values, Written(language));
        Assert.EndsWith(" UTC", said, StringComparison.Ordinal);
        Assert.True(said.Contains(time, StringComparison.Ordinal) || said.StartsWith("7:04:05", StringComparison.Ordinal), said);
    }

    [Theory]
    [InlineData("", "1 file, 2 file, 5 file")]
    [InlineData("one: i = 1 and v = 0; other", "1 file, 2 files, 5 files")]
    [InlineData("one: i = 1 and v = 0; few: v = 0 and i % 10 = 2..4 and i % 100 != 12..14; many: v = 0 and i % 10 = 0,1,5..9 or i % 100 = 12..14; other", "1 file, 2 few, 5 many")]
    public void Plural_is_the_languages_own(string rules, string expected)
    {
        Assert.True(PluralRules.TryParse(rules, out var plurals));
        var language = new WrittenLanguage(System.Globalization.CultureInfo.InvariantCulture, plurals);
        var forms = rules.Length == 0 ? "{n, plural, other {# file}}" : "{n, plural, one {# file} few {# few} many {# many} other {# files}}";
        Assert.Equal(expected, string.Join(", ", ((int[])[1, 2, 5]).Select(n => MessageTemplate.Fill(forms, new Dictionary<string, object?> { ["n"] = n }, language))));
    }

    [Theory]
    [InlineData("zero: n = 0; one: n = 1; two: n = 2; few: n % 100 = 3..10; many: n % 100 = 11..99; other", "0 zero, 1 one, 2 two, 7 few, 12 many, 100 other, 103 few, 1.0 one, 1.5 other")] // Arabic
    [InlineData("one: n % 10 = 1 and n % 100 != 11..19; few: n % 10 = 2..9 and n % 100 != 11..19; many: f != 0; other", "1 one, 11 other, 21 one, 22 few, 12 other, 1.5 many, 10 other")] // Lithuanian
    [InlineData("one: i = 0,1; other", "0 one, 1 one, 1.5 one, 2 other")] // French
    public void Rules_are_those_of_CLDR(string rules, string expected)
    {
        Assert.True(PluralRules.TryParse(rules, out var plurals));
        Assert.All(expected.Split(", ").Select(e => e.Split(' ')), e => Assert.Equal((e[0], e[1]), (e[0], plurals.Of(decimal.Parse(e[0], System.Globalization.CultureInfo.InvariantCulture)))));
    }

    [Theory]
    [InlineData("{n, plural, =0 {none} one {# file of {m}} other {# files of {m}}}", 0, "none")]
    [InlineData("{n, plural, =0 {none} one {# file of {m}} other {# files of {m}}}", 1, "1 file of #2")]
    [InlineData("{n, plural, =0 {none} one {# file of {m}} other {# files of {m}}}", 12345, "12,345 files of #2")]
    [InlineData("{n, plural, one {x}}", 1, "{n, plural, one {x}}")]
    [InlineData("{n, nothing} {N} {} {n", 1, "{n, nothing} {N} {} {n")]
    public void Plural_fills_its_branch_and_what_is_no_placeholder_stays(string template, int n, string expected)
        => Assert.Equal(expected, MessageTemplate.Fill(template, new Dictionary<string, object?> { ["n"] = n, ["m"] = "#2" }, Written("en-US")));

    [Fact]
    public void Text_without_its_values_shows_their_names()
        => Assert.Equal("The check did not end within {seconds} seconds. See whether what it checks is overloaded or unreachable.", Real.Format("errors.readiness.timeout", "en-US"));

    [Fact]
    public void Value_with_braces_is_not_filled_again()
        => Assert.Equal("{b} 2", MessageTemplate.Fill("{a} {b}", new Dictionary<string, object?> { ["a"] = "{b}", ["b"] = 2 }, Written("en-US")));

    [Fact]
    public void Missing_key_falls_back_to_English_then_to_itself()
    {
        var messages = new Messages(new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["en-US"] = new Dictionary<string, string> { ["a"] = "A" },
            ["zh-CN"] = new Dictionary<string, string>(),
        });

        Assert.Equal("A", messages.Format("a", "zh-CN"));
        Assert.Equal("A", messages.Format("a", "xx"));
        Assert.Equal("no.such", messages.Format("no.such", "zh-CN"));
    }

    private static readonly Dictionary<string, object?> Values = new(StringComparer.Ordinal)
    {
        ["a"] = 1234567.5,
        ["b"] = 1e21m,
        ["c"] = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)),
        ["d"] = true,
        ["e"] = null,
        ["f"] = new[] { "x", "y" },
        ["g"] = 1000L,
    };

    private static WrittenLanguage Written(string language)
        => WrittenLanguage.Of(language, new Dictionary<string, string>(StringComparer.Ordinal) { [PluralRules.Key] = "one: i = 1 and v = 0; other" });
}
