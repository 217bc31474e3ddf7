using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline.Connectors;
using DataSync.Pipeline.Failures;
using DataSync.Pipeline.Incremental;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Extract.Incremental;

/// <summary>Comparing a sync with its source. By a query throughout: rows of a query have no versions, so nothing but the comparison can see what was written behind the state.</summary>
public abstract partial class IncrementalContract
{
    /// <summary><c>extraction_params</c> with a check.</summary>
    protected static string Checked(string onGap, int window = 1000, bool key = false, bool table = false)
        => $$$"""{{{{(table ? "\"table\":\"changes\"" : "\"query\":\"SELECT id, version, name FROM changes\"")}}},"change_tracking":"none","cursor_field":"version","gap_check":{"on_gap":"{{{onGap}}}","window":{{{window}}}}{{{(key ? ",\"primary_key\":[\"id\"]" : "")}}}}""";

    [Theory]
    [InlineData("warn", new long[0], 1)]
    [InlineData("reread", new long[] { 9 }, 0)]
    [InlineData("full", new long[] { 1, 2, 9 }, 0)]
    public async Task Gap_behind_the_state_is_told_and_repaired_as_the_source_says(string onGap, long[] delivered, long still)
    {
        using var logs = new CollectedLogs();
        var source = await StartCheckedAsync(Connector, Checked(onGap), logs, (1, 10), (2, 20), (3, 30));
        Assert.Equal([1, 2, 3], Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
        Assert.DoesNotContain(logs.Lines, l => l.Contains("Gap in", StringComparison.Ordinal));
        await ExecuteAsync("INSERT INTO changes VALUES (9, 15, 'canary')");
        Assert.Equal(delivered, Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 1, onGap != "warn"), source.Gap);
        var line = Assert.Single(logs.Lines, l => l.Contains("Gap in", StringComparison.Ordinal));
        Assert.Contains("1 records", line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", line, StringComparison.Ordinal);
        Assert.Empty(await source.SyncAsync(Ct));
        Assert.Equal(still, source.Gap!.Missing);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Gap_goes_back_as_far_as_the_window_and_what_is_remembered(bool key)
    {
        var source = await StartAsync(Checked("reread", 15, key), (1, 10), (2, 20), (3, 30));
        await source.SyncAsync(Ct);
        await ExecuteAsync("INSERT INTO changes VALUES (8, 14, 'too far'), (9, 16, 'within')");
        Assert.Equal([9], Ids(await source.SyncAsync(Ct)));
        await ExecuteAsync("INSERT INTO changes VALUES (4, 40, 'on')");
        Assert.Equal([4], Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
    }

    [Fact]
    public async Task Gap_without_a_word_about_it_is_looked_for_in_the_syncs_own_window()
    {
        var connector = MeanwhileConnector.Of((IReadsWindows)Connector);

        // what an API shows of a record may change with every look, and nothing says which record is which
        var isCompared = connector is not IPreviewsPages;
        var source = await StartCheckedAsync(connector, ByQuery, null, (1, 10));
        await source.SyncAsync(Ct);
        Assert.Equal(isCompared ? new GapReport(true, 0, false) : null, source.Gap is { Checked: true } ? source.Gap : null);
        Assert.Equal(isCompared ? 2 : 1, connector.TakeReadings());
        await ExecuteAsync("INSERT INTO changes VALUES (2, 20, 'x'), (3, 30, 'x'), (4, 5, 'below the window')");
        connector.Meanwhile = () => ExecuteAsync("INSERT INTO changes VALUES (5, 25, 'while it was read')");
        Assert.Equal([2, 3], Ids(await source.SyncAsync(Ct)));

        if (isCompared) Assert.Equal(new GapReport(true, 1, false), source.Gap);
        else Assert.Equal((false, "gap.no_key"), (source.Gap!.Checked, source.Gap.Reason!.Key));
        Assert.Equal(isCompared ? 2 : 1, connector.TakeReadings());
        Assert.Empty(await source.SyncAsync(Ct));
        Assert.Equal(1, connector.TakeReadings());
    }

    [Theory]
    [InlineData("warn"), InlineData("reread"), InlineData("full")]
    public async Task Gap_rows_changed_or_deleted_while_the_sync_runs_are_none(string onGap)
    {
        foreach (var key in (bool[])[false, true])
        {
            var connector = MeanwhileConnector.Of((IReadsWindows)Connector);
            var source = await StartCheckedAsync(connector, Checked(onGap, key: key), null, (1, 10), (2, 20), (3, 30), (4, 40));
            await source.SyncAsync(Ct);
            connector.TakeReadings();
            await ExecuteAsync("INSERT INTO changes VALUES (5, 50, 'x'), (6, 60, 'x'), (7, 70, 'x')");
            connector.Meanwhile = () => ExecuteAsync("UPDATE changes SET version = 100, name = 'changed' WHERE id IN (2, 5); DELETE FROM changes WHERE id IN (3, 6); INSERT INTO changes VALUES (8, 70, 'at the last value')");
            Assert.Equal([5, 6, 7], Ids(await source.SyncAsync(Ct)));
            Assert.Equal(new GapReport(true, 0, false), source.Gap);
            connector.Meanwhile = static () => Task.CompletedTask;
            Assert.Equal([2, 5, 8], Ids(await source.SyncAsync(Ct)));
            Assert.Equal(new GapReport(true, 0, false), source.Gap);
        }
    }

    [Fact]
    public async Task Gap_after_an_attempt_that_broke_off_is_told_and_what_that_one_delivered_is_none()
    {
        var source = await StartAsync(Checked("reread"), [.. Enumerable.Range(1, 50).Select(i => ((long)i, (long?)(10 + (i / 3))))]);
        Assert.Equal(50, (await source.SyncInTwoAttemptsAsync(12, Ct)).Count);
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
        await ExecuteAsync("UPDATE changes SET version = 100 + id WHERE id > 20");
        await ExecuteAsync("INSERT INTO changes VALUES (99, 20, 'late')");
        Assert.Equal([.. Enumerable.Range(21, 30).Select(i => (long)i), 99], Ids(await source.SyncInTwoAttemptsAsync(7, Ct)));
        Assert.Equal(new GapReport(true, 1, true), source.Gap);
        Assert.Empty(await source.SyncAsync(Ct));
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
    }

    [Fact]
    public async Task Gap_check_that_fails_leaves_the_sync_as_it_was_and_begins_to_remember_anew()
    {
        using var logs = new CollectedLogs();
        var connector = MeanwhileConnector.Of((IReadsWindows)Connector);
        connector.Meanwhile = static () => throw new SyncFailureException(SyncFailure.Permanent("errors.extraction.statement_timeout"));
        var source = await StartCheckedAsync(connector, Checked("reread"), logs, (1, 10), (2, 20));
        Assert.Equal([1, 2], Ids(await source.SyncAsync(Ct)));
        Assert.Equal((false, 0L, "gap.source"), (source.Gap!.Checked, source.Gap.Missing, source.Gap.Reason!.Key));
        Assert.Single(logs.Lines, l => l.Contains("errors.extraction.statement_timeout", StringComparison.Ordinal));
        connector.Meanwhile = static () => Task.CompletedTask;
        await ExecuteAsync("INSERT INTO changes VALUES (3, 30, 'new')");
        Assert.Equal([3], Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 0, false), source.Gap);
    }

    [Theory]
    [InlineData("warn", new long[0], 1)]
    [InlineData("reread", new long[] { 2 }, 0)]
    [InlineData("full", new long[] { 1, 2 }, 0)]
    public async Task Gap_of_a_record_that_the_store_lost_is_told_and_repaired_as_the_source_says(string onGap, long[] delivered, long still)
    {
        using var logs = new CollectedLogs();
        var source = await StartCheckedAsync(Connector, Checked(onGap), logs, (1, 10), (2, 20), (3, 30));
        await source.SyncAsync(Ct);
        Assert.Equal(1, source.Taken.Lose(r => r.Contains("\"id\":2,", StringComparison.Ordinal)));
        Assert.Equal(delivered, Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 1, onGap != "warn"), source.Gap);
        Assert.Single(logs.Lines, l => l.Contains("Gap in", StringComparison.Ordinal));
        Assert.Empty(await source.SyncAsync(Ct));
        Assert.Equal(new GapReport(true, still, false), source.Gap);
    }

    [Fact]
    public async Task Gap_at_the_value_where_the_sync_begins_is_seen_although_the_record_was_delivered()
    {
        var source = await StartAsync(Checked("reread", window: 0), (1, 10), (2, 20), (3, 20));
        await source.SyncAsync(Ct);
        Assert.Equal(1, source.Taken.Lose(r => r.Contains("\"id\":2,", StringComparison.Ordinal)));
        await ExecuteAsync("INSERT INTO changes VALUES (4, 30, 'new')");
        Assert.Equal([2, 4], Ids(await source.SyncAsync(Ct)));
        Assert.Equal(new GapReport(true, 1, true), source.Gap);
    }

    [Fact]
    public async Task Gap_of_what_an_attempt_that_broke_off_had_stored_is_seen_by_the_one_that_goes_on()
    {
        var source = await StartAsync(Checked("reread", window: 0), [.. Enumerable.Range(1, 40).Select(i => ((long)i, (long?)i))]);
        string? lost = null;
        var records = await source.SyncInTwoAttemptsAsync(12, Ct, between: () =>
        {
            Assert.Equal(1, source.Taken.Lose(r => lost is null && (lost = r) is not null));
            return Task.CompletedTask;
        });
        Assert.Equal(lost, Assert.Single(records.GroupBy(r => r, StringComparer.Ordinal), g => g.Count() == 2).Key);
        Assert.Equal(41, records.Count);
        Assert.Equal(new GapReport(true, 1, true), source.Gap);
    }

    [Fact]
    public async Task Gap_is_none_where_the_records_of_a_whole_job_were_removed_and_the_report_says_so()
    {
        var source = await StartAsync(Checked("reread"), (1, 10), (2, 20));
        await source.SyncAsync(Ct);
        source.Taken.Lose(_ => true);
        await ExecuteAsync("INSERT INTO changes VALUES (3, 30, 'new'), (4, 15, 'late')");
        Assert.Equal([3, 4], Ids(await source.SyncAsync(Ct)));
        Assert.Equal((true, 1L, true, GapBasis.Store, "gap.purged"), (source.Gap!.Checked, source.Gap.Missing, source.Gap.Repaired, source.Gap.Against, source.Gap.Reason!.Key));
    }

    [Theory]
    [InlineData("realtime"), InlineData("hybrid")]
    public async Task Gap_of_a_mode_that_does_not_store_is_looked_for_in_what_was_delivered(string mode)
    {
        await StartAsync(Checked("reread"), (1, 10), (2, 20), (3, 30));
        var source = new IncrementalSource(Connector, Connection, Given(Checked("reread")), mode: mode);
        Assert.Equal([1, 2, 3], Ids(await source.SyncAsync(Ct)));
        await ExecuteAsync("INSERT INTO changes VALUES (9, 15, 'late')");
        Assert.Equal([9], Ids(await source.SyncAsync(Ct)));
        Assert.Equal((true, 1L, true, GapBasis.Delivered, "gap.not_stored"), (source.Gap!.Checked, source.Gap.Missing, source.Gap.Repaired, source.Gap.Against, source.Gap.Reason!.Key));
    }

    // Feature: data-sync-pipeline, Property 26: For any incremental sync that detects a gap (missing records between syncs), the system should log a warning
    // and optionally trigger a full sync based on configuration.
    [Fact]
    [Trait("Property", "26")]
    public async Task Any_record_written_behind_the_state_is_told_and_delivered_once_as_the_source_says()
    {
        var cases = from rounds in Gen.ListOf(Gen.ListOf(Gen.Choose(1, 8).SelectMany(id => Gen.Choose(-3, 1).Select(step => ((long)id, step)))).Resize(4)).Resize(4)
                    from onGap in Gen.Elements("warn", "reread", "full")
                    from key in Gen.Elements(true, false)
                    select (rounds.Select(r => r.ToList()).ToList(), onGap, key);
        var gaps = 0;
        foreach (var (rounds, onGap, wantsKey) in cases.Sample(Cases))
        {
            var key = wantsKey;
            using var logs = new CollectedLogs();
            var source = await StartCheckedAsync(Connector, Checked(onGap, key: key), logs);
            var rows = new Dictionary<long, (long Version, bool IsDelivered)>();
            var (version, reached) = (100L, (long?)null);
            foreach (var round in rounds)
            {
                var before = rows.ToDictionary();
                foreach (var (id, step) in round)
                {
                    if (step > 0) version++;
                    var written = step > 0 ? version : version + (step * 2);
                    await ExecuteAsync($"DELETE FROM changes WHERE id = {id}");
                    await ExecuteAsync($"INSERT INTO changes VALUES ({id}, {written}, '{Guid.NewGuid():n}')");

                    // with a key, a record is its key and its value: one that came back to where it was delivered is the same
                    rows[id] = (written, key && written < reached && before.TryGetValue(id, out var was) && was.IsDelivered && was.Version == written);
                }

                var expected = rows.Where(r => !r.Value.IsDelivered && !(r.Value.Version < reached)).Select(r => r.Key).ToHashSet();
                var behind = rows.Where(r => !r.Value.IsDelivered && r.Value.Version < reached).Select(r => r.Key).ToList();
                if (behind.Count > 0 && onGap == "reread") expected.UnionWith(behind);
                if (behind.Count > 0 && onGap == "full") expected.UnionWith(rows.Where(r => r.Value.Version < reached).Select(r => r.Key));
                var warned = logs.Lines.Count(l => l.Contains("Gap in", StringComparison.Ordinal));
                Assert.Equal(expected.Order(), Ids(await source.SyncAsync(Ct, batchSize: 3)));
                Assert.Equal(behind.Count, source.Gap?.Missing ?? 0);
                Assert.Equal(behind.Count > 0 && onGap != "warn", source.Gap?.Repaired ?? false);
                Assert.Equal(warned + (behind.Count > 0 ? 1 : 0), logs.Lines.Count(l => l.Contains("Gap in", StringComparison.Ordinal)));
                foreach (var id in expected) rows[id] = rows[id] with { IsDelivered = true };
                var seen = rows.Values.Where(r => !(r.Version < reached)).Select(r => (long?)r.Version).Max();
                reached = seen ?? reached;
                gaps += behind.Count;
            }
        }

        Assert.True(gaps > Cases / 20, $"Only {gaps} records were written behind the state.");
    }

    private protected async Task<IncrementalSource> StartCheckedAsync(IConnector connector, string parameters, CollectedLogs? logs, params (long Id, long? Version)[] rows)
    {
        await StartAsync(parameters, rows);
        return new IncrementalSource(connector, Connection, Given(parameters), logs);
    }
}
