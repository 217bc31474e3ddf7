using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.Sqlite;
using DataSync.Pipeline.Connectors;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace DataSync.IntegrationTests.Extract;

/// <summary>A SQLite file in a folder of its own.</summary>
internal sealed class SqliteSource : IDisposable
{
    public SqliteSource()
    {
        Folder = Directory.CreateTempSubdirectory("datasync-sqlite-").FullName;
        Root = Directory.CreateDirectory(Path.Combine(Folder, "root")).FullName;
        File = Path.Combine(Root, "source.db");
        Connector = new SqliteConnector(Options.Create(new ExtractOptions { SqliteRoots = Root }), TimeProvider.System);
    }

    public string Folder { get; }

    public string Root { get; }

    public string File { get; }

    public SqliteConnector Connector { get; }

    public SourceConnection Connection => ConnectionTo(File);

    public static SourceConnection ConnectionTo(string path) => new("sqlite", JsonSerializer.SerializeToElement(new { driver = "sqlite", path }));

    public void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
