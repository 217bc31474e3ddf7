using System.Text.Json;

namespace DataSync.Pipeline.Connectors;

/// <summary>A source's parameters with the secrets in the clear. Lives in memory only, is never logged (no <c>ToString</c> shows it) and never stored.</summary>
internal sealed class SourceConnection(string driver, JsonElement connectionParams)
{
    /// <summary>Which connector speaks to it.</summary>
    public string Driver { get; } = driver;

    /// <summary><c>connection_params</c> with the secrets opened.</summary>
    public JsonElement ConnectionParams { get; } = connectionParams;

    public override string ToString() => Driver;
}
