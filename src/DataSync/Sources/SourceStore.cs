using System.Data.Common;
using System.Text.Json;
using DataSync.Platform.Caching;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;
using DataSync.Sources.Slots;
using Microsoft.EntityFrameworkCore;

namespace DataSync.Sources;

/// <summary>A tenant's sources in the database. Every change locks the row, seals under a key held against removal, and raises the version.</summary>
internal sealed class SourceStore(TenantDatabase database, TenantKeyring keyring, CredentialOpener opener, ConfigurationCache cache, TimeProvider time)
{
    private const string UniqueViolation = "23505";

    /// <summary>The source, or null. Its secrets are sealed.</summary>
    public async Task<DataSourceConfig?> GetAsync(string tenantId, string sourceId, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await SourceRows.FindAsync(transaction, sourceId, ct);
    }

    /// <summary>Up to <paramref name="count"/> sources in the order of their ids' bytes, after one.</summary>
    public async Task<IReadOnlyList<DataSourceConfig>> ListAsync(string tenantId, string after, int count, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        return await transaction.Db.Set<DataSourceConfig>()
            .FromSql($"SELECT * FROM data_source_configs WHERE source_id COLLATE \"C\" > {after}")
            .OrderBy(s => EF.Functions.Collate(s.SourceId, "C")).Take(count).AsNoTracking().ToListAsync(ct);
    }

    /// <summary>Makes a source; throws where the id is taken.</summary>
    /// <param name="tenantId">Whose it is.</param>
    /// <param name="createdBy">The caller's subject.</param>
    /// <param name="definition">What it is.</param>
    /// <param name="workId">Names the work of a repeatable request: where its source was made before, that source is the answer.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <param name="access">What is known of its login.</param>
    public async Task<DataSourceConfig> CreateAsync(
        string tenantId, string createdBy, SourceDefinition definition, Guid? workId, CancellationToken ct, AccessState? access = null)
    {
        await using var transaction = await database.BeginChangeAsync(tenantId, ct);
        if (workId is { } id && await SourceRows.FindAsync(transaction, definition.SourceId, ct) is { } made && made.Id == id) return made;
        var now = Now();
        var source = new DataSourceConfig
        {
            Id = workId ?? Guid.CreateVersion7(now),
            TenantId = tenantId,
            SourceId = definition.SourceId,
            CreatedBy = createdBy,
            CreatedAt = now,
            UpdatedAt = now,
            Version = 1,
            Mark = Guid.CreateVersion7(now),
            Access = access?.ToJson(),
        };
        await FillAsync(transaction, source, definition, definition.ConnectionParams, ct);
        transaction.Db.Add(source);
        try
        {
            await transaction.Db.SaveChangesAsync(ct);
        }
        catch (DbUpdateException e) when (e.InnerException is DbException { SqlState: UniqueViolation })
        {
            throw SourceFailure.Exists();
        }

        await cache.CommitAsync(transaction, ct);
        return source;
    }

