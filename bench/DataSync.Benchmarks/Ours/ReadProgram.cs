using System.Text.Json;
using DataSync.Extract;
using DataSync.Extract.Connectors.Postgres;
using DataSync.Pipeline;
using DataSync.Pipeline.Connectors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DataSync.Benchmarks.Ours;

/// <summary>The child process of the cases <c>read</c>, <c>mysql</c> and <c>odbc</c>: table <c>orders</c> through the connector of its driver into a JSONL file.</summary>
internal static class ReadProgram
{
    public const string Name = "read";
    public const string ConnectionSetting = "DATASYNC_BENCH_SOURCE";

    public static async Task RunAsync(string path, CancellationToken ct)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        await using var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(configuration)
            .AddExtract(configuration).AddSingleton<IConnector, PostgresConnector>().AddSingleton<IConnector, Extract.Connectors.MySql.MySqlConnector>()
            .AddSingleton<IConnector, Extract.Connectors.Odbc.OdbcConnector>().BuildServiceProvider();
        var parameters = JsonElement.Parse(configuration[ConnectionSetting]!);
        var driver = parameters.GetProperty("driver").GetString()!;
        var connector = services.GetServices<IConnector>().Single(c => c.Driver == driver);
        var request = new ReadRequest { Table = "orders", StatementTimeout = TimeSpan.FromHours(1) };
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
