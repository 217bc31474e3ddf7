using System.Text.Json.Nodes;
using Npgsql;

namespace DataSync.Benchmarks.Ours;

/// <summary>A login to the source database as DataSync takes it.</summary>
internal static class SourceParameters
{
    public static JsonObject Of(NpgsqlConnectionStringBuilder login) => new()
    {
        ["driver"] = "postgresql",
        ["host"] = login.Host,
        ["port"] = login.Port,
        ["database"] = login.Database,
        ["username"] = login.Username,
        ["password"] = login.Password,
        ["tls"] = "disable", // both ends are on this machine, and psql's side uses none either
    };

    /// <summary>The operator's settings that let DataSync read a source on this machine without TLS.</summary>
    public static IReadOnlyDictionary<string, string> Settings(NpgsqlConnectionStringBuilder login) => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DATASYNC_EGRESS_ALLOW"] = $"127.0.0.0/8,::1/128,{login.Host}:{login.Port}",
        ["DATASYNC_TLS_EXCEPTIONS"] = $"127.0.0.1,::1,localhost,{login.Host}",
    };
}
