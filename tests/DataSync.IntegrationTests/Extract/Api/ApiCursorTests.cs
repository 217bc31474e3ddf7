using DataSync.IntegrationTests.Extract.Incremental;
using DataSync.IntegrationTests.Sources;
using DataSync.Pipeline.Failures;
using FsCheck.Fluent;

namespace DataSync.IntegrationTests.Extract.Api;

/// <summary>Cursors as APIs write them: numbers and times as text, in more than one form. None may be taken for older than it is.</summary>
public sealed class ApiCursorTests : IAsyncLifetime
{
    private CursorApi _api = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _api = await CursorApi.StartAsync();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    public static TheoryData<string, string> Growing => new()
    {
        { "\"9\"", "\"10\"" },
        { "\"-10\"", "\"-9\"" },
        { "\"9.75\"", "\"10.5\"" },
        { "\"9223372036854775806\"", "\"9223372036854775807\"" },
        { "9007199254740992", "9007199254740993" },
        { "\"Fri, 30 Jan 2026 08:00:00 GMT\"", "\"Mon, 02 Feb 2026 08:00:00 GMT\"" },
        { "\"2026-01-30T08:00:00.5Z\"", "\"2026-01-30T08:00:01Z\"" },
        { "\"2026-01-30T08:00:00Z\"", "\"2026-01-30T07:30:00-01:00\"" },
        { "\"2026-01-30T10:00:00\\u002B02:00\"", "\"2026-01-30T08:00:01+00:00\"" },
        { "\"2026-01-30T08:00:00.123456788Z\"", "\"2026-01-30T08:00:00.123456789Z\"" },
        { "\"2026-01-30T08:00Z\"", "\"2026-01-30T08:00:00.1+0000\"" },
        { "\"v9\"", "\"v10\"" },
        { "\"n/a\"", "\"7\"" },
        { "\"7\"", "\"n/a\"" },
        { "\"2026-01-30T08:00:00Z\"", "\"2026-01-29 23:00:00\"" },
        { "\"30/01/2026\"", "\"01/02/2026\"" },
        { "1e30", "2e30" },
    };

    [Theory, MemberData(nameof(Growing))]
    public async Task Incremental_a_later_value_is_delivered_however_it_is_written(string first, string second)
    {
        foreach (var asks in (bool[])[true, false])
        {
            _api.Begin(csv: false);
            var source = Source(asks);
            var one = _api.Add(first, 1);
            Assert.Equal([one], await source.SyncAsync(Ct));
            var two = _api.Add(second, 2);
            Assert.Equal([two], await source.SyncAsync(Ct));
            Assert.Empty(await source.SyncAsync(Ct));
        }
    }

    [Theory]
    [InlineData("\"100\"", "\"90\"", "\"89\"", "10")]
    [InlineData("\"0100\"", "\"0090\"", "\"0089\"", "10")]
    [InlineData("\"2026-01-30T10:00:00+02:00\"", "\"2026-01-30T07:59:50Z\"", "\"2026-01-30T07:59:49Z\"", "10")]
    [InlineData("\"2026-01-30T08:00:00.000000000Z\"", "\"2026-01-30T07:59:50.000000000Z\"", "\"2026-01-30T07:59:49.999999999Z\"", "10")]
    [InlineData("\"Fri, 30 Jan 2026 08:00:00 GMT\"", "\"Fri, 30 Jan 2026 07:59:50 GMT\"", "\"Fri, 30 Jan 2026 07:59:49 GMT\"", "10")]
    [InlineData("\"2026-01-30\"", "\"2026-01-29\"", "\"2026-01-28\"", "3600")]
    public async Task Incremental_a_lag_reaches_as_far_below_as_it_says(string last, string within, string below, string lag)
    {
        _api.Begin(csv: false);
        var source = Source(asks: false, $",\"lag\":{lag}");
        string[] first = [_api.Add(last, 1), _api.Add(within, 2), _api.Add(below, 3)];
        Assert.Equal(first.Order(StringComparer.Ordinal), (await source.SyncAsync(Ct)).Order(StringComparer.Ordinal));
        Assert.Empty(await source.SyncAsync(Ct));
        var late = _api.Add(within, 4);
        _api.Add(below, 5);
        Assert.Equal([late], await source.SyncAsync(Ct));
    }

