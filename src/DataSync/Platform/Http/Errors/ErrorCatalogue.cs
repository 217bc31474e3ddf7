using System.Collections.Frozen;
using System.Text.Json;

namespace DataSync.Platform.Http.Errors;

/// <summary>One error the outside may see. A code never changes its meaning.</summary>
/// <param name="Code">Stable code, such as <c>SYNC_001</c>.</param>
/// <param name="Type">ConnectionError, ValidationError, ProcessingError, SecurityError or ResourceError.</param>
/// <param name="Status">HTTP status where it answers a request.</param>
/// <param name="Key">Key of its message.</param>
internal sealed record CataloguedError(string Code, string Type, int Status, string Key);

/// <summary>The errors of <c>errors.json</c>, by message key.</summary>
internal sealed class ErrorCatalogue
{
    public const string InternalKey = "errors.internal";

    private readonly FrozenDictionary<string, CataloguedError> _byKey;
    private readonly FrozenDictionary<string, CataloguedError> _byCode;

    public ErrorCatalogue(IReadOnlyList<CataloguedError> errors)
    {
        All = [.. errors.OrderBy(e => e.Code, StringComparer.Ordinal)];
        _byKey = All.ToFrozenDictionary(e => e.Key, StringComparer.Ordinal);
        _byCode = All.ToFrozenDictionary(e => e.Code, StringComparer.Ordinal);
        Internal = _byKey[InternalKey];
    }

    /// <summary>All errors in the order of their codes.</summary>
    public IReadOnlyList<CataloguedError> All { get; }

    /// <summary>The answer to everything that must not happen.</summary>
    public CataloguedError Internal { get; }

    public static ErrorCatalogue Load()
    {
        using var stream = typeof(ErrorCatalogue).Assembly.GetManifestResourceStream("errors.json")!;
        return new ErrorCatalogue(JsonSerializer.Deserialize<List<CataloguedError>>(stream, JsonSerializerOptions.Web)!);
    }

    public CataloguedError? Find(string key) => _byKey.GetValueOrDefault(key);

    public CataloguedError? FindCode(string code) => _byCode.GetValueOrDefault(code);
}
