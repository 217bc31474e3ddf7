using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Logging;

namespace DataSync.Sources;

/// <summary>Opens a source. Called at each connection, so new credentials take effect while a job runs.</summary>
internal sealed partial class SourceReader(TenantDatabase database, SourceCache cache, CredentialOpener opener, SourceAccess access, ILogger<SourceReader> logger)
{
    private const int Tries = 4;

    /// <summary>The source's parameters with secrets opened, from memory where they are there: a change of another process is seen within two seconds.</summary>
    public async Task<SourceConnection> OpenAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        // What does not open here (a key that a rotation removed) opens below, or fails there with its reason.
        return await cache.FindAsync(tenantId, sourceId, ct) is { } source && opener.OpenAtHand(source) is { } opened
            ? Connection(source, opened)
            : await OpenStoredAsync(tenantId, sourceId, ct);
    }

    /// <summary>The same as it is stored at this moment: all of one version, never a mix.</summary>
    public async Task<SourceConnection> OpenStoredAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        for (var i = 0; i < Tries; i++)
        {
            await using var transaction = await database.BeginAsync(tenantId, ct);
            var source = await SourceRows.FindAsync(transaction, sourceId, ct) ?? throw SourceFailure.NotFound();
            if (await opener.OpenAsync(transaction, source, fresh: i > 0, ct) is { } opened) return Connection(source, opened);

            // A rotation may have moved the source and removed its old key between the two reads: what is stored now is under the new one.
        }

        Log.Unreadable(logger);
        throw SourceFailure.Unreadable();
    }

    /// <summary>The same of a source as it was, whatever is stored now; null where its secrets do not open.</summary>
    public async Task<SourceConnection?> OpenAsync(DataSourceConfig source, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(source.TenantId, ct);
        return await opener.OpenAsync(transaction, source, fresh: true, ct) is { } opened ? Connection(source, opened) : null;
    }

    /// <summary>The length before the tenant's id keeps any two owners apart.</summary>
    private SourceConnection Connection(DataSourceConfig source, JsonElement opened)
        => new(
            SourceTypes.DriverOf(source.SourceType, opened), opened,
            string.Create(CultureInfo.InvariantCulture, $"{source.TenantId.Length}:{source.TenantId}:{source.SourceId}"))
        {
            TenantId = source.TenantId,
            SourceId = source.SourceId,
            Mark = source.Mark,
            Verified = (report, token) => access.RecordAsync(source.TenantId, source.SourceId, source.Version, report, token),
        };

    private static partial class Log
    {
        [LoggerMessage(1110, LogLevel.Critical, "Credentials of a source do not open: its row was changed by another hand, or its data key is gone")]
        public static partial void Unreadable(ILogger logger);
    }
}
