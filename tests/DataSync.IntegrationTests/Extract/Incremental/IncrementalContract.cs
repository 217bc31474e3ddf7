using System.Globalization;
using System.Text.Json;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using FsCheck;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Extract.Incremental;

/// <summary>What every connector that reads windows must hold. The table <c>changes</c> (id as key, version, name) is made anew by each test; version grows, or is null.</summary>
public abstract partial class IncrementalContract
{
    private const string ByTable = """{"table":"changes","change_tracking":"none","cursor_field":"version"}""";
    private const string ByQuery = """{"query":"SELECT id, version, name FROM changes","change_tracking":"none","cursor_field":"version"}""";

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    internal abstract IConnector Connector { get; }

    internal abstract SourceConnection Connection { get; }

    /// <summary>Runs a statement as somebody who may write.</summary>
    protected abstract Task ExecuteAsync(string sql);

    /// <summary>The same source as the connector's <c>extraction_params</c> say it.</summary>
    protected virtual string Given(string parameters) => parameters;

    /// <summary>Of each property; where every reading is a session that takes as long as a hundred statements, fewer: what a case is about is the same at each kind of source.</summary>
    protected virtual int Cases => 100;

    /// <summary>Makes the empty table anew: <c>id</c> and <c>version</c> 64-bit integers, <c>name</c> text.</summary>
    protected abstract Task MakeTableAsync();

