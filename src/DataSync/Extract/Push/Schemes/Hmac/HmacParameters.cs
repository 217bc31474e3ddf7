using System.Text.Json;
using DataSync.Extract.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Push.Schemes.Hmac;

/// <summary>The members of <c>connection_params</c> that say how a provider of one's own signs.</summary>
internal sealed record HmacParameters
{
    public static readonly IReadOnlySet<string> Members = new HashSet<string>(StringComparer.Ordinal)
    {
        "header", "prefix", "encoding", "template", "timestamp_header", "timestamp_prefix", "timestamp_format", "id_header", "secret_encoding",
    };

    private static readonly string[] Encodings = ["hex", "base64", "base64url"], TimestampFormats = ["unix", "unix_ms", "rfc3339"], SecretEncodings = ["text", "hex", "base64"];

    /// <summary>Where the signatures stand, by commas, semicolons or blanks.</summary>
    public required string Header { get; init; }

    /// <summary>What every signature begins with.</summary>
    public string Prefix { get; init; } = "";

    /// <summary><c>hex</c>, <c>base64</c> or <c>base64url</c>.</summary>
    public string Encoding { get; init; } = "hex";

    public required SigningTemplate Template { get; init; }
    public string? TimestampHeader { get; init; }

    /// <summary>What the time begins with, where it is one entry among others of its header.</summary>
    public string? TimestampPrefix { get; init; }

    /// <summary><c>unix</c>, <c>unix_ms</c> or <c>rfc3339</c>.</summary>
    public string TimestampFormat { get; init; } = "unix";
    public string? IdHeader { get; init; }

    /// <summary><c>text</c>, <c>hex</c> or <c>base64</c>.</summary>
    public string SecretEncoding { get; init; } = "text";

    /// <summary>Names everything wrong with the members.</summary>
    public static IEnumerable<Fault> Validate(JsonElement given)
    {
        if (Text(given, "header") is null) yield return SourceFields.Fault("header", "faults.source.required", ("name", "header"));
        foreach (var name in (string[])["header", "timestamp_header", "id_header"])
        {
            if (Has(given, name) && !IsHeaderName(Text(given, name))) yield return SourceFields.Fault(name, "faults.webhook.header_name");
        }

        foreach (var name in (string[])["prefix", "timestamp_prefix"])
        {
            if (Has(given, name) && !IsPrefix(Text(given, name))) yield return SourceFields.Fault(name, "faults.webhook.prefix");
        }

        foreach (var (name, other) in ((string, string)[])[("timestamp_header", "header"), ("id_header", "header"), ("id_header", "timestamp_header")])
        {
            // in one header with others the time needs a beginning of its own, and an id would never be told from them
            if (IsSame(Text(given, name), Text(given, other)) && !(name == "timestamp_header" && Has(given, "timestamp_prefix"))) yield return SourceFields.Fault(name, "faults.webhook.header_same", ("name", other));
        }

        if (Has(given, "timestamp_prefix") && !Has(given, "timestamp_header")) yield return SourceFields.Fault("timestamp_header", "faults.source.required", ("name", "timestamp_header"));
        foreach (var (name, allowed) in ((string, string[])[])[("encoding", Encodings), ("timestamp_format", TimestampFormats), ("secret_encoding", SecretEncodings)])
        {
            if (Has(given, name) && !allowed.Contains(Text(given, name), StringComparer.Ordinal)) yield return SourceFields.Fault(name, "faults.one_of", ("allowed", allowed));
        }

        if (!SigningTemplate.TryParse(Has(given, "template") ? Text(given, "template") ?? "" : "{body}", out var template)) yield return SourceFields.Fault("template", "faults.webhook.template", ("longest", SigningTemplate.Longest));
        else if (template.HasTimestamp != Has(given, "timestamp_header")) yield return SourceFields.Fault("timestamp_header", "faults.webhook.timestamp_signed");
        else if (template.HasId && !Has(given, "id_header")) yield return SourceFields.Fault("id_header", "faults.source.required", ("name", "id_header"));
    }

    /// <summary>Reads members that <see cref="Validate"/> found nothing wrong with.</summary>
    public static HmacParameters Read(JsonElement given) => new()
    {
        Header = Text(given, "header")!,
        Prefix = Text(given, "prefix") ?? "",
        Encoding = Text(given, "encoding") ?? "hex",
        Template = SigningTemplate.TryParse(Text(given, "template") ?? "{body}", out var template) ? template : throw new FormatException("Not a template."),
        TimestampHeader = Text(given, "timestamp_header"),
        TimestampPrefix = Text(given, "timestamp_prefix"),
        TimestampFormat = Text(given, "timestamp_format") ?? "unix",
        IdHeader = Text(given, "id_header"),
        SecretEncoding = SecretEncodingOf(given),
    };

    public static string SecretEncodingOf(JsonElement given) => Text(given, "secret_encoding") ?? "text";

    public static bool IsTimed(JsonElement given) => Has(given, "timestamp_header");

    private static bool Has(JsonElement given, string name) => SourceFields.Has(given, name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static string? Text(JsonElement given, string name)
        => SourceFields.Has(given, name, out var value) && value.ValueKind == JsonValueKind.String && IsWhole(value, out var text) ? text : null;

    private static bool IsWhole(JsonElement value, out string? text)
    {
        try
        {
            text = value.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            text = null; // half of a surrogate pair is no text
            return false;
        }
    }

    private static bool IsSame(string? one, string? other) => one is not null && string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <summary>Entries are trimmed before they are compared.</summary>
    private static bool IsPrefix(string? prefix) => prefix is { Length: <= 50 } && !prefix.StartsWith(' ') && prefix.All(c => c is >= ' ' and <= '~');

    private static bool IsHeaderName(string? name) => name is { Length: > 0 and <= 200 } && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
