using DataSync.Privacy.Subjects.Access;
using DataSync.Privacy.Subjects.Erasure;
using DataSync.Privacy.Subjects.Finding;

namespace DataSync.Privacy.Subjects.Stores;

/// <summary>Tables in which something of a subject may be. All that a request does with them is here side by side: what is counted is what is given out and what is erased.</summary>
internal interface IHoldsSubjects
{
    /// <summary>The walk's part in an erasure; short, and never renamed: a request may be in the middle of it.</summary>
    string Phase { get; }

    /// <summary>What comes first: records go before what is made of them is looked for.</summary>
    int Order { get; }

    /// <summary>Counts what there is. Changes nothing.</summary>
    Task CountAsync(SubjectSearch search, CancellationToken ct);

    /// <summary>Writes out what there is.</summary>
    Task WriteAsync(SubjectSearch search, SubjectWriter writer, CancellationToken ct);

    /// <summary>Removes it, in transactions that are bounded and each note where to go on; begins where the last one left off.</summary>
    Task EraseAsync(ErasureWork work, CancellationToken ct);
}

/// <summary>A search for one subject.</summary>
/// <param name="TenantId">In whose data.</param>
/// <param name="Match">Whom.</param>
internal sealed record SubjectSearch(string TenantId, SubjectMatch Match)
{
    /// <summary>What was found, by kind.</summary>
    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Jobs that hold records of the subject, and how many: the first thousand.</summary>
    public SortedDictionary<Guid, long> Jobs { get; } = [];

    /// <summary>Jobs beyond these.</summary>
    public long MoreJobs { get; set; }

    public void Add(string kind, long count)
    {
        if (count > 0) Counts[kind] = Counts.GetValueOrDefault(kind) + count;
    }
}
