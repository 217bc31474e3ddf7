using DataSync.Platform.Tenancy;

namespace DataSync.Platform.Encryption;

/// <summary>A room that stores sealed values (extension point): the rotation of a tenant's data key asks every one of them.</summary>
internal interface ISealedStore
{
    /// <summary>Seals everything of the tenant again that an older key than <paramref name="keyId"/> sealed, while others read and write it.</summary>
    Task<ResealOutcome> ResealAsync(string tenantId, int keyId, CancellationToken ct);

    /// <summary>The keys that still seal something, as this transaction sees it.</summary>
    Task<IReadOnlySet<int>> KeysInUseAsync(TenantTransaction transaction, CancellationToken ct);
}

/// <summary>What a pass over a store did.</summary>
/// <param name="Moved">Things sealed again.</param>
/// <param name="Unreadable">Things left as they are because they do not open; their key stays.</param>
internal readonly record struct ResealOutcome(int Moved, int Unreadable);
