using DataSync.Jobs.Engine;
using DataSync.Pipeline.Failures;
using DataSync.Platform.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DataSync.Jobs.Webhooks.Inbox;

/// <summary>
/// Brings deliveries to disk, all that wait in one commit, each tenant's under its own setting. A few writers take turns: while one waits for the disk, the next collects.
/// </summary>
internal sealed partial class InboxWriter(Inbox inbox, TenantDatabase database, InboxBell bell, TimeProvider time, ILogger<InboxWriter> logger) : BackgroundService
{
    private const int Writers = 2, MostEntries = 256, MostBytes = 8 * 1024 * 1024, Tries = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection is held for the next batch: to give one back and take it again costs the server as much as several deliveries.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(1);

    /// <summary>One repeat would abort a COPY; here it is passed over.</summary>
    private const string InsertSql =
        """
        INSERT INTO webhook_deliveries (tenant_id, delivery_id, source_id, webhook_id, received_at, bytes, payload, replays)
        SELECT $1, d.id, d.source, d.webhook, now(), octet_length(d.payload), d.payload, 0
        FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[]) AS d(id, source, webhook, payload)
        ON CONFLICT (tenant_id, delivery_id) DO NOTHING
        """;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => WriteAllAsync(stoppingToken)));

    private async Task WriteAllAsync(CancellationToken ct)
    {
        List<InboxEntry> batch = [];
        BatchConnection? connection = null;
        try
        {
            while (true)
            {
                var next = inbox.Reader.WaitToReadAsync(ct).AsTask();
                if (connection is not null && !await IsSoonAsync(next))
                {
                    await connection.DisposeAsync();
                    connection = null;
                }

                if (!await next) return;
                if (Collect(batch)) connection = await WriteAsync(batch, connection);
                batch.Clear();
            }
        }
        finally
        {
            if (connection is not null) await connection.DisposeAsync();
        }
    }

    /// <summary>Whether something comes while a connection is held.</summary>
    private async ValueTask<bool> IsSoonAsync(Task next)
    {
        if (!next.IsCompleted) await next.WaitAsync(Hold, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return next.IsCompleted;
    }

    /// <summary>Takes what waits, up to a batch; false where nothing does.</summary>
    private bool Collect(List<InboxEntry> batch)
    {
        for (var bytes = 0; batch.Count < MostEntries && bytes < MostBytes && inbox.Reader.TryRead(out var entry); bytes += entry.Payload.Length) batch.Add(entry);
        return batch.Count > 0;
    }

    /// <summary>
    /// Never throws: each sender is told. A batch once taken is written even if the process is to stop. Returns the connection for the next one; null where it failed.
    /// </summary>
    private async Task<BatchConnection?> WriteAsync(List<InboxEntry> batch, BatchConnection? connection)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var known = await KnownAsync(batch);
                connection ??= await database.HoldAsync(CancellationToken.None);
                await InsertAsync(connection, ByTenant(known.Count == 0 ? batch : batch.FindAll(e => !known.ContainsKey(e.Name))));
                foreach (var entry in batch) entry.Complete(StoredDelivery.On(known.Count == 0 ? entry.Name.Id : known.GetValueOrDefault(entry.Name, entry.Name.Id)));
                bell.Ring();
                return connection;
            }
            catch (PostgresException e) when (tries < Tries && e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // two processes took in the same repeats in another order
            }
#pragma warning disable CA1031 // whatever it is, the senders must hear of it
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.NotStored(logger, batch.Count, e.GetType().Name);
                var why = StoredDelivery.Not(AttemptVerdict.IsOwnDatabase(e) ? WebhookFailure.DatabaseAway : SyncFailure.Permanent("errors.internal"));
                foreach (var entry in batch) entry.Complete(why);
                if (connection is not null) await connection.DisposeAsync();
                return null;
            }
        }
    }

    /// <summary>One list a tenant; mostly there is but one.</summary>
    private static List<List<InboxEntry>> ByTenant(List<InboxEntry> batch)
        => batch.Count == 0 ? []
            : batch.TrueForAll(e => string.Equals(e.Name.TenantId, batch[0].Name.TenantId, StringComparison.Ordinal)) ? [batch]
            : [.. batch.GroupBy(e => e.Name.TenantId, StringComparer.Ordinal).Select(g => g.ToList())];

    private static async Task InsertAsync(BatchConnection connection, List<List<InboxEntry>> tenants)
    {
        if (tenants.Count == 0) return;
        await using var batch = connection.Batch(tenants[0][0].Name.TenantId, durable: true);
        batch.Patience = Patience;
        foreach (var tenant in tenants)
        {
            var id = tenant[0].Name.TenantId;
            if (!ReferenceEquals(tenant, tenants[0])) batch.TurnTo(id);
            batch.Add(
                InsertSql, id,
                tenant.ConvertAll(e => e.Name.Id), tenant.ConvertAll(e => e.Name.SourceId), tenant.ConvertAll(e => e.Name.WebhookId), tenant.ConvertAll(e => e.Payload));
        }

        await batch.ExecuteAsync(CancellationToken.None);
    }

    /// <summary>Deliveries that were taken in under an older master key, with the ids they have: while there is but one key, none is looked for.</summary>
    private async Task<Dictionary<DeliveryName, Guid>> KnownAsync(List<InboxEntry> batch)
    {
        Dictionary<DeliveryName, Guid> known = [];
        if (batch.TrueForAll(e => e.Name.OlderIds.Count == 0)) return known;
        foreach (var tenant in batch.GroupBy(e => e.Name.TenantId, StringComparer.Ordinal))
        {
            await using var find = await database.BatchAsync(tenant.Key, durable: false, CancellationToken.None);
            find.Patience = Patience;
            find.Add("SELECT delivery_id FROM webhook_deliveries WHERE tenant_id = $1 AND delivery_id = ANY($2)", tenant.Key, tenant.SelectMany(e => e.Name.OlderIds).ToArray());
            await using var rows = await find.ReadAsync(CancellationToken.None);
            HashSet<Guid> found = [];
            while (await rows.ReadAsync(CancellationToken.None)) found.Add(rows.GetGuid(0));
            foreach (var entry in tenant.Where(e => e.Name.OlderIds.Any(found.Contains))) known[entry.Name] = entry.Name.OlderIds.First(found.Contains);
        }

        return known;
    }

    private static partial class Log
    {
        [LoggerMessage(1800, LogLevel.Warning, "{Deliveries} deliveries could not be stored ({Reason}); their senders were told to send again")]
        public static partial void NotStored(ILogger logger, int deliveries, string reason);
    }
}
