using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Properties;

/// <summary>Two tenants, a source, and secrets of every kind; each secret text holds a marker long enough not to occur by chance.</summary>
public sealed record CredentialCase(string Tenant, string OtherTenant, string SourceId, string Marker, string PasswordJson, string TokenJson, int Tampering, int Position)
{
    public string ConnectionParams => $$"""{"driver":"fake","host":"db.example","password":{{PasswordJson}},"token":{{TokenJson}}}""";
}

public static class CredentialCases
{
    private static readonly string[] Nasty = ["", "\0", "\"", "\\", "\u2028", "'; DROP TABLE", "密码", "🔑", "\u0001\u001f", "{\"$sealed\":\"\"}", "***", "e\u0301", "\ufeff", "-1e400"];

    public static Arbitrary<CredentialCase> Cases() => Gen.Choose(0, int.MaxValue).Select(Make).ToArbitrary();

    private static CredentialCase Make(int seed)
    {
        var random = new Random(seed);
        var marker = Convert.ToHexString(Bytes(random, 12));
        return new CredentialCase(
            Id(random), Id(random), Id(random), marker, Secret(random, marker), Secret(random, marker + "x"), random.Next(0, 8), random.Next());
    }

    /// <summary>An id of 1 to 255 code points: a part that makes it unique, and anything but NUL and halves of pairs.</summary>
    private static string Id(Random random) => Convert.ToHexString(Bytes(random, 6)) + Text(random, random.Next(0, 200)).Replace("\0", "", StringComparison.Ordinal);

    private static string Secret(Random random, string marker)
    {
        var text = Text(random, random.Next(4) switch { 0 => 0, 1 => 20_000, _ => random.Next(60) });
        var quoted = JsonSerializer.Serialize(Nasty[random.Next(Nasty.Length)] + marker + text);
        return random.Next(4) switch
        {
            0 => $"[ {quoted}, 12345678901234567890.1234567890, null ]",
            1 => $$"""{"a":{{quoted}},"n":-0.0}""",
            2 => quoted.Insert(1, "\\u0000\\ud83d\\ude00"),
            _ => quoted,
        };
    }

    private static string Text(Random random, int codePoints)
    {
        var text = new StringBuilder();
        for (var i = 0; i < codePoints; i++)
        {
            var rune = random.Next(3) switch { 0 => random.Next(0x80), 1 => random.Next(0x4e00, 0x9fff), _ => random.Next(0x110000) };
            text.Append(Rune.IsValid(rune) ? new Rune(rune).ToString() : "·");
        }

        return text.ToString();
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
