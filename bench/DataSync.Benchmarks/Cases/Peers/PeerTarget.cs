using System.Security.Cryptography;
using DataSync.Benchmarks.Server;

namespace DataSync.Benchmarks.Cases.Peers;

/// <summary>Where the peers keep records: one table as an application without a bulk path designs it, under the same row-level security.</summary>
internal sealed record PeerTarget(Database Superuser, string Login, string Password)
{
    public static async Task<PeerTarget> CreateAsync(BenchServer server, CancellationToken ct)
    {
        var database = await server.CreateDatabaseAsync("peers", ct);
        var target = new PeerTarget(database, BenchServer.NewName("app"), RandomNumberGenerator.GetHexString(32, lowercase: true));
        await server.CreateLoginAsync(target.Login, target.Password, ct);
        await database.ExecuteAsync(
            $"""
            CREATE TABLE sync_data (
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                tenant_id text NOT NULL,
                job_id uuid NOT NULL,
                seq bigint NOT NULL,
                source_id text NOT NULL,
                raw_data jsonb NOT NULL,
                refined_data jsonb,
                sync_timestamp timestamptz NOT NULL DEFAULT now());
            CREATE INDEX ON sync_data (tenant_id, job_id);
            CREATE INDEX ON sync_data (tenant_id, source_id);
            ALTER TABLE sync_data ENABLE ROW LEVEL SECURITY;
            ALTER TABLE sync_data FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON sync_data USING (tenant_id = current_setting('app.tenant_id', true)) WITH CHECK (tenant_id = current_setting('app.tenant_id', true));
            GRANT SELECT, INSERT ON sync_data TO "{target.Login}"
            """,
            ct);
        return target;
    }
}
