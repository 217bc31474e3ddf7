using System.Diagnostics;
using System.Text.Json;
using DataSync.Pipeline;
using DataSync.Platform.Authentication;
using DataSync.Platform.Tenancy;

namespace DataSync.Jobs;

/// <summary>A sync: what was asked for, how far it is, and what became of it. This row is the truth; Hangfire only executes.</summary>
internal sealed class SyncJob : ITenantOwned
{
    /// <summary>A queued job of a plan, before anybody is said to have asked for it.</summary>
    /// <param name="id">Its id; null for a new one.</param>
    /// <param name="tenantId">Whose it is.</param>
    /// <param name="sourceId">Of which source.</param>
    /// <param name="sourceType">How its records come in.</param>
    /// <param name="plan">What it is to do.</param>
    /// <param name="now">When it is made.</param>
    public static SyncJob Of(Guid? id, string tenantId, string sourceId, string sourceType, SyncPlan plan, DateTimeOffset now) => new()
    {
        Id = id ?? Guid.CreateVersion7(now),
        TenantId = tenantId,
        SourceId = sourceId,
        SourceType = sourceType,
        Mode = plan.Mode,
        SyncType = plan.SyncType,
        Config = JsonSerializer.Serialize(plan, JobJson.Options),
        Checkpoint = JsonSerializer.Serialize(new Checkpoint(), JobJson.Options),
        CreatedAt = now,
        TimeoutSeconds = plan.TimeoutSeconds,
    };

    /// <summary>The same, asked for by a caller.</summary>
    public static SyncJob Of(Guid? id, Caller caller, string sourceId, string sourceType, SyncPlan plan, DateTimeOffset now)
    {
        var job = Of(id, caller.Tenant, sourceId, sourceType, plan, now);
        (job.CreatedBy, job.CorrelationId, job.TraceParent, job.Language) = (caller.Subject, caller.CorrelationId, Activity.Current?.Id, caller.Language);
        return job;
    }

    /// <summary>UUIDv7: its time decides the leaf that holds the job's records.</summary>
    public Guid Id { get; set; }
    public string TenantId { get; set; } = "";
    public string SourceId { get; set; } = "";

    /// <summary><c>read</c>, <c>pull</c> or <c>push</c>.</summary>
    public string SourceType { get; set; } = "read";
    public string Mode { get; set; } = "async";
    public string SyncType { get; set; } = "full";

    /// <summary>The job whose stored records this one exports again; null where it has its own.</summary>
    public Guid? ExportOf { get; set; }

    /// <summary>One of <see cref="JobStatus"/>.</summary>
    public string Status { get; set; } = JobStatus.Queued;
    public string? Stage { get; set; }

    /// <summary>Records kept: committed and not refused.</summary>
    public long RecordCount { get; set; }

    /// <summary>Records refused.</summary>
    public long ErrorCount { get; set; }
    public long Extracted { get; set; }
    public long Refined { get; set; }
    public long Exported { get; set; }
    public long? Total { get; set; }
    public long Bytes { get; set; }

    /// <summary>JSON of the plan.</summary>
    public string Config { get; set; } = "{}";

    /// <summary>JSON: the files.</summary>
    public string? Result { get; set; }

    /// <summary>JSON of the failure: key and values, worded in the reader's language when it is read.</summary>
    public string? ErrorDetails { get; set; }

    /// <summary>When the first of its records had had their time: from then on what is stored is not all there was. Null where none was removed for its age.</summary>
    public DateTimeOffset? RetiredAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? CompletedAt { get; set; }
    public string CreatedBy { get; set; } = "";
    public string CorrelationId { get; set; } = "";

    /// <summary>W3C traceparent of the request, so that the worker's spans join its trace.</summary>
    public string? TraceParent { get; set; }
    public string Language { get; set; } = "en-US";

    /// <summary>Running time at most; <see cref="NoTimeout"/> for none.</summary>
    public int TimeoutSeconds { get; set; }

    /// <summary>The job may run as long as it gets on.</summary>
    public const int NoTimeout = 0;

    /// <summary>Milliseconds of running time that ended attempts have used.</summary>
    public long RunningMs { get; set; }

    public DateTimeOffset? CancelRequestedAt { get; set; }

    /// <summary>When the dispatcher last gave it to Hangfire; null when nobody has it.</summary>
    public DateTimeOffset? DispatchedAt { get; set; }

    /// <summary>Not before this time: the wait after an attempt that failed, and of a job that waits. In the queue for another time, it is since then that it could begin; null where that is since it was made.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>When it first waited; null where it never did. Its waiting is bounded from here.</summary>
    public DateTimeOffset? WaitingSince { get; set; }

    /// <summary>A hint came that what it waits for may be there, and no attempt has begun since.</summary>
    public DateTimeOffset? RungAt { get; set; }

    /// <summary>Goes up at each claim; a write under an older number commits nothing.</summary>
    public long Fence { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }

    /// <summary>Backend of the worker's own session: gone when the worker is dead, so a crash is seen at once.</summary>
    public int? LeasePid { get; set; }
    public DateTimeOffset? LeaseBackendStart { get; set; }

    /// <summary>Backend that writes the records: a claimer ends it, because a transaction that hangs in COPY holds its keys.</summary>
    public int? WriterPid { get; set; }
    public DateTimeOffset? WriterBackendStart { get; set; }

    /// <summary>JSON of the checkpoint.</summary>
    public string Checkpoint { get; set; } = "{}";

    /// <summary>Attempts begun.</summary>
    public int Attempts { get; set; }

    /// <summary>Attempts in a row that moved nothing.</summary>
    public int FruitlessAttempts { get; set; }

    /// <summary>Attempts that came further than any before them.</summary>
    public int FruitfulAttempts { get; set; }

    /// <summary>How far any attempt has come: records passed, and one more for the end of the extraction.</summary>
    public long Furthest { get; set; }

    /// <summary>JSON of the failure for which the job went back into the queue; null where none did.</summary>
    public string? Interruption { get; set; }

    /// <summary>JSON: records sent to memory and to the database, counted by rule. Hybrid mode only.</summary>
    public string? Routed { get; set; }

    /// <summary>JSON: how often each rule and check was met, committed with the records it was met on; null where none ran.</summary>
    public string? Rules { get; set; }

    /// <summary>JSON: what comparing an incremental sync with its source found; null where nothing was compared.</summary>
    public string? Gap { get; set; }

    /// <summary>JSON: what its enrichers tell, by kind: counts, costs. Null where none has told.</summary>
    public string? Enriched { get; set; }

    /// <summary>JSON: how an incremental sync found what changed, and why so; null where nobody chose.</summary>
    public string? ChangeTracking { get; set; }
}

/// <summary>The states of a job.</summary>
internal static class JobStatus
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Waiting = "waiting";
    public const string Completed = "completed";
    public const string Failed = "failed";
    public const string Cancelled = "cancelled";

    public static readonly IReadOnlyList<string> All = [Queued, Running, Waiting, Completed, Failed, Cancelled];

    public static bool IsFinal(string status) => status is Completed or Failed or Cancelled;
}
