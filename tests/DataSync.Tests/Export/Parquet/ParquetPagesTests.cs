using System.Globalization;
using DataSync.Pipeline;
using Parquet;
using Parquet.Schema;

namespace DataSync.Tests.Export.Parquet;

/// <summary>Pages, dictionaries, statistics and compressions as a second reader of another make has them: Parquet.Net.</summary>
public sealed class ParquetPagesTests : IDisposable
{
    private const int Rows = 3001;
    private readonly ExportRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task Another_reader_finds_the_same_values_and_statistics(string compression)
    {
        var ct = TestContext.Current.CancellationToken;
        _rig.Plan = new SyncPlan { OutputFormats = ["parquet"], Export = new ExportPlan { Compression = compression } };
        await _rig.RunAsync([.. Enumerable.Range(0, Rows).Select(Record)], batchSize: 500, ct: ct);
        await using var reader = await ParquetReader.CreateAsync(Path.Combine(_rig.Folder, "data.parquet"), cancellationToken: ct);
        Assert.Equal(1, reader.RowGroupCount);
        using var group = reader.OpenRowGroupReader(0);
        Assert.Equal(Rows, group.RowCount);
        await ExpectAsync<long>("id", i => i, 0L, Rows - 1L);
        await ExpectAsync<long>("few", i => Few(i), -3L, 3L);
        await ExpectAsync<long>("one", _ => 7, 7L, 7L);
        await ExpectAsync<decimal>("money", i => Money(i), -149975L, 150025L); // Parquet.Net tells a decimal's extremes without its point
        await ExpectAsync<decimal>("wide", i => Wide(i), null, null);
        await ExpectAsync<double>("score", i => Score(i), null, null);
        await ExpectAsync<bool>("flag", Flag, null, null);
        await ExpectTextAsync("note", i => $"note {i} \"quoted\"");
        await ExpectTextAsync("kind", i => i % 3 == 0 ? null : $"kind {i % 5}");

        async Task ExpectAsync<T>(string name, Func<int, T?> expected, object? least, object? greatest)
            where T : struct
        {
            var values = new T?[Rows];
            var field = Field(name);
            await group.ReadAsync<T>(field, values.AsMemory(), null, ct);
            Assert.Equal(Enumerable.Range(0, Rows).Select(expected), values);
            var statistics = group.GetStatistics(field)!;
            Assert.Equal(values.Count(v => v is null), statistics.NullCount);
            if (least is not null) Assert.Equal((least, greatest), (statistics.MinValue, statistics.MaxValue));
        }

        async Task ExpectTextAsync(string name, Func<int, string?> expected)
        {
            var values = new string[Rows];
            var field = Field(name);
            await group.ReadAsync(field, values, cancellationToken: ct);
            Assert.Equal(Enumerable.Range(0, Rows).Select(expected), values);
            Assert.Equal(values.Min(StringComparer.Ordinal), group.GetStatistics(field)!.MinValue);
            Assert.Equal(values.Max(StringComparer.Ordinal), group.GetStatistics(field)!.MaxValue);
        }

        DataField Field(string name) => reader.Schema.GetDataFields().Single(f => f.Name == name);
    }

    [Fact]
    public async Task Repeated_values_are_kept_once_and_their_statistics_pass_row_groups_over()
    {
        _rig.Plan = new SyncPlan { OutputFormats = ["parquet"] };
        await _rig.RunAsync([.. Enumerable.Range(0, Rows).Select(Record)], batchSize: 500, ct: TestContext.Current.CancellationToken);
        var found = (await DuckDb.QueryAsync(
            TestContext.Current.CancellationToken,
            $"SELECT path_in_schema, encodings, stats_min_value, stats_max_value FROM parquet_metadata({DuckDb.Quoted(Path.Combine(_rig.Folder, "data.parquet"))}) WHERE path_in_schema IN ('id', 'few', 'score', 'kind')"))[0].Rows;
        Assert.Equal(["id", "few", "score", "kind"], found.Select(r => r[0]));
        Assert.Equal([false, true, false, true], found.Select(r => r[1]!.Contains("RLE_DICTIONARY", StringComparison.Ordinal)));
        Assert.Equal(["0", "-3", "-1500.3", "kind 0"], found.Select(r => r[2]));
        Assert.Equal(["3000", "3", "1499.7", "kind 4"], found.Select(r => r[3]));
    }

    private static string Record(int i) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":{{i}},"few":{{Few(i)}},"one":7,"money":{{Money(i)}},"wide":{{Wide(i)}},"score":{{Score(i)}},"flag":{{Flag(i) switch { null => "null", true => "true", _ => "false" }}},"note":"note {{i}} \"quoted\"","kind":{{(i % 3 == 0 ? "null" : $"\"kind {i % 5}\"")}}}""");

    private static long Few(int i) => (i % 7) - 3;

    private static decimal Money(int i) => (i - 1500) + 0.25m;

    private static decimal Wide(int i) => ((i % 2 == 0 ? 1 : -1) * 12345678901234567890123456m) + (i / 100m) + 0.00m;

    /// <summary>Not equally many digits behind the point, so no decimals.</summary>
    private static double Score(int i) => i % 10 == 0 ? i - 1500.3 : i - 1500.25;

    private static bool? Flag(int i) => (i % 4) switch { 0 => null, 1 => true, _ => false };
}