    [Fact]
    public async Task Incremental_text_is_ordered_as_it_stands_where_the_source_says_so()
    {
        _api.Begin(csv: false);
        var source = Source(asks: true, ",\"cursor_order\":\"text\"");
        string[] first = [_api.Add("\"01ARZ3\"", 1), _api.Add("\"01ARZ4\"", 2)];
        Assert.Equal(first, await source.SyncAsync(Ct));
        var next = _api.Add("\"01BX5Z\"", 3);
        Assert.Equal([next], await source.SyncAsync(Ct));
        Assert.Equal("01BX5Z", source.State!.Data.GetProperty("cursor").GetString());
        Assert.Contains("since=01ARZ4", _api.Server.Targets.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Incremental_what_has_no_order_is_told_in_the_log_and_moves_no_cursor()
    {
        using var logs = new CollectedLogs();
        _api.Begin(csv: false);
        var source = Source(asks: true, "", logs);
        _api.Add("\"v9 canary\"", 1);
        _api.Add("\"v10 canary\"", 2);
        Assert.Equal(2, (await source.SyncAsync(Ct)).Count);
        var line = Assert.Single(logs.Lines, l => l.Contains("no order", StringComparison.Ordinal));
        Assert.Contains("2 records", line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", line, StringComparison.Ordinal);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, source.State!.Data.GetProperty("cursor").ValueKind);
        Assert.DoesNotContain("since", _api.Server.Targets.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Incremental_a_state_whose_order_was_another_is_refused()
    {
        _api.Begin(csv: false);
        var source = Source(asks: true);
        _api.Add("\"9\"", 1);
        await source.SyncAsync(Ct);
        var other = new IncrementalSource(_api.Connector, _api.Connection, CursorApi.Extraction(asks: true, ",\"cursor_order\":\"text\""), state: source.State);
        Assert.Equal("errors.extraction.state_foreign", (await Assert.ThrowsAsync<SyncFailureException>(() => other.SyncAsync(Ct))).Failure.MessageKey);
    }

    [Theory]
    [InlineData(""","backfill":{"from":"9","to":"11"}""")]
    [InlineData(""","backfill":{"from":9,"to":11}""")]
    public async Task Backfill_takes_numbers_for_numbers_and_leaves_out_nothing_it_cannot_place(string range)
    {
        _api.Begin(csv: false);
        foreach (var (value, key) in (ReadOnlySpan<(string, int)>)[("\"8\"", 1), ("\"9\"", 2), ("\"10\"", 3), ("\"11\"", 4), ("\"odd\"", 5)]) _api.Add(value, key);
        var records = await Source(asks: false).FullAsync(Ct, CursorApi.Extraction(asks: false, range));
        Assert.Equal(_api.Records.Where((_, i) => i is 1 or 2 or 4).Order(StringComparer.Ordinal), records.Order(StringComparer.Ordinal));
    }

    // Feature: data-sync-pipeline, Property 23: For any incremental sync, the state moves after success, and the next reads only what was modified since;
    // full = incremental + incremental, whatever an API's cursors are made of.
    [Fact]
    [Trait("Property", "23")]
    public async Task Any_cursors_of_an_api_deliver_every_record_once_and_together_they_are_a_full_sync()
    {
        foreach (var history in CursorHistory.Any.Sample(150))
        {
            _api.Begin(history.Csv);
            var source = new IncrementalSource(_api.Connector, _api.Connection, CursorApi.Extraction(history.Asks, history.Form == "ulid" ? ",\"cursor_order\":\"text\"" : ""));
            var delivered = new List<string>();
            foreach (var round in history.Rounds)
            {
                var added = round.Records.Select(r => _api.Add(r.Cursor, r.Key)).ToList();
                var got = round.InTwo && added.Count > 2 ? await source.SyncInTwoAttemptsAsync(2, Ct, mayEnd: true) : await source.SyncAsync(Ct, batchSize: 3);
                Assert.True(
                    added.Order(StringComparer.Ordinal).SequenceEqual(got.Order(StringComparer.Ordinal), StringComparer.Ordinal),
                    $"{history}: {string.Join(' ', added)} were new, {string.Join(' ', got)} came.");
                delivered.AddRange(got);
            }

            Assert.Empty(await source.SyncAsync(Ct));
            Assert.Equal((await source.FullAsync(Ct)).Order(StringComparer.Ordinal), delivered.Order(StringComparer.Ordinal));
        }
    }

    private IncrementalSource Source(bool asks, string more = "", CollectedLogs? logs = null) => new(_api.Connector, _api.Connection, CursorApi.Extraction(asks, more), logs);
}
