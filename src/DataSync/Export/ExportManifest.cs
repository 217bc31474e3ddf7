using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using DataSync.Pipeline;

namespace DataSync.Export;

/// <summary>
/// <c>manifest.json</c>: what an export consists of. Written last, so where it is, everything it names is there and whole. It says nothing
/// about the moment it was written: the same records give the same manifest.
/// </summary>
internal sealed record ExportManifest
{
    public const string FileName = "manifest.json";

    /// <summary>The format a manifest is listed under.</summary>
    public const string Format = "manifest";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Version of this format.</summary>
    public int Version { get; init; } = 1;

    public required Guid JobId { get; init; }
    public required string SourceId { get; init; }

    /// <summary>The job whose stored records these are, where another one exported them first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ExportOf { get; init; }

    /// <summary>When the job was made.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Records exported, in each format.</summary>
    public required long Records { get; init; }

    /// <summary>Member that holds what refinement changed, as it was; null where the records have none.</summary>
    public string? OriginalMember { get; init; }

    /// <summary>Member that holds what refinement says about a record, such as its tags; null where the records have none.</summary>
    public string? MetadataMember { get; init; }

    /// <summary>How the records are divided; null where they are not.</summary>
    public ManifestSplit? Split { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }

    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static ExportManifest Parse(ReadOnlySpan<byte> utf8) => JsonSerializer.Deserialize<ExportManifest>(utf8, Json) ?? throw new JsonException();
}

/// <summary>A file of an export as the manifest names it.</summary>
internal sealed record ManifestFile(string Name, string Format, long Records, long Bytes, string Sha256, string? Compression, string? Split)
{
    public static ManifestFile Of(ExportedFile file) => new(file.Name, file.Format, file.Records, file.Bytes, file.Sha256, file.Compression, file.Split);
}
