using System.Text;
using System.Text.RegularExpressions;
using DataSync.Pipeline;
using Newtonsoft.Json;
using NJsonSchema;
using NJsonSchema.Validation;

namespace DataSync.Extract.Push.Schema;

/// <summary>A compiled JSON schema (draft 4 to 7, as far as <see cref="SchemaValidation"/> lets it in). It never changes, so many runs may use one.</summary>
internal sealed class RecordSchema
{
    private const string Key = "errors.record.schema";
    private const int LongestField = 200;
    private readonly JsonSchema _schema;

    private RecordSchema(JsonSchema schema) => _schema = schema;

    /// <summary>Compiles a schema that was validated. Nothing is fetched, so nothing is waited for.</summary>
    public static RecordSchema Read(string text) => new(JsonSchema.FromJsonAsync(text, ".", Resolver, CancellationToken.None).GetAwaiter().GetResult());

    /// <summary>Whether the library makes a schema of it.</summary>
    public static bool CanRead(string text)
    {
        try
        {
            _ = Read(text).Refuse("{}"u8);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException or ArgumentException or FormatException or InvalidCastException)
        {
            return false;
        }
    }

    /// <summary>Whether a pattern can be matched in a time that grows with the text and no faster: one with look-arounds or back references cannot.</summary>
    public static bool IsPattern(string pattern)
    {
        try
        {
            return pattern.Length <= 1000 && new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)).IsMatch("") is var _;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>Why the record is refused; null where it is as it must be.</summary>
    public Rejection? Refuse(ReadOnlySpan<byte> record)
    {
        try
        {
            var first = _schema.Validate(Encoding.UTF8.GetString(record)).FirstOrDefault();
            return first is null ? null : Rejected(Innermost(first).Path?.TrimEnd('/') is { Length: > 0 } path ? path : "#");
        }
        catch (Exception e) when (e is JsonException or RegexMatchTimeoutException)
        {
            return Rejected("#"); // too deep for the library, or too long for a pattern
        }
    }

    /// <summary>What is wrong within a part is told there, and not at the part.</summary>
    private static ValidationError Innermost(ValidationError error)
        => error is ChildSchemaValidationError { Errors: { } parts } && parts.Values.SelectMany(e => e).FirstOrDefault() is { } inner ? Innermost(inner) : error;

    private static Rejection Rejected(string field) => new("schema", "schema", Key, field.Length <= LongestField ? field : field[..LongestField]);

    private static JsonReferenceResolver Resolver(JsonSchema schema) => new OwnReferences(new JsonSchemaAppender(schema, new DefaultTypeNameGenerator()));

    /// <summary>References within the schema alone: nothing is read from disk or fetched.</summary>
    private sealed class OwnReferences(JsonSchemaAppender appender) : JsonReferenceResolver(appender)
    {
        public override Task<NJsonSchema.References.IJsonReference> ResolveFileReferenceAsync(string filePath, CancellationToken cancellationToken = default)
            => throw new NotSupportedException("A schema refers to itself alone.");

        public override Task<NJsonSchema.References.IJsonReference> ResolveUrlReferenceAsync(string url, CancellationToken cancellationToken = default)
            => throw new NotSupportedException("A schema refers to itself alone.");
    }
}
