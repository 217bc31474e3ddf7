using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline.Connectors;

/// <summary>
/// A connector that can tell what a source's login could change. Asked when a source is saved; at each test and each reading it finds out by itself and
/// says so to <see cref="SourceConnection.ReportAsync"/>.
/// </summary>
internal interface IVerifiesReadOnly
{
    /// <summary>True where the operator lets sources be read with a login that could write.</summary>
    bool TakesWritable { get; }

    /// <summary>Looks and changes nothing. Fails with a key of <c>errors.connection.*</c> where nobody can be asked.</summary>
    Task<AccessReport> VerifyAsync(SourceConnection connection, CancellationToken ct);
}

/// <summary>What a login may do to its database.</summary>
/// <param name="Grants">Each thing it could change, in a few words of the database's own; empty for a login that can only read.</param>
/// <param name="Replication">True where it may follow the log of changes. That alone changes no data, and change tracking needs it; what it must not run then is its connector's to refuse.</param>
internal sealed record AccessReport(IReadOnlyList<string> Grants, bool Replication = false)
{
    /// <summary>Where the database may give the login more that it could not be asked for, by the database's own name for it; null where nothing is left to ask.</summary>
    public string? Unverified { get; init; }

    /// <summary>True where it could change anything.</summary>
    public bool IsWritable => Grants.Count > 0;

    /// <summary><c>verified_read_only</c> or <c>writable</c>.</summary>
    public string Outcome => IsWritable ? "writable" : "verified_read_only";

    /// <summary>The grants as one text.</summary>
    public string Findings => string.Join(", ", Grants);

    /// <summary>What a connection test shows of it.</summary>
    public IReadOnlyDictionary<string, object?> Shown()
    {
        var shown = new Dictionary<string, object?>(StringComparer.Ordinal) { ["access"] = Outcome, ["replication"] = Replication };
        if (IsWritable) shown["findings"] = Findings;
        if (Unverified is { } part) shown["unverified"] = part;
        return shown;
    }

    /// <summary>Fails with <c>errors.source.writable</c> where the login could write and the operator does not allow that.</summary>
    public void Demand(bool takesWritable)
    {
        if (IsWritable && !takesWritable) throw new SyncFailureException(SyncFailure.Permanent("errors.source.writable", ("findings", Findings)));
    }
}
