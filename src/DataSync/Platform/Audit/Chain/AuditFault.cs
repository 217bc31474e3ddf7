namespace DataSync.Platform.Audit.Chain;

/// <summary>What is wrong with a chain.</summary>
internal enum AuditFaultKind
{
    /// <summary>An entry's fields are not those that were hashed, or it stands in another's place.</summary>
    Altered,

    /// <summary>No entry has this number, and later ones are there.</summary>
    Missing,

    /// <summary>A number that was there already.</summary>
    Repeated,

    /// <summary>The entry does not follow the one before: that one was changed, and hashed anew.</summary>
    Unlinked,

    /// <summary>The entry is whole, but not the one that an anchor names, or two anchors name different ones: the chain was written anew.</summary>
    Rewritten,

    /// <summary>The chain ends before an entry that an anchor names.</summary>
    Truncated,

    /// <summary>An entry's words were erased, and no later entry tells of an erasure.</summary>
    Erased,
}

/// <summary>The first fault of a chain.</summary>
/// <param name="TenantId">Whose chain.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="Sequence">Where.</param>
internal sealed record AuditFault(string TenantId, AuditFaultKind Kind, long Sequence);
