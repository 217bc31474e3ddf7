using System.Globalization;
using System.Text.Json;
using DataSync.Extract.Connectors;
using DataSync.Extract.Push.Signatures;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Push;

namespace DataSync.Extract.Push;

/// <summary>Sources that send by themselves: <c>{scheme, secrets, tolerance_seconds}</c> and what the scheme adds.</summary>
internal sealed class WebhookConnector : IPushConnector
{
    private const int LongestSecret = 1000, ShortestSecret = 8, UsualTolerance = 300, MostTolerance = 86_400;
    private readonly Dictionary<string, ISignatureScheme> _schemes;
    private readonly string[] _names;
    private readonly TimeProvider _time;

    public WebhookConnector(IEnumerable<ISignatureScheme> schemes, TimeProvider time)
    {
        (_schemes, _time) = (schemes.ToDictionary(s => s.Name, StringComparer.Ordinal), time);
        _names = [.. _schemes.Keys.Order(StringComparer.Ordinal)];
        ConnectionFields = _schemes.Values.SelectMany(s => s.Members).Concat(["scheme", "secrets", "tolerance_seconds"]).ToHashSet(StringComparer.Ordinal);
        Closed = new SignedDoor([], static _ => SignatureClaim.None, null, static _ => null, time).Judge;
    }

    public string Driver => "webhook";

    public IReadOnlySet<string> SecretFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "secrets" };

    /// <summary>Another scheme reads the same text as another key.</summary>
    public IReadOnlySet<string> AddressFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "scheme", "secret_encoding" };

    public IReadOnlySet<string> ConnectionFields { get; }

    public PushDoor Closed { get; }

    public IEnumerable<Fault> Validate(JsonElement connectionParams)
    {
        if (SchemeOf(connectionParams) is not { } scheme)
        {
            yield return SourceFields.Fault("scheme", "faults.one_of", ("allowed", _names));
            yield break;
        }

        var known = scheme.Members.Concat(["scheme", "secrets", "tolerance_seconds"]).ToHashSet(StringComparer.Ordinal);
        foreach (var fault in SourceFields.Unknown(connectionParams, known).Concat(scheme.Validate(connectionParams)).Concat(Secrets(scheme, connectionParams))) yield return fault;
        if (SourceFields.Has(connectionParams, "tolerance_seconds", out var tolerance) && tolerance.ValueKind != JsonValueKind.Null
            && !(tolerance.ValueKind == JsonValueKind.Number && tolerance.TryGetInt32(out var seconds) && seconds is >= 1 and <= MostTolerance))
            yield return SourceFields.Fault("tolerance_seconds", "faults.integer", ("min", 1), ("max", MostTolerance));
    }

    public PushDoor? Open(JsonElement connectionParams)
    {
        if (Validate(connectionParams).Any() || SchemeOf(connectionParams) is not { } scheme || KeysOf(scheme, connectionParams) is not { Count: > 0 } keys) return null;
        var seconds = SourceFields.Has(connectionParams, "tolerance_seconds", out var given) && given.ValueKind == JsonValueKind.Number ? given.GetInt32() : UsualTolerance;
        TimeSpan? tolerance = scheme.IsTimed(connectionParams) ? TimeSpan.FromSeconds(seconds) : null;
        return new SignedDoor(keys, scheme.Reader(connectionParams), tolerance, scheme.ReplyTo, _time).Judge;
    }

    /// <summary>There is nobody to connect to: what can be told is whether deliveries could be checked.</summary>
    public async Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
    {
        var checks = new CheckList(_time);
        await checks.RunAsync("signature", () => Open(connection.ConnectionParams) is null
            ? throw new SyncFailureException(SyncFailure.Permanent("errors.connection.parameters"))
            : Task.FromResult<IReadOnlyDictionary<string, object?>?>(null));
        return checks.Complete(["signature"]);
    }

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => Task.FromResult<IReadOnlyList<SourceTable>>([]);

    private ISignatureScheme? SchemeOf(JsonElement given)
        => SourceFields.Has(given, "scheme", out var name) && name.ValueKind == JsonValueKind.String ? _schemes.GetValueOrDefault(name.GetString()!) : null;

    /// <summary>One secret, or two while one takes the other's place. <c>***</c> keeps what is stored.</summary>
    private static IEnumerable<Fault> Secrets(ISignatureScheme scheme, JsonElement given)
    {
        if (!SourceFields.Has(given, "secrets", out var secrets) || secrets.ValueKind == JsonValueKind.Null) return [SourceFields.Fault("secrets", "faults.source.required", ("name", "secrets"))];
        if (secrets.ValueKind == JsonValueKind.String && secrets.ValueEquals("***")) return [];
        if (secrets.ValueKind != JsonValueKind.Array || secrets.GetArrayLength() is < 1 or > 2) return [SourceFields.Fault("secrets", "faults.webhook.secrets")];
        return secrets.EnumerateArray().Select((secret, i) => (secret, i)).Where(s => KeyOf(scheme, s.secret, given) is null)
            .Select(s => new Fault("/connection_params/secrets/" + s.i.ToString(CultureInfo.InvariantCulture), "faults.webhook.secret", ("min", ShortestSecret), ("max", LongestSecret)));
    }

    private static List<byte[]>? KeysOf(ISignatureScheme scheme, JsonElement given)
        => given.TryGetProperty("secrets", out var secrets) && secrets.ValueKind == JsonValueKind.Array
            ? secrets.EnumerateArray().Select(s => KeyOf(scheme, s, given)).OfType<byte[]>().ToList()
            : null;

    private static byte[]? KeyOf(ISignatureScheme scheme, JsonElement secret, JsonElement given)
    {
        if (secret.ValueKind != JsonValueKind.String) return null;
        try
        {
            return secret.GetString() is { Length: >= ShortestSecret and <= LongestSecret } text && !text.Any(char.IsControl) ? scheme.KeyOf(text, given) : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half of a surrogate pair is no text
        }
    }
}
