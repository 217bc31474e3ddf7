using System.Text.Json;
using DataSync.Pipeline.Failures;

namespace DataSync.Pipeline;

/// <summary>
/// A room's share of a Start (extension point). The members of a Start belong to different rooms; each names the faults of its own,
/// so that all come in one answer and no room knows another.
/// </summary>
internal interface IPlanSection
{
    /// <summary>The members of a Start that this room reads.</summary>
    IReadOnlySet<string> Members { get; }

    /// <summary>Names everything wrong with them. <paramref name="plan"/> is the whole Start as an object; paths begin with <paramref name="path"/>.</summary>
    IEnumerable<Fault> Validate(JsonElement plan, string path);

    /// <summary>The same for a source of a known type (<c>database</c>, <c>api</c>, <c>webhook</c>), where the members mean something else for each.</summary>
    /// <param name="plan">The Start.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="sourceType">The source's type.</param>
    IEnumerable<Fault> Validate(JsonElement plan, string path, string sourceType) => Validate(plan, path);

    /// <summary>Names what only the installation's own records can tell is wrong for a tenant. Asked beside <see cref="Validate(JsonElement, string)"/>, whatever that found.</summary>
    /// <param name="tenantId">Whose job it would be.</param>
    /// <param name="plan">The Start.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="ct">Ends the wait.</param>
    ValueTask<IReadOnlyList<Fault>> AdmitAsync(string tenantId, JsonElement plan, string path, CancellationToken ct) => ValueTask.FromResult<IReadOnlyList<Fault>>([]);
}
