using DataSync.Platform.Localization;

namespace DataSync.Tests.Platform.Localization;

public sealed class LanguageTests
{
    private static readonly Messages Real = Messages.Load(typeof(Messages).Assembly);

    public static TheoryData<string> Languages => [.. Real.Languages];

    [Fact]
    public void Languages_of_the_contract_are_there()
    {
        Assert.Contains("en-US", Real.Languages);
        Assert.Contains("zh-CN", Real.Languages);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void Language_has_every_key_with_the_same_placeholders(string language)
    {
        Assert.Equal(Real.Keys(Messages.FallbackLanguage).Order(StringComparer.Ordinal), Real.Keys(language).Order(StringComparer.Ordinal));
        Assert.All(Real.Keys(language), key => Assert.Equal(
            MessageTemplate.Placeholders(Real.Template(key, Messages.FallbackLanguage)!).Order(StringComparer.Ordinal),
            MessageTemplate.Placeholders(Real.Template(key, language)!).Order(StringComparer.Ordinal)));
        Assert.All(Real.Keys(language), key => Assert.False(string.IsNullOrWhiteSpace(Real.Template(key, language))));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void Placeholders_are_the_only_braces(string language)
        => Assert.All(Real.Keys(language), key =>
        {
            var text = Real.Template(key, language)!;
            Assert.Equal(text.Count(c => c == '{'), System.Text.RegularExpressions.Regex.Count(text, "\\{[a-z0-9_]+\\}"));
            Assert.Equal(text.Count(c => c == '{'), text.Count(c => c == '}'));
        });

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
        => Assert.All(Real.Keys("zh-CN"), key => Assert.Contains(Real.Template(key, "zh-CN")!, c => c is >= '\u4e00' and <= '\u9fff'));

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

    [Fact]
    public void Values_are_written_the_same_in_every_language()
    {
        var text = MessageTemplate.Fill("{a} {b} {c} {d} {e} {f}", new Dictionary<string, object?>
        {
            ["a"] = 1234567.5,
            ["b"] = 1e21m,
            ["c"] = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(8)),
            ["d"] = true,
            ["e"] = null,
            ["f"] = new[] { "x", "y" },
        });

        Assert.Equal("1234567.5 1000000000000000000000 2026-01-01T19:04:05Z true null x, y", text);
    }

    [Fact]
    public void Value_with_braces_is_not_filled_again()
        => Assert.Equal("{b} 2", MessageTemplate.Fill("{a} {b}", new Dictionary<string, object?> { ["a"] = "{b}", ["b"] = 2 }));

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
}
