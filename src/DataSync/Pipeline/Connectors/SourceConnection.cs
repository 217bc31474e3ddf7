using System.Text.Json;

namespace DataSync.Pipeline.Connectors;

/// <summary>A source's parameters with the secrets in the clear. Lives in memory only, is never logged (no <c>ToString</c> shows it) and never stored.</summary>
internal sealed class SourceConnection(string driver, JsonElement connectionParams, string owner = "")
{
    /// <summary>Which connector speaks to it.</summary>
    public string Driver { get; } = driver;

    /// <summary>Whose source it is: tenant and source. A connector may keep a session for the owner's next read and for nobody else; empty where none is to be kept.</summary>
    public string Owner { get; } = owner;

    /// <summary><c>connection_params</c> with the secrets opened.</summary>
    public JsonElement ConnectionParams { get; } = connectionParams;

    /// <summary>Whose source it is; empty where nobody's limits are shared through the database.</summary>
    public string TenantId { get; init; } = "";

    /// <summary>The source's id; empty as <see cref="TenantId"/> is.</summary>
    public string SourceId { get; init; } = "";

    /// <summary>Tells this source from any other, of other installations too; null for one from before there were marks.</summary>
    public Guid? Mark { get; init; }

    /// <summary>Told what the source's login may do, each time a connector has found out; null where nobody wants to know.</summary>
    public Func<AccessReport, CancellationToken, Task>? Verified { get; init; }

    /// <summary>Tells <see cref="Verified"/>.</summary>
    public Task ReportAsync(AccessReport access, CancellationToken ct) => Verified?.Invoke(access, ct) ?? Task.CompletedTask;

    public override string ToString() => Driver;
}
