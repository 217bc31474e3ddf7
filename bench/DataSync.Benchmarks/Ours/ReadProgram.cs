using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using DataSync.Platform.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Benchmarks.Ours;

/// <summary>The child process of the cases that read a source: table <c>orders</c>, or the pages of an API, through the connector of its driver into a JSONL file.</summary>
internal static class ReadProgram
{
    public const string Name = "read";
    public const string ConnectionSetting = "DATASYNC_BENCH_SOURCE";

    /// <summary><c>extraction_params</c> of an API; a database is asked for its orders.</summary>
    public const string ExtractionSetting = "DATASYNC_BENCH_EXTRACTION";

    public static async Task RunAsync(string path, CancellationToken ct)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(configuration)
            .AddExtract(configuration).AddSingleton<IConnector, PostgresConnector>().AddSingleton<IConnector, Extract.Connectors.MySql.MySqlConnector>()
            .AddSingleton<IConnector, Extract.Connectors.Odbc.OdbcConnector>().AddSingleton<IConnector, Extract.Connectors.Sqlite.SqliteConnector>()
            .AddSingleton<IConnector, Extract.Connectors.Api.ApiConnector>().AddSingleton(new SharedRateLimit(null!)).BuildServiceProvider();
        var parameters = JsonElement.Parse(configuration[ConnectionSetting]!);
        var driver = parameters.TryGetProperty("driver", out var named) ? named.GetString()! : "api";
        var connector = services.GetServices<IConnector>().Single(c => c.Driver == driver);
        var request = new ReadRequest { StatementTimeout = TimeSpan.FromHours(1) };
        request = configuration[ExtractionSetting] is { } extraction ? request with { Extraction = JsonElement.Parse(extraction) } : request with { Table = "orders" };
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var lines = new byte[2 * 1024 * 1024];
        await foreach (var batch in connector.ReadAsync(new SourceConnection(driver, parameters), request, ct))
        {
            using (batch) await file.WriteAsync(Lines(batch, ref lines), ct);
        }
    }

    private static Memory<byte> Lines(RecordBatch batch, ref byte[] lines)
    {
        if (lines.Length < batch.Raw.Length + batch.Count) lines = new byte[batch.Raw.Length + batch.Count];
        var end = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            var document = batch.Raw[i];
            document.CopyTo(lines.AsSpan(end));
            end += document.Length;
            lines[end++] = (byte)'\n';
        }

        return lines.AsMemory(0, end);
    }
}
