using System.Security.Cryptography;
using DataSync.IntegrationTests.Postgres;
using DataSync.Pipeline;
using DataSync.Platform.Persistence;
using DataSync.Process.Async;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace DataSync.IntegrationTests.Platform;

public sealed class StoredCompressionTests(SystemDatabase database) : IClassFixture<SystemDatabase>
{
    private static readonly string[] MethodNames = ["lz4", "pglz", "none"];
    private readonly TestJobs _jobs = new(database);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    // Feature: data-sync-pipeline, Property 33: For any data transfer with compression enabled, the compressed size should be smaller than the original size, and
    // decompressing should produce the original data.
    [FsCheck.Xunit.Property(MaxTest = 100)]
    [Trait("Property", "33")]
    public Property Stored_documents_are_smaller_where_compressed_and_come_back_the_same()
        => Prop.ForAll(
            (from documents in Document.NonEmptyListOf() from method in Gen.Elements(MethodNames) select (Documents: documents.Take(5).ToArray(), Method: method)).ToArbitrary(),
            c => HoldsAsync(c.Documents, c.Method).GetAwaiter().GetResult());

    [Fact]
    public async Task Method_binds_every_leaf_and_those_made_later()
    {
        await UseAsync("pglz");
        await using (var drop = database.Superuser.CreateCommand(
            "DO $$ BEGIN EXECUTE 'DROP TABLE ' || (SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'sync_data'::regclass); END $$")) await drop.ExecuteNonQueryAsync(Ct);
        await UseAsync("lz4");
        await using (var make = database.Superuser.CreateCommand("SELECT make_sync_data_leaves(14)")) Assert.Equal(1, await make.ExecuteScalarAsync(Ct));
        await using var others = database.Superuser.CreateCommand("""
            SELECT count(*) FILTER (WHERE attcompression <> 'l' OR attstorage <> 'x'), count(*) FROM pg_attribute
            WHERE attname = 'raw_data' AND attrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'sync_data'::regclass)
            """);
        await using var reader = await others.ExecuteReaderAsync(Ct);
        await reader.ReadAsync(Ct);
        Assert.Equal((0L, 16L), (reader.GetInt64(0), reader.GetInt64(1)));
    }

    [Fact]
    public async Task ApplyAsync_where_nothing_is_to_change_changes_nothing()
    {
        await UseAsync("none");
        Assert.Equal(0, await UseAsync("none"));
    }

    [Fact]
    public async Task ApplyAsync_passes_over_a_table_in_use()
    {
        await UseAsync("none");
        await using var connection = await database.Superuser.OpenConnectionAsync(Ct);
        await using (var transaction = await connection.BeginTransactionAsync(Ct))
        {
            await using var hold = new NpgsqlCommand("LOCK TABLE sync_rejections IN ACCESS SHARE MODE", connection, transaction);
            await hold.ExecuteNonQueryAsync(Ct);
            Assert.True(await UseAsync("lz4") > 1);
        }

        Assert.Equal(1, await UseAsync("lz4"));
    }

    private static Gen<string> Document { get; } = Gen.Frequency(
        (2, from size in Gen.Choose(0, 200) select $$"""{"short":"{{new string('é', size)}}"}"""),
        (3, from size in Gen.Choose(1000, 60_000) from text in Gen.Elements("abc", "数据同步", "\\u0000", "1234567890") select $$"""{"long":"{{string.Concat(Enumerable.Repeat(text, size / text.Length))}}"}"""),
        (2, from size in Gen.Choose(1000, 20_000) select $$"""{"noise":"{{Convert.ToBase64String(RandomNumberGenerator.GetBytes(size))}}"}"""));

    private async Task<bool> HoldsAsync(string[] documents, string method)
    {
        await UseAsync(method);
        var run = await _jobs.RunningAsync("t", "s", new SyncPlan(), Ct);
        var strategy = new AsyncStrategy(_jobs.Tenants, TimeProvider.System);
        await strategy.StoreAsync(run, Batches.Of(documents, 2, ct: Ct), Ct);
        Assert.Equal(documents, (await Batches.ToListAsync(strategy.ReadAsync(run, Ct), Ct)).Select(d => d.Raw));
        await using var sizes = database.Superuser.CreateCommand("""SELECT octet_length(raw_data::text), pg_column_size(raw_data), pg_column_compression(raw_data), raw_data::text LIKE '{"long"%' FROM sync_data WHERE job_id = $1""");
        sizes.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = run.JobId });
        await using var reader = await sizes.ExecuteReaderAsync(Ct);
        while (await reader.ReadAsync(Ct))
        {
            var (original, stored, applied) = (reader.GetInt32(0), reader.GetInt32(1), reader.IsDBNull(2) ? "none" : reader.GetString(2));
            if (applied == "none") Assert.InRange(stored, original, original + 4);
            else Assert.Equal((method, true), (applied, stored < original));
            if (original > 4000 && reader.GetBoolean(3)) Assert.Equal(method, applied);
        }

        return true;
    }

    private async Task<int> UseAsync(string method)
    {
        await using var owner = NpgsqlDataSource.Create(database.Options.OwnerConnection);
        return await new StoredCompression(NullLogger<StoredCompression>.Instance).ApplyAsync(owner, Enum.Parse<StoredCompressionMethod>(method, ignoreCase: true), Ct);
    }
}
