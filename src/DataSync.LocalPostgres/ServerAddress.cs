using DataSync.LocalPostgres.Cluster;
using Npgsql;

namespace DataSync.LocalPostgres;

/// <summary>A server that runs, with its superuser's password.</summary>
sealed record ServerAddress(string Host, int Port, string Password, string Description, ClusterControl? Control = null)
{
    public string AdminConnection => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Username = "postgres",
        Password = Password,
        Database = "postgres",
    }.ConnectionString;
}