    /// <summary>The parameters a replacement would have, secrets kept included, and the version they were kept of.</summary>
    public async Task<(JsonElement Clear, int Version)> ClearAsync(string tenantId, SourceDefinition definition, Func<int, bool> expected, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenantId, ct);
        var source = await SourceRows.FindAsync(transaction, definition.SourceId, ct) ?? throw SourceFailure.NotFound();
        if (!expected(source.Version)) throw SourceFailure.Changed();
        return (await KeepSecretsAsync(transaction, source, definition, ct), source.Version);
    }

    /// <summary>
    /// Replaces a source. <paramref name="expected"/> tells whether the version found is one the caller has seen; <paramref name="access"/> is what is known
    /// of the new login. <paramref name="leaves"/> tells, from what was found, what the source leaves at its server; that is stored with the change.
    /// </summary>
    public async Task<DataSourceConfig> ReplaceAsync(
        string tenantId, SourceDefinition definition, Func<int, bool> expected, CancellationToken ct, AccessState? access = null, Func<DataSourceConfig, SlotRelease?>? leaves = null)
    {
        await using var transaction = await database.BeginChangeAsync(tenantId, ct);
        var source = await SourceRows.LockAsync(transaction, definition.SourceId, ct) ?? throw SourceFailure.NotFound();
        if (!expected(source.Version)) throw SourceFailure.Changed();
        var clear = await KeepSecretsAsync(transaction, source, definition, ct);
        if (leaves?.Invoke(source) is { } left) transaction.Db.Add(left);
        source.Version++;
        source.UpdatedAt = Now();
        source.Access = access?.ToJson();
        await FillAsync(transaction, source, definition, clear, ct);
        await transaction.Db.SaveChangesAsync(ct);
        await cache.CommitAsync(transaction, ct);
        return source;
    }

    /// <summary>Deletes a source that nobody uses; <paramref name="leaves"/> as in <see cref="ReplaceAsync"/>.</summary>
    public async Task DeleteAsync(string tenantId, string sourceId, Func<int, bool> expected, CancellationToken ct, Func<DataSourceConfig, SlotRelease?>? leaves = null)
    {
        await using var transaction = await database.BeginChangeAsync(tenantId, ct);
        var source = await SourceRows.LockAsync(transaction, sourceId, ct) ?? throw SourceFailure.NotFound();
        if (!expected(source.Version)) throw SourceFailure.Changed();
        if (await SourceRows.IsInUseAsync(transaction, sourceId, ct)) throw SourceFailure.InUse();
        if (leaves?.Invoke(source) is { } left) transaction.Db.Add(left);
        transaction.Db.Remove(source);
        await transaction.Db.SaveChangesAsync(ct);
        await cache.CommitAsync(transaction, ct);
    }

    private async Task<JsonElement> KeepSecretsAsync(TenantTransaction transaction, DataSourceConfig source, SourceDefinition definition, CancellationToken ct)
    {
        var sent = definition.ConnectionParams;
        if (!SourceCredentials.Kept(sent, definition.SecretFields).Any()) return sent;
        JsonElement stored = default;
        using (var found = JsonDocument.Parse(source.ConnectionParams))
        {
            // Another driver's secrets mean something else: they are not kept. Nor are they sent to another address than they were given for.
            var sameDriver = SourceTypes.DriverOf(source.SourceType, found.RootElement) == definition.Driver;
            string[] changed = sameDriver ? [.. definition.AddressFields.Where(f => Value(found.RootElement, f) != Value(sent, f)).Order(StringComparer.Ordinal)] : [];
            if (changed.Length > 0) throw SourceFailure.Invalid([.. SourceCredentials.Kept(sent, definition.SecretFields).Select(m => SourceValidation.KeptElsewhere(m, changed))]);
            if (sameDriver)
                stored = await opener.OpenAsync(transaction, source, fresh: true, ct) ?? throw SourceFailure.Unreadable();
        }

        List<string> missing = [];
        var clear = SourceCredentials.Keep(sent, definition.SecretFields, stored, missing);
        if (missing.Count > 0) throw SourceFailure.Invalid([.. missing.Select(SourceValidation.NothingToKeep)]);
        return clear;
    }

    private static string? Value(JsonElement parameters, string member)
        => parameters.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value.ToString() : null;

    private async Task FillAsync(TenantTransaction transaction, DataSourceConfig source, SourceDefinition definition, JsonElement clear, CancellationToken ct)
    {
        using var key = await keyring.SealingKeyAsync(transaction, ct);
        source.ConnectionParams = SourceCredentials.Seal(clear, definition.SecretFields, key, SourceVersion.Of(source));
        source.SourceName = definition.SourceName;
        source.SourceType = definition.SourceType;
        source.ExtractionParams = definition.ExtractionParams.GetRawText();
        source.Sync = definition.Sync.GetRawText();
        source.IsActive = definition.IsActive;
    }

    /// <summary>In microseconds, as PostgreSQL keeps it: what is answered now is what is read later.</summary>
    private DateTimeOffset Now()
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
