using System.Globalization;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>What tells a number of a kind from any other of its length.</summary>
internal static class CheckDigits
{
    /// <summary>ISO 13616: the country and check digits moved to the end, letters as 10 to 35, modulo 97 is 1.</summary>
    public static bool IsIban(string text)
    {
        var plain = Plain(text);
        if (plain.Length is < 15 or > 34) return false;
        var rest = 0;
        for (var i = 0; i < plain.Length; i++)
        {
            var letter = plain[(i + 4) % plain.Length];
            var value = char.IsAsciiDigit(letter) ? letter - '0' : letter - 'A' + 10;
            rest = ((rest * (value > 9 ? 100 : 10)) + value) % 97;
        }

        return rest == 1;
    }

    /// <summary>Luhn's sum, and a first digit that issuers have.</summary>
    public static bool IsCard(string text)
    {
        var plain = Plain(text);
        if (plain.Length is < 13 or > 19 || plain[0] is '0' or '1' or '7' or '8' or '9') return false;
        var sum = 0;
        for (var i = 0; i < plain.Length; i++)
        {
            var digit = plain[^(i + 1)] - '0';
            if (i % 2 == 1) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return sum % 10 == 0;
    }

    /// <summary>GB 11643: a date of birth and ISO 7064's MOD 11-2.</summary>
    public static bool IsChineseId(string text)
    {
        if (text.Length != 18 || !DateOnly.TryParseExact(text.AsSpan(6, 8), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)) return false;
        var rest = 0;
        for (var i = 0; i < 17; i++) rest = ((rest + (text[i] - '0')) * 2) % 11;
        return (12 - rest) % 11 == (char.ToUpperInvariant(text[17]) == 'X' ? 10 : text[17] - '0');
    }

    /// <summary>A number of the US Social Security that may have been given out.</summary>
    public static bool IsSocialSecurity(string text) => text[..3] is not ("000" or "666") && text[0] != '9' && text[4..6] != "00" && text[7..] != "0000";

    private static string Plain(string text) => text.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
}
