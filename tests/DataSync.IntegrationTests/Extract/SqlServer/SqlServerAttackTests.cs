using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;

namespace DataSync.IntegrationTests.Extract.SqlServer;

/// <summary>Attacks on a real SQL Server by a login that may do anything at all, where a container engine runs: none leaves a trace.</summary>
public sealed class SqlServerAttackTests(SqlServerContractDatabase database) : IClassFixture<SqlServerContractDatabase>
{
    private const string Dump = "SELECT COUNT(*), SUM(id), CHECKSUM_AGG(CHECKSUM(*)) FROM numbers; SELECT name, type FROM sys.objects WHERE is_ms_shipped = 0 ORDER BY name; SELECT name FROM sys.databases ORDER BY name; SELECT name FROM sys.server_principals ORDER BY name; SELECT current_value FROM sys.sequences";

    [Theory, MemberData(nameof(DataSync.Tests.Extract.Connectors.SqlServer.SqlServerAttacks.All), MemberType = typeof(DataSync.Tests.Extract.Connectors.SqlServer.SqlServerAttacks))]
    public async Task Read_an_attack_leaves_no_trace(string sql)
    {
        database.Source.SkipWithoutIt();
        var before = await database.Source.ExecuteAsync(Dump);
        var connector = TdsServer.Connector(allowWritable: true, tlsExceptions: "0.0.0.0/0,::/0,localhost");
        await Assert.ThrowsAsync<SyncFailureException>(() => ReadOutcome.OfAsync(connector, database.Source.Owner, new ReadRequest { Query = sql, StatementTimeout = TimeSpan.FromSeconds(20) }, TestContext.Current.CancellationToken));
        Assert.Equal(before, await database.Source.ExecuteAsync(Dump));
    }
}
