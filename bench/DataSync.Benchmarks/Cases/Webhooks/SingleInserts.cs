using System.Diagnostics;
using System.Globalization;
using DataSync.Benchmarks.Measuring;
using DataSync.Benchmarks.Running;
using DataSync.Benchmarks.Server;
using Npgsql;
using OsProcess = System.Diagnostics.Process;

namespace DataSync.Benchmarks.Cases.Webhooks;

/// <summary>PostgreSQL's own measure of what can be acknowledged: pgbench with a durable single-row insert a transaction, as a role that row-level security binds.</summary>
internal sealed class SingleInserts(BenchContext context, Database database, NpgsqlConnectionStringBuilder login)
{
    /// <summary>The program beside psql; null where it is missing.</summary>
    public static string? Program(BenchContext context)
        => Path.Combine(Path.GetDirectoryName(context.Server.Psql.Program)!, "pgbench") is var path && File.Exists(path) ? path : null;

    /// <summary>Makes the table that the limit writes into, and who may.</summary>
    public static async Task<SingleInserts> PrepareAsync(BenchContext context, CancellationToken ct)
    {
        var database = await context.Server.CreateDatabaseAsync("inserts", ct);
        await database.ExecuteAsync(
            """
            CREATE TABLE webhook_event (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id text NOT NULL, event_id text NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), payload jsonb NOT NULL);
            CREATE INDEX ON webhook_event (tenant_id, received_at);
            ALTER TABLE webhook_event ENABLE ROW LEVEL SECURITY;
            ALTER TABLE webhook_event FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON webhook_event USING (tenant_id = current_setting('app.tenant_id', true)) WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
            """,
            ct);
        var login = await context.Server.CreateReaderAsync(database, ct);
        await database.ExecuteAsync($"GRANT INSERT ON webhook_event TO \"{login.Username}\"", ct);
        return new SingleInserts(context, database, login);
    }

    public Task ResetAsync(CancellationToken ct) => database.ExecuteAsync("TRUNCATE webhook_event; CHECKPOINT", ct);

    /// <summary>Runs pgbench; the time of a row.</summary>
    public async Task<Measurement> RunAsync(int clients, TimeSpan duration, byte[] body, CancellationToken ct)
    {
        var script = context.Scratch("insert.sql");
        var payload = System.Text.Encoding.UTF8.GetString(body).Replace("'", "''", StringComparison.Ordinal).Replace(":", ": ", StringComparison.Ordinal); // a colon before a name would be a variable
        await File.WriteAllTextAsync(script, $"\\set n random(1, 1000000000)\nINSERT INTO webhook_event (tenant_id, event_id, payload) VALUES ('t1', 'evt_' || :n, '{payload}');\n", BenchContext.Utf8, ct);
        string[] arguments = ["-n", "-M", "prepared", "-f", script, "-c", $"{clients}", "-j", "2", "-T", $"{(int)duration.TotalSeconds}"];
        var start = new ProcessStartInfo(Program(context)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var (name, value) in Psql.Session(login)) start.Environment[name] = value;
        start.Environment["PGDATABASE"] = database.Name;
        start.Environment["PGOPTIONS"] = "-c app.tenant_id=t1";
        var (client, server) = (ProcessFiles.EndedChildrenCpu(Environment.ProcessId), await context.Server.Cpu.ReadAsync(ct));
        using var pgbench = OsProcess.Start(start) ?? throw new BenchmarkException("pgbench could not be started.");
        var (told, errors) = (pgbench.StandardOutput.ReadToEndAsync(ct), pgbench.StandardError.ReadToEndAsync(ct));
        await pgbench.WaitForExitAsync(ct);
        var line = (await told).Split('\n').FirstOrDefault(l => l.StartsWith("tps = ", StringComparison.Ordinal)) ?? throw new BenchmarkException($"pgbench: {await errors}");
        var rate = double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
        var rows = rate * duration.TotalSeconds;
        return new Measurement
        {
            Wall = TimeSpan.FromSeconds(1 / rate),
            ClientCpu = (ProcessFiles.EndedChildrenCpu(Environment.ProcessId) - client) / rows,
            ServerCpu = await context.Server.Cpu.SinceAsync(server, ct) / rows,
            Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [WebhooksCase.Rate] = rate },
        };
    }
}
