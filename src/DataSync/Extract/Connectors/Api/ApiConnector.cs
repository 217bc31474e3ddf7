using System.Text.Json;
using DataSync.Extract.Connectors.Api.Auth;
using DataSync.Extract.Connectors.Api.Http;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using DataSync.Platform.Http.Egress;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Options;

namespace DataSync.Extract.Connectors.Api;

/// <summary>HTTP APIs that answer with JSON, JSON lines or CSV.</summary>
internal sealed class ApiConnector : IReadsWindows, IPreviewsPages, IDisposable
{
    private readonly EgressPolicy _egress;
    private readonly ExtractOptions _options;
    private readonly ApiFloor _floor;

    public ApiConnector(EgressPolicy egress, IOptions<ExtractOptions> options, IOptions<ApiOptions> api, SharedRateLimit limits, TimeProvider time)
    {
        (_egress, _options) = (egress, options.Value);
        var gate = new ApiGate(egress, _options, api.Value.ResponseTimeout, time);
        _floor = new ApiFloor(gate, new OAuthTokens(gate, api.Value.StallTimeout, time), limits, api.Value, time);
    }

    public string Driver => "api";

    /// <summary>An API says in which order it lists, or does not.</summary>
    public bool ReadsInOrder => false;

    /// <summary>Headers may hold keys as well, so all of them count as secrets.</summary>
    public IReadOnlySet<string> SecretFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "auth", "headers", "client_key" };

    public IReadOnlySet<string> AddressFields { get; } = new HashSet<string>(StringComparer.Ordinal) { "base_url", "tls_min_version", "tls_authorities" };

    public IReadOnlySet<string> ConnectionFields => ApiConnection.Members;

    public IEnumerable<Fault> Validate(JsonElement connectionParams) => ApiConnection.Validate(connectionParams, _options);

    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(SourceConnection connection, CancellationToken ct)
        => new ApiConnectionTest(ApiConnection.Read(connection, _options), connection.Owner, _egress, _floor).RunAsync(ct);

    /// <summary>An API tells nobody what it has; a preview shows it.</summary>
    public Task<IReadOnlyList<SourceTable>> DescribeAsync(SourceConnection connection, CancellationToken ct) => Task.FromResult<IReadOnlyList<SourceTable>>([]);

    public IAsyncEnumerable<RecordBatch> ReadAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        var (api, extraction) = (ApiConnection.Read(connection, _options), Extraction(request));
        return new ApiRead(new ApiClient(_floor, connection, api, extraction), api, extraction, request, _floor.Time).RunAsync(ct);
    }

    public Task<PagePreview> PreviewAsync(SourceConnection connection, ReadRequest request, CancellationToken ct)
    {
        var (api, extraction) = (ApiConnection.Read(connection, _options), Extraction(request));
        var read = new ApiRead(new ApiClient(_floor, connection, api, extraction), api, extraction, request, _floor.Time);
        return new ApiPreview(read, extraction, request, _floor.Time).RunAsync(ct);
    }

    public void Dispose() => _floor.Gate.Dispose();

    private static ApiExtraction Extraction(ReadRequest request)
    {
        var given = request.Extraction.ValueKind == JsonValueKind.Undefined ? JsonElement.Parse("{}") : request.Extraction;
        var faults = ApiExtractionValidation.Validate(given, "/extraction_params", whole: true).ToList();
        return faults.Count == 0
            ? ApiExtraction.Read(given, Parameters(request, given))
            : throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.parameters")) { Faults = faults };
    }

    /// <summary>Where the window begins is asked of the API, if it has a parameter for it.</summary>
    private static IReadOnlyDictionary<string, JsonElement> Parameters(ReadRequest request, JsonElement given)
        => request.Window?.From is { } from && given.Given("cursor_param") is { } name
            ? new Dictionary<string, JsonElement>(request.Parameters, StringComparer.Ordinal) { [name.GetString()!] = from }
            : request.Parameters;
}
