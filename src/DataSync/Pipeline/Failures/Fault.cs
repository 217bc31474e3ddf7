namespace DataSync.Pipeline.Failures;

/// <summary>One thing wrong with a request or a configuration.</summary>
/// <param name="Path">JSON pointer of the member, such as <c>/connection_params/host</c>.</param>
/// <param name="MessageKey">Key of the message in the language files.</param>
/// <param name="Params">Values for the message's placeholders.</param>
internal sealed record Fault(string Path, string MessageKey, IReadOnlyDictionary<string, object?>? Params = null)
{
    public Fault(string path, string messageKey, params (string Name, object? Value)[] values)
        : this(path, messageKey, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal)) { }
}
