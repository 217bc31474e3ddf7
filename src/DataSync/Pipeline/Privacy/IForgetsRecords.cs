using System.Text.Json;

namespace DataSync.Pipeline.Privacy;

/// <summary>Who keeps, elsewhere than in a record's own rows, what was made of it (extension point): a cache of answers, a server of annotators. Asked before the rows go.</summary>
internal interface IForgetsRecords
{
    /// <summary>What it keeps, as a receipt calls it.</summary>
    string Kind { get; }

    /// <summary>Whether a job's records came here at all.</summary>
    bool Concerns(JsonElement refinementConfig);

    /// <summary>How much there is of some records at most. Changes nothing, and asks nobody outside.</summary>
    Task<int> CountAsync(ForgottenRecords records, CancellationToken ct);

    /// <summary>Reads it, to be given to the person whom the records are about. Null where all of it was read; else the key of what kept it from that, such as a server that is away. Changes nothing.</summary>
    Task<string?> ReadAsync(ForgottenRecords records, Func<KeptElsewhere, Task> each, CancellationToken ct);

    /// <summary>Removes it; safe to repeat. What is out of reach for good is counted, what may come back is thrown as transient.</summary>
    Task<ForgetOutcome> ForgetAsync(ForgottenRecords records, CancellationToken ct);
}

/// <summary>
/// Removes from a project of annotators every task that records of some jobs became. Safe to repeat. Where the project is not the tenant's any more, the jobs count as out of reach; any other failure is thrown, and what was
/// removed by then is gone. The room of the refiners answers it.
/// </summary>
/// <param name="tenantId">Whose.</param>
/// <param name="project">The project's number.</param>
/// <param name="jobs">The jobs, none of which may send meanwhile.</param>
/// <param name="ct">Ends it between two tasks.</param>
internal delegate Task<ForgetOutcome> ForgetTasksOfJobs(string tenantId, long project, IReadOnlyCollection<Guid> jobs, CancellationToken ct);

/// <summary>
/// Removes from a project of annotators the tasks of some jobs that are about somebody, by what they show and what was written on them: for jobs whose records are not stored any more, so that nothing here tells which tasks those
/// are. Safe to repeat. Where the project is not the tenant's any more, the jobs count as out of reach; any other failure is thrown. The room of the refiners answers it.
/// </summary>
/// <param name="tenantId">Whose.</param>
/// <param name="project">The project's number.</param>
/// <param name="jobs">The jobs.</param>
/// <param name="isAbout">Tells which.</param>
/// <param name="ct">Ends it between two tasks.</param>
internal delegate Task<ForgetOutcome> ForgetLeftTasks(string tenantId, long project, IReadOnlyCollection<Guid> jobs, IsAboutSubject isAbout, CancellationToken ct);

/// <summary>
/// Reads from a project of annotators every task that records of some jobs became, with what was written on it. Null where all were read; else the key of what kept them from that. Changes nothing. The room of the refiners
/// answers it.
/// </summary>
internal delegate Task<string?> ReadTasksOfJobs(string tenantId, long project, IReadOnlyCollection<Guid> jobs, Func<KeptElsewhere, Task> each, CancellationToken ct);

/// <summary>What is kept elsewhere of one record.</summary>
/// <param name="JobId">The record's job.</param>
/// <param name="Seq">Its place in the job; null where nobody knows.</param>
/// <param name="TaskId">The number of the task it became at a server; null for what is no task.</param>
/// <param name="Shown">The record as it is shown there, as JSON; null where nothing of it is.</param>
/// <param name="Made">What people and models made of it, each as JSON.</param>
internal sealed record KeptElsewhere(Guid JobId, long? Seq, long? TaskId, byte[]? Shown, IReadOnlyList<byte[]> Made);

/// <summary>Whether a document is about the person who is looked for.</summary>
/// <param name="jobId">The job it belongs to.</param>
/// <param name="document">A record as it was shown, or what was made of it.</param>
/// <param name="isMade">Whether people or models made it.</param>
internal delegate bool IsAboutSubject(Guid jobId, ReadOnlySpan<byte> document, bool isMade);

/// <summary>Records of one job.</summary>
/// <param name="TenantId">Whose.</param>
/// <param name="JobId">The job.</param>
/// <param name="JobCreatedAt">When it was made.</param>
/// <param name="RefinementConfig">What it asked its refiners for.</param>
/// <param name="Records">The records, a few hundred at most.</param>
internal sealed record ForgottenRecords(string TenantId, Guid JobId, DateTimeOffset JobCreatedAt, JsonElement RefinementConfig, IReadOnlyList<ForgottenRecord> Records);

/// <summary>A record as enrichers saw it.</summary>
/// <param name="Seq">Its place in the job.</param>
/// <param name="Document">The document, refined where rules changed it.</param>
internal readonly record struct ForgottenRecord(long Seq, ReadOnlyMemory<byte> Document);

/// <summary>What became of it.</summary>
/// <param name="Forgotten">Things removed.</param>
/// <param name="OutOfReach">Things that nobody can reach any more, such as at a server whose key was taken away.</param>
internal readonly record struct ForgetOutcome(int Forgotten, int OutOfReach);
