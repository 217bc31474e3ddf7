using System.Buffers;
using System.Text.Json;

namespace DataSync.Refine.Ai.Privacy;

/// <summary>The values of a record that stand under names that mean credentials.</summary>
internal static class CredentialValues
{
    private static readonly SearchValues<char> Measuring = SearchValues.Create("0123456789-:/.,+TZ 年月日时分秒");

    /// <summary>
    /// Those that are secret wherever the record repeats them, also of members that are not sent. What only lies within a credential, as a status within an authorization may, is so where
    /// it does not look like a word.
    /// </summary>
    public static HashSet<string> In(JsonElement record)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        Add(record, Secrecy.None, isNamed: false, values);
        return values;
    }

    /// <summary>Whether a text is one as a whole, by what its name says.</summary>
    public static bool IsWhole(string text, Secrecy secrecy) => secrecy == Secrecy.Credential || (secrecy == Secrecy.Measure && !IsMeasure(text));

    /// <summary>What is known of a member's value.</summary>
    /// <param name="member">The member.</param>
    /// <param name="parent">The object it stands in.</param>
    /// <param name="around">What is known of that object.</param>
    public static Secrecy Of(JsonProperty member, JsonElement parent, Secrecy around) => CredentialNames.Of((member.NameEquals("value") ? NamedOf(parent) : null) ?? member.Name, around);

    /// <summary>Half of a character (an unpaired escape) is no text; it is shown as what it looks like in JSON.</summary>
    public static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText().Trim('"');
        }
    }

    private static void Add(JsonElement value, Secrecy secrecy, bool isNamed, HashSet<string> values)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when secrecy != Secrecy.None && TextOf(value) is var text && IsWhole(text, secrecy):
                if (isNamed || PersonalData.IsRandom(text) || text.Any(static c => !char.IsLetter(c) && !char.IsWhiteSpace(c))) values.Add(text);

                // The key alone, of "Bearer …", or the password of a connection string.
                values.UnionWith(PersonalData.In(text).Where(f => f.Kind == Placeholders.Secret).Select(f => text.Substring(f.Start, f.Length)).Where(PersonalData.IsRandom));
                break;
            case JsonValueKind.Number when secrecy == Secrecy.Credential:
                values.Add(value.GetRawText());
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) Add(item, secrecy, isNamed, values);
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    var named = KnownOf(member, value, Secrecy.None);
                    Add(member.Value, named == Secrecy.None && secrecy != Secrecy.None ? KnownOf(member, value, secrecy) : named, named == Secrecy.Credential, values);
                }

                break;
        }
    }

    /// <summary>A name with half of a character cannot be read and says nothing; it may be one that is not sent.</summary>
    private static Secrecy KnownOf(JsonProperty member, JsonElement parent, Secrecy around)
    {
        try
        {
            return Of(member, parent, around);
        }
        catch (InvalidOperationException)
        {
            return around;
        }
    }

    /// <summary>What the <c>value</c> of an object is called that has its name beside it, as a header in a list has.</summary>
    private static string? NamedOf(JsonElement value)
    {
        foreach (var name in (ReadOnlySpan<string>)["name", "key", "header"])
        {
            if (value.TryGetProperty(name, out var given) && given.ValueKind == JsonValueKind.String) return TextOf(given);
        }

        return null;
    }

    /// <summary>A date, a time, a duration or a short number as text.</summary>
    private static bool IsMeasure(string text) => text.Length is > 0 and <= 40 && char.IsAsciiDigit(text[0]) && !text.AsSpan().ContainsAnyExcept(Measuring) && (text.Length <= 6 || text.AsSpan().ContainsAny("-:/年"));
}
