using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.Extract.Connectors.Odbc;

/// <summary>A source's parameters: a data source that the operator registered, and a login. Never a connection string, which could load any library.</summary>
internal sealed record OdbcParameters(string Dsn, string? Username, string? Password)
{
    public static readonly IReadOnlySet<string> Fields = new HashSet<string>(StringComparer.Ordinal) { "dsn", "username", "password" };

    private const int LongestName = 64;

    /// <summary>Names everything wrong with the parameters.</summary>
    public static IEnumerable<Fault> Validate(JsonElement given) => SourceFields.Unknown(given, Fields).Concat(Name(given)).Concat(Login(given));

    /// <summary>Reads parameters that were validated before.</summary>
    public static OdbcParameters Read(SourceConnection connection)
    {
        var given = connection.ConnectionParams;
        return new OdbcParameters(
            given.GetProperty("dsn").GetString()!,
            given.TryGetProperty("username", out var username) ? username.GetString() : null,
            given.TryGetProperty("password", out var password) ? password.GetString() : null);
    }

    /// <summary>Shows nothing secret.</summary>
    public override string ToString() => Dsn;

    private static List<Fault> Name(JsonElement given)
    {
        var faults = SourceFields.Text(given, "dsn", LongestName).ToList();
        if (faults.Count == 0 && SourceFields.Has(given, "dsn", out var name) && !IsName(name.GetString()!)) faults.Add(SourceFields.Fault("dsn", "faults.source.dsn"));
        return faults;
    }

    /// <summary>ASCII letters, digits, space, <c>_</c>, <c>-</c> and <c>.</c>: nothing that has a meaning in a file of settings.</summary>
    private static bool IsName(string name) => name == name.Trim() && name.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '_' or '-' or '.');

    /// <summary>A file has no login; where there is one, it is whole.</summary>
    private static IEnumerable<Fault> Login(JsonElement given)
        => SourceFields.Has(given, "username", out _) || SourceFields.Has(given, "password", out _)
            ? SourceFields.Text(given, "username", 128).Concat(SourceFields.Text(given, "password", 1024))
            : [];
}