    [Theory]
    [InlineData(ByTable), InlineData(ByQuery)]
    public async Task Incremental_the_first_sync_reads_all_and_later_ones_what_changed(string parameters)
    {
        var source = await StartAsync(parameters, (1, 10), (2, 20), (3, null));
        Assert.Equal([1, 2, 3], Ids(await source.SyncAsync(Ct)));
        Assert.Empty(await source.SyncAsync(Ct));
        await ExecuteAsync("UPDATE changes SET version = 30, name = 'changed' WHERE id = 1");
        await ExecuteAsync("INSERT INTO changes VALUES (4, 40, 'new')");
        Assert.Equal([1, 4], Ids(await source.SyncAsync(Ct)));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData(ByTable), InlineData(ByQuery)]
    public async Task Incremental_a_record_at_the_last_value_is_delivered_once_whenever_it_came(string parameters)
    {
        var source = await StartAsync(parameters, (1, 10), (2, 10));
        Assert.Equal([1, 2], Ids(await source.SyncAsync(Ct)));
        await ExecuteAsync("INSERT INTO changes VALUES (3, 10, 'late')");
        Assert.Equal([3], Ids(await source.SyncAsync(Ct)));
        await ExecuteAsync("UPDATE changes SET name = 'changed' WHERE id = 2");
        Assert.Equal([2], Ids(await source.SyncAsync(Ct)));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version"}""", true)]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version"}""", true)]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version","cursor_nulls":"skip"}""", false)]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version","cursor_nulls":"skip"}""", false)]
    public async Task Incremental_rows_without_a_value_come_once_or_never_as_the_source_says(string parameters, bool read)
    {
        var source = await StartAsync(parameters, (1, null), (2, 10));
        Assert.Equal(read ? [1, 2] : [2], Ids(await source.SyncAsync(Ct)));
        await ExecuteAsync("INSERT INTO changes VALUES (3, NULL, 'later')");
        Assert.Equal(read ? [3] : [], Ids(await source.SyncAsync(Ct)));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData("""{"table":"changes","change_tracking":"none","cursor_field":"version","lag":15}""")]
    [InlineData("""{"query":"SELECT * FROM changes","change_tracking":"none","cursor_field":"version","lag":15}""")]
    public async Task Incremental_a_lag_finds_what_came_below_the_last_value(string parameters)
    {
        var source = await StartAsync(parameters, (1, 10), (2, 20), (3, 30));
        Assert.Equal([1, 2, 3], Ids(await source.SyncAsync(Ct)));
        await ExecuteAsync("INSERT INTO changes VALUES (4, 16, 'within the lag')");
        Assert.Equal([4], Ids(await source.SyncAsync(Ct)));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Theory]
    [InlineData(ByTable), InlineData(ByQuery)]
    public async Task Incremental_gone_on_with_after_a_crash_has_no_gap_and_no_repeat(string parameters)
    {
        var source = await StartAsync(parameters, [.. Enumerable.Range(1, 50).Select(i => ((long)i, (long?)(i <= 3 ? null : i / 7)))]);
        Assert.Equal(Enumerable.Range(1, 50).Select(i => (long)i), Ids(await source.SyncInTwoAttemptsAsync(12, Ct)));
        await ExecuteAsync("UPDATE changes SET version = 100, name = 'again' WHERE id > 20");
        Assert.Equal(Enumerable.Range(21, 30).Select(i => (long)i), Ids(await source.SyncInTwoAttemptsAsync(7, Ct)));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    [Fact]
    public async Task Incremental_state_of_another_query_is_refused()
    {
        var source = await StartAsync(ByTable, (1, 10));
        await source.SyncAsync(Ct);
        var other = new IncrementalSource(Connector, Connection, Given(ByQuery));
        typeof(IncrementalSource).GetProperty(nameof(IncrementalSource.State))!.SetValue(other, source.State);
        var refused = await Assert.ThrowsAsync<SyncFailureException>(() => other.SyncAsync(Ct));
        Assert.Equal("errors.extraction.state_foreign", refused.Failure.MessageKey);
    }

    [Theory]
    [InlineData(""","backfill":{"from":20,"to":40}""", new long[] { 2, 3 })]
    [InlineData(""","backfill":{"from":20}""", new long[] { 2, 3, 4 })]
    [InlineData(""","backfill":{"to":20}""", new long[] { 1 })]
    public async Task Backfill_reads_a_range_and_leaves_the_state(string range, long[] expected)
    {
        var source = await StartAsync(ByTable, (1, 10), (2, 20), (3, 30), (4, 40), (5, null));
        await source.SyncAsync(Ct);
        foreach (var parameters in (string[])[ByTable, ByQuery]) Assert.Equal(expected, Ids(await source.FullAsync(Ct, Given(parameters[..^1] + range + "}"))));
        Assert.Empty(await source.SyncAsync(Ct));
    }

    // Feature: data-sync-pipeline, Property 23: For any incremental sync, the state moves after success, and the next reads only what was modified since.
    [Fact]
    [Trait("Property", "23")]
    public async Task Any_changes_between_syncs_are_each_delivered_once_and_together_they_are_a_full_sync()
    {
        foreach (var parameters in (string[])[ByTable, ByQuery])
        {
            foreach (var rounds in Histories.Sample(Cases / 2))
            {
                var source = await StartAsync(parameters);
                var delivered = new Dictionary<long, string>();
                var version = 0L;
                foreach (var round in rounds)
                {
                    var expected = new HashSet<long>();
                    foreach (var (id, ties) in round)
                    {
                        if (!ties) version++;
                        await ExecuteAsync($"DELETE FROM changes WHERE id = {id}");
                        await ExecuteAsync($"INSERT INTO changes VALUES ({id}, {version}, 'v{version}-{Guid.NewGuid():n}')");
                        expected.Add(id);
                    }

                    var records = await source.SyncAsync(Ct, batchSize: 3);
                    Assert.Equal(expected.Order(), Ids(records).Order());
                    foreach (var record in records) delivered[Id(record)] = record;
                }

                Assert.Equal((await source.FullAsync(Ct)).Order(StringComparer.Ordinal), delivered.Values.Order(StringComparer.Ordinal));
            }
        }
    }

    // Feature: data-sync-pipeline, Property 24: For any full sync operation, the system should retrieve all records from the source regardless of sync state, and the record count
    // should match the source record count.
    [Fact]
    [Trait("Property", "24")]
    public async Task Any_full_sync_reads_all_there_is_whatever_the_state()
    {
        foreach (var parameters in (string[])[ByTable, ByQuery])
        {
            var source = await StartAsync(parameters);
            var there = new Dictionary<long, string>();
            foreach (var (changes, syncs) in Moments.Sample(Cases / 2))
            {
                foreach (var (id, version) in changes)
                {
                    await ExecuteAsync($"DELETE FROM changes WHERE id = {id}");
                    if (!there.Remove(id) || version is not null)
                    {
                        var text = version?.ToString(CultureInfo.InvariantCulture);
                        await ExecuteAsync($"INSERT INTO changes VALUES ({id}, {text ?? "NULL"}, 'n{id}')");
                        there[id] = $$"""{"id":{{id}},"version":{{text ?? "null"}},"name":"n{{id}}"}""";
                    }
                }

                if (syncs) await source.SyncAsync(Ct);
                var state = source.State;
                Assert.Equal(there.Values.Order(StringComparer.Ordinal), (await source.FullAsync(Ct)).Order(StringComparer.Ordinal));
                Assert.Same(state, source.State);
            }
        }
    }

    /// <summary>Rows that are written or removed, with a value or none, and whether an incremental sync comes after them.</summary>
    private static Gen<(List<(long Id, int? Version)> Changes, bool Syncs)> Moments
        => from changes in Gen.ListOf(Gen.Choose(1, 12).SelectMany(id => Gen.Choose(-2, 50).Select(v => ((long)id, v < 0 ? (int?)null : v)))).Resize(4)
           from syncs in Gen.Elements(true, false)
           select (changes.ToList(), syncs);

    /// <summary>Rounds of changes; each says which row is written, and whether it gets the value of the one before.</summary>
    private static Gen<List<List<(long Id, bool Ties)>>> Histories
        => from rounds in Gen.ListOf(Gen.ListOf(Gen.Choose(1, 8).SelectMany(id => Gen.Elements(true, false).Select(ties => ((long)id, ties)))).Resize(5)).Resize(4)
           select rounds.Select(r => r.ToList()).ToList();

    private protected async Task<IncrementalSource> StartAsync(string parameters, params (long Id, long? Version)[] rows)
    {
        await MakeTableAsync();
        if (rows.Length > 0)
            await ExecuteAsync("INSERT INTO changes VALUES " + string.Join(", ", rows.Select(r => string.Create(CultureInfo.InvariantCulture, $"({r.Id}, {r.Version?.ToString(CultureInfo.InvariantCulture) ?? "NULL"}, 'name {r.Id}')"))));
        return new IncrementalSource(Connector, Connection, Given(parameters));
    }

    private protected static IEnumerable<long> Ids(IEnumerable<string> records) => records.Select(Id).Order();

    private static long Id(string record) => JsonDocument.Parse(record).RootElement.GetProperty("id").GetInt64();
}
