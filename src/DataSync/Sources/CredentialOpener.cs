using System.Text.Json;
using DataSync.Platform.Encryption;
using DataSync.Platform.Tenancy;

namespace DataSync.Sources;

/// <summary>Brings stored credentials and their keys together inside a transaction.</summary>
internal sealed class CredentialOpener(TenantKeyring keyring, ConnectorCatalog connectors)
{
    /// <summary>
    /// The parameters in the clear; null if a key is gone or a secret does not open. <paramref name="fresh"/> takes no key from memory:
    /// a source may have been moved to another key, or its tenant made anew, since.
    /// </summary>
    public async Task<JsonElement?> OpenAsync(TenantTransaction transaction, DataSourceConfig source, bool fresh, CancellationToken ct)
    {
        using var stored = JsonDocument.Parse(source.ConnectionParams);
        var connector = connectors.Find(SourceTypes.DriverOf(source.SourceType, stored.RootElement)) ?? throw SourceFailure.NoConnector();
        return await WithKeysAsync<JsonElement?>(transaction, stored.RootElement, fresh, keys =>
            SourceCredentials.TryOpen(stored.RootElement, connector.SecretFields, keys, SourceVersion.Of(source), out var opened) ? opened : null, ct);
    }

    /// <summary>The same without asking the database; null also where a key is not at hand.</summary>
    public JsonElement? OpenAtHand(DataSourceConfig source)
    {
        using var stored = JsonDocument.Parse(source.ConnectionParams);
        if (connectors.Find(SourceTypes.DriverOf(source.SourceType, stored.RootElement)) is not { } connector) return null;
        Dictionary<int, DataKey> keys = [];
        try
        {
            foreach (var id in SourceCredentials.KeyIds(stored.RootElement))
            {
                if (keyring.OpeningKeyAtHand(source.TenantId, id) is not { } key) return null;
                keys[id] = key;
            }

            return SourceCredentials.TryOpen(stored.RootElement, connector.SecretFields, keys, SourceVersion.Of(source), out var opened) ? opened : null;
        }
        finally
        {
            foreach (var key in keys.Values) key.Dispose();
        }
    }

    /// <summary>The stored form under the newest key; null if it does not open.</summary>
    public async Task<string?> ResealAsync(TenantTransaction transaction, DataSourceConfig source, CancellationToken ct)
    {
        using var stored = JsonDocument.Parse(source.ConnectionParams);
        using var newest = await keyring.SealingKeyAsync(transaction, ct);
        return await WithKeysAsync(transaction, stored.RootElement, fresh: true, keys =>
            SourceCredentials.TryReseal(stored.RootElement, keys, newest, SourceVersion.Of(source), out var moved) ? moved : null, ct);
    }

    private async Task<T?> WithKeysAsync<T>(
        TenantTransaction transaction, JsonElement stored, bool fresh, Func<IReadOnlyDictionary<int, DataKey>, T?> work, CancellationToken ct)
    {
        Dictionary<int, DataKey> keys = [];
        try
        {
            foreach (var id in SourceCredentials.KeyIds(stored))
            {
                if (await keyring.OpeningKeyAsync(transaction, id, fresh, ct) is { } key) keys[id] = key;
            }

            return work(keys);
        }
        finally
        {
            foreach (var key in keys.Values) key.Dispose();
        }
    }
}
