using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Json.Jmes;

/// <summary>An expression that cannot be read, and where.</summary>
internal sealed class JmesSyntaxException(string key, params (string Name, object? Value)[] values) : Exception
{
    public static JmesSyntaxException Unexpected(int at) => new("faults.jmespath.syntax", ("position", at + 1));

    public Fault Fault(string path) => new(path, key, values);
}
