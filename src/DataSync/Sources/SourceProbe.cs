using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;

namespace DataSync.Sources;

/// <summary>Looks at a source, as it is stored now, without syncing it: the checks of its connection, what can be read, the first records.</summary>
internal sealed class SourceProbe(SourceReader reader, SourceStates states, ConnectorCatalog connectors, TimeProvider time)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private const int PreviewBytes = 4 * 1024 * 1024;

    /// <summary>Every check: first whether the stored credentials open, then the connector's own.</summary>
    public Task<IReadOnlyList<ConnectionCheck>> TestAsync(string tenantId, string sourceId, CancellationToken ct) => WithinLimitAsync(async limited =>
    {
        var started = time.GetTimestamp();
        SourceConnection connection;
        try
        {
            connection = await reader.OpenStoredAsync(tenantId, sourceId, limited);
        }
        catch (SyncFailureException e) when (e.Failure.Kind == FailureKind.Critical)
        {
            IReadOnlyList<ConnectionCheck> unreadable = [new ConnectionCheck("credentials", false, Elapsed(started), e.Failure.MessageKey, "hints.encryption.save_again")];
            return unreadable;
        }

        var opened = new ConnectionCheck("credentials", true, Elapsed(started));
        return [opened, .. await Connector(connection).TestAsync(connection, limited)];
    }, ct);

    public Task<IReadOnlyList<SourceTable>> DescribeAsync(string tenantId, string sourceId, CancellationToken ct) => WithinLimitAsync(async limited =>
    {
        var connection = await reader.OpenStoredAsync(tenantId, sourceId, limited);
        return await Connector(connection).DescribeAsync(connection, limited);
    }, ct);

    /// <summary>How the changes of the request's table can be followed; null where its connector cannot follow any.</summary>
    public Task<TrackingSetup?> TrackingAsync(string tenantId, string sourceId, ReadRequest request, CancellationToken ct) => WithinLimitAsync(async limited =>
    {
        var connection = await reader.OpenStoredAsync(tenantId, sourceId, limited);
        return Connector(connection) is ITracksChanges tracker
            ? await tracker.SetupAsync(connection, request with { StatementTimeout = Limit / 2 }, await states.FollowedAsync(tenantId, sourceId, limited), limited)
            : null;
    }, ct);

    /// <summary>What the source's server keeps for following it; null where it keeps nothing.</summary>
    /// <param name="tenantId">Whose it is.</param>
    /// <param name="sourceId">The source.</param>
    /// <param name="isUnused">Given where nobody follows it any more: the server is asked to give up what it keeps first, where this says so still (see <see cref="ITracksChanges.ReleaseAsync"/>).</param>
    /// <param name="ct">Ends it.</param>
    public Task<HeldLog?> HeldAsync(string tenantId, string sourceId, Func<CancellationToken, Task<bool>>? isUnused, CancellationToken ct) => WithinLimitAsync(async limited =>
    {
        var connection = await reader.OpenStoredAsync(tenantId, sourceId, limited);
        if (Connector(connection) is not ITracksChanges tracker) return null;
        if (isUnused is not null) await tracker.ReleaseAsync(connection, await states.FollowedAsync(tenantId, sourceId, limited), limited, isUnused);
        return await tracker.HeldAsync(connection, limited);
    }, ct);

    /// <summary>The first <paramref name="limit"/> records as a sync would extract them, or a few megabytes of them.</summary>
    public Task<SourcePreview> PreviewAsync(string tenantId, string sourceId, ReadRequest request, int limit, CancellationToken ct) => WithinLimitAsync(async limited =>
    {
        var connection = await reader.OpenStoredAsync(tenantId, sourceId, limited);
        var preview = new SourcePreview();
        // One more than is shown tells whether there are more.
        var first = request with { RowLimit = limit + 1, BatchSize = limit + 1, BatchBytes = PreviewBytes / 4, StatementTimeout = Limit / 2 };
        if (Connector(connection) is not IConnector connector) throw SourceFailure.SendsByItself();
        await foreach (var batch in connector.ReadAsync(connection, first, limited))
        {
            using (batch)
            {
                if (!TryShow(preview, batch, limit)) return preview;
            }
        }

        return preview;
    }, ct);

    /// <summary>The first records of an API's first page, and what was understood of it.</summary>
    public Task<(SourcePreview Preview, JsonElement Understood)> PreviewPageAsync(string tenantId, string sourceId, ReadRequest request, int limit, CancellationToken ct)
        => WithinLimitAsync(async limited =>
        {
            var connection = await reader.OpenStoredAsync(tenantId, sourceId, limited);
            if (Connector(connection) is not IPreviewsPages connector) throw SourceFailure.NoConnector();
            var first = request with { RowLimit = limit + 1, BatchSize = limit + 1, BatchBytes = PreviewBytes / 4, StatementTimeout = Limit / 2 };
            var (records, understood) = await connector.PreviewAsync(connection, first, limited);
            var preview = new SourcePreview();
            foreach (var batch in records)
            {
                using (batch) TryShow(preview, batch, limit);
            }

            return (preview, understood);
        }, ct);

    /// <summary>False as soon as there is more than a preview shows.</summary>
    private static bool TryShow(SourcePreview preview, RecordBatch batch, int limit)
    {
        for (var i = 0; i < batch.Count && !preview.IsCut; i++)
        {
            if (preview.Count == limit || preview.Bytes + batch.Raw[i].Length > PreviewBytes) preview.IsCut = true;
            else preview.Add(batch.Raw[i]);
        }

        return !preview.IsCut;
    }

    private ISourceConnector Connector(SourceConnection connection) => connectors.Find(connection.Driver) ?? throw SourceFailure.NoConnector();

    private double Elapsed(long started) => Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 3);

    /// <summary>A caller waits for this: a source that hangs must not hold the request.</summary>
    private async Task<T> WithinLimitAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ct);
        try
        {
            return await work(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw SourceFailure.TooSlow();
        }
    }
}

/// <summary>Records of a preview, byte for byte, and the members they have in order of first appearance.</summary>
internal sealed class SourcePreview
{
    /// <summary>Databases allow any depth.</summary>
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = int.MaxValue };

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<int> _ends = [];
    private readonly OrderedDictionary<string, SortedSet<string>> _columns = new(StringComparer.Ordinal);

    public int Count => _ends.Count;

    public int Bytes => _bytes.WrittenCount;

    /// <summary>True if there were more records, or larger ones, than a preview shows.</summary>
    public bool IsCut { get; set; }

    /// <summary>Names with the JSON kinds seen.</summary>
    public IEnumerable<(string Name, IReadOnlyCollection<string> Kinds)> Columns => _columns.Select(c => (c.Key, (IReadOnlyCollection<string>)c.Value));

    public ReadOnlySpan<byte> this[int index] => _bytes.WrittenSpan[(index == 0 ? 0 : _ends[index - 1]).._ends[index]];

    public void Add(ReadOnlySpan<byte> document)
    {
        _bytes.Write(document);
        _ends.Add(_bytes.WrittenCount);
        var json = new Utf8JsonReader(document, AnyDepth);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject) return;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            if (!_columns.TryGetValue(name, out var kinds)) _columns.Add(name, kinds = new SortedSet<string>(StringComparer.Ordinal));
            kinds.Add(Kind(json.TokenType));
            json.Skip();
        }
    }

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.String => "string",
        JsonTokenType.Number => "number",
        JsonTokenType.True or JsonTokenType.False => "boolean",
        JsonTokenType.Null => "null",
        _ => throw new UnreachableException(),
    };
}
