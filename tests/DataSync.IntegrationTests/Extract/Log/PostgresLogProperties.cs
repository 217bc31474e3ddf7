using FsCheck;
using FsCheck.Fluent;
using Npgsql;

namespace DataSync.IntegrationTests.Extract.Log;

/// <summary>What holds for any history of a followed table.</summary>
public sealed class PostgresLogProperties
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Transactions of statements on eight keys, some rolled back. Every statement may touch nothing.</summary>
    private static Gen<List<(List<string> Statements, bool Commits)>> Histories
    {
        get
        {
            var key = Gen.Choose(1, 8);
            var statement = Gen.Frequency(
                (4, from id in key from text in Gen.Choose(0, 1000) select $"INSERT INTO followed VALUES ({id}, 'i{text}', {text}) ON CONFLICT (id) DO NOTHING"),
                (4, from id in key from text in Gen.Choose(0, 1000) select $"UPDATE followed SET name = 'u{text}' WHERE id = {id}"),
                (2, from id in key select $"DELETE FROM followed WHERE id = {id}"),
                (2, from id in key from to in key select $"UPDATE followed SET id = {to} WHERE id = {id} AND NOT EXISTS (SELECT FROM followed WHERE id = {to})"),
                (1, from low in key select $"UPDATE followed SET n = coalesce(n, 0) + 1 WHERE id > {low}"),
                (1, Gen.Constant("TRUNCATE followed")));
            var transaction = from statements in Gen.ListOf(statement).Resize(4) from commits in Gen.Frequency((4, Gen.Constant(true)), (1, Gen.Constant(false))) select (statements.ToList(), commits);
            return Gen.ListOf(transaction).Resize(5).Select(t => t.ToList());
        }
    }

    // Feature: data-sync-pipeline, Property 25: For any incremental sync, the export holds exactly what changed since the last: the delta laid over the state before gives the state now.
    [Theory]
    [Trait("Property", "25")]
    [InlineData("DEFAULT"), InlineData("FULL")]
    public async Task Any_history_comes_in_order_and_laid_over_the_copy_gives_the_table(string identity)
    {
        await using var table = await FollowedTable.CreateAsync("id bigint PRIMARY KEY, name text, n int", Ct, more: $"ALTER TABLE followed REPLICA IDENTITY {identity}");
        await table.SyncAsync(Ct);
        var (cases, changes) = (0, 0);
        foreach (var history in Histories.Sample(100))
        {
            foreach (var (statements, commits) in history) await RunAsync(table, statements, commits);
            changes += (await table.SyncAsync(Ct, batchSize: 3, inTwoAttempts: cases % 3 == 0)).Count;
            Assert.Equal(await table.TableAsync(Ct), table.Copy);
            cases++;
        }

        Assert.True(cases >= 100 && changes > 100, $"{cases} cases of {changes} changes");
    }

    [Fact]
    [Trait("Property", "25")]
    public async Task Writers_that_commit_in_random_order_beside_the_first_and_later_syncs_lose_nothing_and_repeat_nothing()
    {
        await using var table = await FollowedTable.CreateAsync("id bigint PRIMARY KEY, name text, n int", Ct);
        await table.ExecuteAsync("INSERT INTO followed SELECT i, 'x', 0 FROM generate_series(1, 200) i", Ct);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var writers = Enumerable.Range(0, 4).Select(seed => Task.Run(() => WriteAsync(table, seed, enough.Token), Ct)).ToList();
        var changes = 0;
        for (var i = 0; i < 40; i++) changes += (await table.SyncAsync(Ct, batchSize: 50)).Count;
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        changes += (await table.SyncAsync(Ct)).Count;
        Assert.Equal(await table.TableAsync(Ct), table.Copy);
        Assert.True(changes > 300, $"{changes} changes");
    }

    private static async Task RunAsync(FollowedTable table, List<string> statements, bool commits)
    {
        await using var connection = await table.Source.Admin.OpenConnectionAsync(Ct);
        await using var transaction = await connection.BeginTransactionAsync(Ct);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection, transaction);
            await command.ExecuteNonQueryAsync(Ct);
        }

        if (commits) await transaction.CommitAsync(Ct);
        else await transaction.RollbackAsync(Ct);
    }

    /// <summary>Each writer has keys of its own, so that none waits for another; their transactions overlap, and some roll back.</summary>
    private static async Task WriteAsync(FollowedTable table, int seed, CancellationToken until)
    {
        var random = new Random(seed);
        for (var next = (seed + 1) * 1_000_000L; !until.IsCancellationRequested;)
        {
            List<string> statements = [];
            for (var i = random.Next(1, 5); i > 0; i--)
            {
                var old = (random.Next(0, 50) * 4) + seed + 1;
                statements.Add(random.Next(4) switch
                {
                    0 => $"INSERT INTO followed VALUES ({next++}, 'new', 0)",
                    1 => $"DELETE FROM followed WHERE id = {old}",
                    2 => $"UPDATE followed SET id = {next++} WHERE id = {old}",
                    _ => $"UPDATE followed SET n = n + 1 WHERE id % 4 = {(seed + 1) % 4} AND id <= 200",
                });
            }

            statements.Insert(random.Next(statements.Count), $"SELECT pg_sleep({random.Next(0, 30)} / 1000.0)");
            await RunAsync(table, statements, random.Next(5) > 0);
        }
    }
}
