using System.Text.Json;
using DataSync.Platform.Tenancy;
using DataSync.Privacy.Subjects.Finding;

namespace DataSync.Privacy.Subjects.Erasure;

/// <summary>One worker's turn at an erasure. Everything it removes is removed in a transaction that also counts it and notes the place, so that a crash neither loses nor counts twice.</summary>
internal sealed class ErasureWork(TenantDatabase database, string tenantId, Guid requestId, int attempt, SubjectMatch match, IReadOnlyDictionary<string, long> counted)
{
    private readonly SortedDictionary<string, long> _counts = new(counted.ToDictionary(), StringComparer.Ordinal);

    public TenantDatabase Database { get; } = database;

    public string TenantId { get; } = tenantId;

    public Guid RequestId { get; } = requestId;

    public SubjectMatch Match { get; } = match;

    /// <summary>The part of the walk.</summary>
    public string Phase { get; private set; } = "";

    /// <summary>Where to go on within it; null for its beginning.</summary>
    public string? Place { get; private set; }

    /// <summary>Asked before what no transaction guards: throws where the turn is lost.</summary>
    public required Func<CancellationToken, Task> Confirm { get; init; }

    /// <summary>Whether the request has had its time for now, and others have their turn. Asked where a place was noted.</summary>
    public Func<bool> IsOver { get; init; } = static () => false;

    /// <summary>Begins a part, or takes it up where it was left, and notes that.</summary>
    public async Task EnterAsync(string phase, string? place, CancellationToken ct)
    {
        Phase = phase;
        await using var transaction = await Database.BeginAsync(TenantId, durable: false, ct);
        await NoteAsync(transaction, place, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Counts what the next commit removes.</summary>
    public void Add(string kind, long count)
    {
        if (count > 0) _counts[kind] = _counts.GetValueOrDefault(kind) + count;
    }

    /// <summary>Notes the place and the counts with what the transaction removed, and commits it.</summary>
    public async Task CommitAsync(TenantTransaction transaction, string? place, CancellationToken ct)
    {
        await NoteAsync(transaction, place, ct);
        await transaction.CommitAsync(ct);
        if (IsOver()) throw new OthersTurnException();
    }

    /// <summary>Notes a place where there was nothing to remove.</summary>
    public async Task PassAsync(string? place, CancellationToken ct)
    {
        await using var transaction = await Database.BeginAsync(TenantId, durable: false, ct);
        await CommitAsync(transaction, place, ct);
    }

    private async Task NoteAsync(TenantTransaction transaction, string? place, CancellationToken ct)
    {
        await using var note = transaction.Command(
            "UPDATE privacy_requests SET phase = $4, place = $5, counts = $6::json WHERE tenant_id = $1 AND id = $2 AND attempts = $3 AND status = 'running'",
            TenantId, RequestId, attempt, Phase, place, JsonSerializer.Serialize(_counts));
        if (await note.ExecuteNonQueryAsync(ct) != 1) throw new LostTurnException();
        Place = place;
    }
}

/// <summary>The request has had its time, and goes on at the place that was noted when others have had theirs.</summary>
internal sealed class OthersTurnException() : Exception("Others have their turn.");
