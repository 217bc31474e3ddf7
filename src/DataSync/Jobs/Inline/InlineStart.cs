using System.Diagnostics;
using DataSync.Jobs.Start;
using DataSync.Pipeline;
using DataSync.Platform.Authentication;

namespace DataSync.Jobs.Inline;

/// <summary>A run for this process to take on: from a request, or from a call inside with the records in hand.</summary>
internal sealed record InlineStart
{
    public required string TenantId { get; init; }
    public required string SourceId { get; init; }

    /// <summary>A plan that was validated: realtime, or hybrid for a push.</summary>
    public required SyncPlan Plan { get; init; }

    /// <summary>The records of a push as UTF-8 JSON, an array or one value; null to read the source. Must stay as it is until the run is over.</summary>
    public ReadOnlyMemory<byte>? Payload { get; init; }

    /// <summary>Names the work of a repeatable request (a UUIDv7): the job's id. Null for a new one.</summary>
    public Guid? WorkId { get; init; }
    public required string CreatedBy { get; init; }
    public required string CorrelationId { get; init; }
    public required string Language { get; init; }

    /// <summary>
    /// The request's span, where it is shown. One that is not (of deliveries, only some are) would hide what a worker makes of the job later; that has a trace of its own then, as the job of a delivery that waited has.
    /// </summary>
    public string? TraceParent { get; init; } = Activity.Current is { Recorded: true } shown ? shown.Id : null;

    /// <summary><c>read</c> or <c>pull</c>, where the source is read.</summary>
    public string RecordSource { get; init; } = "read";

    public string SourceType => Payload is null ? RecordSource : "push";

    public static InlineStart Of(Caller caller, StartCommand command) => new()
    {
        TenantId = caller.Tenant,
        SourceId = command.SourceId,
        RecordSource = command.RecordSource,
        Plan = command.Plan,
        CreatedBy = caller.Subject,
        CorrelationId = caller.CorrelationId,
        Language = caller.Language,
    };
}
